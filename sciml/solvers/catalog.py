"""The solvers and the grids by the name a configuration gives them; who is listed inherits the contract tests."""

from collections.abc import Callable
from typing import Any

from sciml.solvers.ddim import ddim
from sciml.solvers.ddpm import DDPM
from sciml.solvers.deis import deis, lms
from sciml.solvers.dpm_solver import (
    dpm_solver,
    dpm_solver_multistep,
    dpm_solver_pp,
    dpm_solver_pp_multistep,
    dpm_solver_pp_sde,
)
from sciml.solvers.edm import EDM
from sciml.solvers.euler import Euler
from sciml.solvers.euler_maruyama import EulerMaruyama
from sciml.solvers.grids import Grid, karras_grid, log_snr_grid, quadratic_grid, sinh_grid, uniform_grid
from sciml.solvers.heun import Heun
from sciml.solvers.pndm import ipndm, pndm
from sciml.solvers.reverse_diffusion import ReverseDiffusion
from sciml.solvers.s4 import S4
from sciml.solvers.solver import Solver
from sciml.solvers.unipc import unipc

SOLVERS: dict[str, Callable[..., Solver[Any, Any]]] = {
    "ddim": ddim,
    "ddpm": DDPM,
    "deis": deis,
    "dpm_solver": dpm_solver,
    "dpm_solver_multistep": dpm_solver_multistep,
    "dpm_solver_pp": dpm_solver_pp,
    "dpm_solver_pp_multistep": dpm_solver_pp_multistep,
    "dpm_solver_pp_sde": dpm_solver_pp_sde,
    "edm": EDM,
    "euler": Euler,
    "euler_maruyama": EulerMaruyama,
    "heun": Heun,
    "ipndm": ipndm,
    "lms": lms,
    "pndm": pndm,
    "reverse_diffusion": ReverseDiffusion,
    "s4": S4,
    "unipc": unipc,
}

GRIDS: dict[str, Callable[..., Grid]] = {
    "karras": karras_grid,
    "log_snr": log_snr_grid,
    "quadratic": quadratic_grid,
    "sinh": sinh_grid,
    "uniform": uniform_grid,
}
