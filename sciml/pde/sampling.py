"""From a configured solver to a sampler: by name, or the best for a number of calls."""

from torch import Generator

from sciml.config.solvers import SolverConfig
from sciml.io.errors import InputError
from sciml.pde.forecaster import AnyForecaster, Forecaster
from sciml.pde.predictors import Diffusion, Sampler
from sciml.processes.parts import processes_of
from sciml.solvers.automatic import automatic_schedule
from sciml.solvers.calibration import Calibration
from sciml.solvers.configured import configured, solver_label


def many_step_diffusion(forecaster: AnyForecaster, ability: str, origin: str) -> tuple[Forecaster, Diffusion]:
    """The forecaster with its predictor, if any solver may sample it.

    Args:
        forecaster: trained.
        ability: what it is wanted for, such as "can be distilled".
        origin: what to call the model in an error.

    Raises:
        InputError: it does not sample, or is a student, which has one solver.
    """
    if not isinstance(forecaster, Forecaster) or not isinstance(forecaster.predictor, Diffusion):
        raise InputError(f"{origin}: only a diffusion model {ability}; this one does not sample")
    if forecaster.student is not None:
        made_for = solver_label(forecaster.student)
        raise InputError(f"{origin}: is a student, sampled by {made_for} alone: only its teacher {ability}")
    return forecaster, forecaster.predictor


def make_sampler(
    forecaster: Forecaster,
    config: SolverConfig,
    generator: Generator,
    calibration: Calibration | None = None,
    *,
    onto_data: bool = True,
) -> Sampler:
    """The solver and grid of a configuration; those of `auto` say what was picked: of a student the solver it was made for.

    Args:
        forecaster: a diffusion model.
        config: name, steps and grid.
        generator: source of randomness.
        calibration: of the model, for `auto`.
        onto_data: whether to go down to t = 0 where solver and grid can, instead of the process's t_min.
    """
    predictor = forecaster.predictor
    if not isinstance(predictor, Diffusion):
        raise ValueError("only a diffusion model has a sampler")
    process = processes_of(predictor.denoiser.process)[0]
    if config.name == "auto" and forecaster.student is not None:
        config = forecaster.student
    elif config.name == "auto":
        schedule, why = automatic_schedule(config.steps, process, calibration=calibration, conditional=True)
        ready = schedule.solver(calibration.knowledge if calibration else None)
        return Sampler(ready, schedule.grid, generator, f"auto, {config.steps} calls", f"{schedule}; {why}")
    solver, grid = configured(config, process, onto_data=onto_data)
    return Sampler(solver, grid, generator, solver_label(config))
