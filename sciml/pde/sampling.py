"""From a configured solver to a sampler: by name, or the best for a number of calls."""

from torch import Generator

from sciml.config.settings import SolverConfig, SolverName
from sciml.pde.forecaster import Forecaster
from sciml.pde.predictors import Diffusion, Sampler
from sciml.solvers.automatic import automatic_schedule
from sciml.solvers.calibration import Calibration
from sciml.solvers.catalog import GRIDS, SOLVERS
from sciml.solvers.parts import processes_of


def make_sampler(
    forecaster: Forecaster, config: SolverConfig, generator: Generator, calibration: Calibration | None = None
) -> Sampler:
    """The solver and grid of a configuration, down to t = 0 where they can; those of `auto` say what was picked."""
    predictor = forecaster.predictor
    if not isinstance(predictor, Diffusion):
        raise ValueError("only a diffusion model has a sampler")
    process = processes_of(predictor.denoiser.process)[0]
    if config.name == "auto":
        schedule, why = automatic_schedule(config.steps, process, calibration=calibration, conditional=True)
        solver = schedule.solver(calibration.knowledge if calibration else None)
        return Sampler(solver, schedule.grid, generator, f"auto, {config.steps} calls", f"{schedule}; {why}")
    options: dict[str, float] = {"eta": config.eta} if config.name == "ddim" else {}
    if config.order is not None:
        options["order"] = config.order
    # Lambda is infinite at t = 0, where the velocities of the last three are too: they stop at t_min.
    onto_data = config.grid not in ("log_snr", "sinh") and config.name not in ("euler", "heun", "euler_maruyama")
    grid = GRIDS[config.grid](process, config.steps, t_end=0.0 if onto_data else None)
    return Sampler(SOLVERS[config.name](**options), grid, generator, solver_label(config))


def solver_label(config: SolverConfig) -> str:
    """What a table calls a solver."""
    order = "" if config.order is None else f" of order {config.order}"
    eta = f", eta {config.eta:g}" if config.name == "ddim" and config.eta else ""
    grid = "" if config.grid == "uniform" else f", {config.grid} grid"
    return f"{_NAMES[config.name]}{order}, {config.steps} steps{eta}{grid}"


def with_calls(config: SolverConfig, calls: int) -> SolverConfig:
    """The same solver with as many steps as calls allow, at least one."""
    single = config.name in ("dpm_solver", "dpm_solver_pp")
    a_step = 2 if config.name in ("edm", "heun") else (config.order or 2) if single else 1
    return config.model_copy(update={"steps": max(1, calls // a_step)})


def stochastic(config: SolverConfig) -> bool:
    """Whether it adds fresh noise, so that the same start does not lead to the same end."""
    return config.eta > 0 or (config.name != "auto" and SOLVERS[config.name]().stochastic)


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
    "unipc": "UniPC",
}
