"""The samplers of azula as candidates.

They take equal steps in the time of a schedule that the user gives: here the number of a point of our grid, so that every
sampler runs on every grid.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from azula.denoise import Denoiser, DiracPosterior
from azula.noise import Schedule
from azula.sample import DDIMSampler, HeunSampler, REABSampler, vABSampler, xEABSampler, zABSampler, zEABSampler
from solver_model import F64, Candidate, Model
from torch import Tensor

from sciml.solvers.catalog import GRIDS

LIBRARY = "azula"
QUICK = {
    ("vAB 3", "quadratic"),
    ("vAB 4", "quadratic"),
    ("zEAB 4", "karras"),
    ("zEAB 4", "log_snr"),
}


class Numbered(Schedule):
    """alpha and sigma at the points of a grid, by number."""

    def __init__(self, model: Model, grid: Tensor) -> None:
        self.model, self.grid = model, grid

    def __call__(self, t: Tensor) -> tuple[Tensor, Tensor]:
        time = self.grid[t.round().long()]
        return self.model.process.alpha(time), self.model.process.sigma(time)


class Asked(Denoiser):
    """A model under test as a denoiser of azula."""

    def __init__(self, model: Model, schedule: Numbered) -> None:
        super().__init__()
        self.model, self.schedule = model, schedule

    def forward(self, x_t: Tensor, t: Tensor, **kwargs: Any) -> DiracPosterior:
        return DiracPosterior(mean=self.model.mean(x_t, self.schedule.grid[round(t.item())]))


def candidates() -> list[Candidate]:
    """The samplers that draw no noise, in every order above 1, DDIM for the first, on our grids."""
    makes: dict[str, Callable[..., Any]] = {"DDIM": partial(DDIMSampler, eta=0.0), "Heun": HeunSampler}
    for kind, orders in (
        (zABSampler, (2, 3, 4)),
        (vABSampler, (2, 3, 4)),
        (zEABSampler, (2, 3, 4)),
        (xEABSampler, (2, 3, 4)),
    ):
        makes |= {f"{kind.__name__.removesuffix('Sampler')} {k}": partial(kind, order=k) for k in orders}
    makes |= {f"REAB {k}": partial(REABSampler, order=k) for k in (2, 3)}
    return [
        Candidate(LIBRARY, name, grid, partial(_run, make, spaced))
        for name, make in makes.items()
        for grid, spaced in GRIDS.items()
    ]


def _run(make: Callable[..., Any], spaced: Callable[..., Tensor], model: Model, steps: int) -> tuple[Tensor, bool]:
    denoiser = Asked(model, Numbered(model, spaced(model.process, steps, t_end=model.t_end)))
    sampler = make(denoiser, start=0.0, stop=float(steps), steps=steps, silent=True, dtype=F64)
    return sampler(model.x), False
