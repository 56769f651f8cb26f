"""The solvers and the grids by the name a configuration gives them; who is listed inherits the contract tests."""

from collections.abc import Callable
from typing import Any

from sciml.solvers.ddim import DDIM
from sciml.solvers.ddpm import DDPM
from sciml.solvers.euler import Euler
from sciml.solvers.euler_maruyama import EulerMaruyama
from sciml.solvers.grids import Grid, karras_grid, log_snr_grid, quadratic_grid, uniform_grid
from sciml.solvers.heun import Heun
from sciml.solvers.solver import Solver

SOLVERS: dict[str, Callable[..., Solver[Any, Any]]] = {
    "ddim": DDIM,
    "ddpm": DDPM,
    "euler": Euler,
    "euler_maruyama": EulerMaruyama,
    "heun": Heun,
}

GRIDS: dict[str, Callable[..., Grid]] = {
    "karras": karras_grid,
    "log_snr": log_snr_grid,
    "quadratic": quadratic_grid,
    "uniform": uniform_grid,
}
