"""The best solver for a number of calls, from what is known of the model.

| known                                     | calls | solver                             | grid    |
| a calibration                             | any   | what came nearest to its reference | learned |
| statistics of the data                    | any   | whitened 3, corrected, first call  | sinh    |
| a condition that leaves little to chance  | < 8   | velocity 3                         | log_snr |
|                                           | >= 8  | narrow 3                           | log_snr |
| nothing                                   | < 8   | straight 3                         | sinh    |
|                                           | >= 8  | velocity 3                         | sinh    |

All but the first row are what stayed accurate on mixtures with known answers, each under three schedules, and, for those
with a condition, on one wavelet neural operator (`benchmarks/solvers.py`, `solvers_on_model.py`). All end at the process's
t_min, where what noise is left no longer matters.
"""

import torch

from sciml.processes.gaussian import GaussianProcess
from sciml.solvers.calibration import Calibration, Entry
from sciml.solvers.grids import log_snr_grid, sinh_grid
from sciml.solvers.schedule import WHITENED, Choice, Schedule, schedule_on

CALIBRATED, WITH_STATISTICS, BY_DEFAULT = "calibrated on this model", "with statistics of the data", "not calibrated"
_FEW = 8


def automatic_schedule(
    calls: int,
    process: GaussianProcess,
    *,
    calibration: Calibration | None = None,
    conditional: bool = False,
    t_end: float | None = None,
) -> tuple[Schedule, str]:
    """(schedule, why this one).

    Args:
        calls: network calls, at least 1.
        process: of the model, or of the part of it that leads.
        calibration: of the model, if there is one.
        conditional: whether the model is told a condition that leaves little to chance.
        t_end: where to end, by default t_min of the process; a calibrated schedule ends where it was calibrated.
    """
    if calls < 1:
        raise ValueError(f"`calls` must be at least 1, got {calls}")
    if calibration is not None and calibration.entries:
        entry = calibration.nearest(calls)
        if entry.schedule.calls == calls:
            return entry.schedule, CALIBRATED
        return _resampled(entry, calls, process), f"{CALIBRATED} for {entry.schedule.calls} calls"
    if calibration is not None and calibration.knowledge.data is not None:
        grid = sinh_grid(process, calls + 1, t_end=t_end)
        return schedule_on([Choice(WHITENED, 3, 3)], grid, analytic_first=True), WITH_STATISTICS
    few, many = ("velocity", "narrow") if conditional else ("straight", "velocity")
    form = few if calls < _FEW else many
    spaced = log_snr_grid if conditional else sinh_grid
    return schedule_on([Choice(form, 3)], spaced(process, calls, t_end=t_end)), BY_DEFAULT


def _resampled(entry: Entry, calls: int, process: GaussianProcess) -> Schedule:
    """The same choices and spacing with another number of steps: lambda as a function of the share of steps made."""
    old = entry.schedule
    steps, before = calls + int(old.analytic_first), len(old.times) - 1
    lambdas, share = process.lambda_(old.grid), torch.linspace(0, before, steps + 1, dtype=torch.float64)
    piece = share.floor().long().clamp(max=before - 1)
    inner = process.t_of_lambda(torch.lerp(lambdas[piece], lambdas[piece + 1], share - piece))[1:-1]
    choices = [old.choices[min(int(index), len(old.choices) - 1)] for index in piece[:-1]]
    return Schedule(tuple(choices), (old.times[0], *inner.tolist(), old.times[-1]), old.analytic_first)
