"""The methods of torchdiffeq with fixed steps as candidates, on dy/ds = (y - D) / s.

In t and in lambda the same methods are far less accurate.
"""

from collections.abc import Callable
from functools import partial

import torch
from solver_model import Candidate, Model
from torch import Tensor
from torchdiffeq import odeint

from sciml.solvers.catalog import GRIDS

LIBRARY = "torchdiffeq"
METHODS = ("euler", "midpoint", "heun3", "rk4", "explicit_adams")
QUICK = {
    ("euler", "quadratic"),
    ("euler", "uniform"),
    ("midpoint", "quadratic"),
    ("midpoint", "uniform"),
}


def candidates() -> list[Candidate]:
    """Each of METHODS on our grids; implicit_adams and heun2, at the order of midpoint, are left out."""
    return [
        Candidate(LIBRARY, method, grid, partial(_run, method, make)) for method in METHODS for grid, make in GRIDS.items()
    ]


@torch.no_grad()
def _run(method: str, make: Callable[..., Tensor], model: Model, steps: int) -> tuple[Tensor, bool]:
    levels = torch.exp(-model.process.lambda_(make(model.process, steps, t_end=model.t_end)))
    y = odeint(lambda s, y: (y - model.denoised(y, s)) / s, model.y, levels, method=method)[-1]
    return model.leave(y), False
