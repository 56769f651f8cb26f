"""From a solver's configuration to the solver, its grid, and what a table calls it."""

from typing import Any

import torch
from torch import Generator, Tensor

from sciml.config.solvers import SolverConfig, SolverName
from sciml.denoisers.counting import Counting
from sciml.denoisers.denoiser import Denoiser, Dirac
from sciml.processes.gaussian import GaussianProcess
from sciml.solvers.catalog import GRIDS, SOLVERS
from sciml.solvers.grids import Grid
from sciml.solvers.integrate import integrate
from sciml.solvers.predictor_corrector import PredictorCorrector
from sciml.solvers.solver import Solver


def configured(
    config: SolverConfig, process: GaussianProcess, *, onto_data: bool = False, t_end: float | None = None
) -> tuple[Solver[Any, Any], Grid]:
    """The solver and the grid.

    Args:
        config: any solver but `auto`.
        process: of the model, or of the part of it that leads.
        onto_data: whether to go down to t = 0 where solver and grid can, instead of `t_end`.
        t_end: last time; the process's t_min by default.
    """
    options: dict[str, float] = {"eta": config.eta} if config.name == "ddim" else {}
    if config.name == "s4":
        options = {"snr": config.snr, "noise_scale": config.noise_scale}
    if config.order is not None:
        options["order"] = config.order
    # Lambda is infinite at t = 0, where the velocities of the last three are too: they stop at t_min.
    onto_data = (
        onto_data and config.grid not in ("log_snr", "sinh") and config.name not in ("euler", "heun", "euler_maruyama")
    )
    grid = GRIDS[config.grid](process, config.steps, t_end=0.0 if onto_data else t_end)
    solver = SOLVERS[config.name](**options)
    if config.corrections:
        solver = PredictorCorrector(solver, config.corrections, config.snr, config.noise_scale)
    return solver, grid


def solver_label(config: SolverConfig) -> str:
    """What a table calls a solver."""
    order = "" if config.order is None else f" of order {config.order}"
    eta = f", eta {config.eta:g}" if config.name == "ddim" and config.eta else ""
    grid = "" if config.grid == "uniform" else f", {config.grid} grid"
    scale = f", scale {config.noise_scale:g}" if config.noise_scale != 1 else ""
    corrected = f", {config.corrections} Langevin" if config.corrections else ""
    corrected += f", snr {config.snr:g}{scale}" if config.corrections or config.name == "s4" else ""
    return f"{_NAMES[config.name]}{order}, {config.steps} steps{eta}{grid}{corrected}"


def with_calls(config: SolverConfig, process: GaussianProcess, calls: int) -> SolverConfig | None:
    """The same solver with as many steps as so many network calls allow; None if it cannot make do with them."""
    if config.name == "auto":
        return config.model_copy(update={"steps": calls})
    offered = (config.model_copy(update={"steps": steps}) for steps in range(calls + 1, 0, -1))
    return next((solver for solver in offered if _calls(solver, process) <= calls), None)


def _calls(config: SolverConfig, process: GaussianProcess) -> int:
    counting = Counting(_Echo(process))
    solver, grid = configured(config, process, onto_data=False)
    integrate(solver, counting, torch.zeros(1, 1), grid, generator=Generator().manual_seed(0))
    return counting.nfe


class _Echo(Denoiser):
    """Costs nothing: to count calls."""

    def forward(self, x_t: Tensor, t: Tensor, cond: Any = None) -> Dirac[Tensor]:
        return Dirac(x_t)


_NAMES: dict[SolverName, str] = {
    "auto": "auto",
    "ddim": "DDIM",
    "ddpm": "DDPM",
    "deis": "DEIS",
    "dpm_solver": "DPM-Solver",
    "dpm_solver_multistep": "DPM-Solver multistep",
    "dpm_solver_pp": "DPM-Solver++",
    "dpm_solver_pp_multistep": "DPM-Solver++ multistep",
    "dpm_solver_pp_sde": "SDE-DPM-Solver++",
    "edm": "EDM",
    "euler": "Euler",
    "euler_maruyama": "Euler-Maruyama",
    "heun": "Heun",
    "ipndm": "iPNDM",
    "lms": "LMS",
    "pndm": "PNDM",
    "reverse_diffusion": "reverse diffusion",
    "s4": "S4",
    "unipc": "UniPC",
}
