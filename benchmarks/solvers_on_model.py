"""Compare `auto` with the schedulers of diffusers on a trained model, from the same noise.

    python benchmarks/solvers_on_model.py --model MODEL --data DATA --calibration CALIBRATION [--windows N] [--calls 5,10,20]

prints one JSON object: for each number of calls the distance of `auto`, calibrated and not, and of the best scheduler and
spacing of diffusers, from a solution of 200 steps, on test windows. A scheduler that goes to sigma = 0 is compared with the
clean end of that solution.
"""

import argparse
import json
import math
import os
from functools import partial
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import solver_diffusers
import torch
from solver_model import Candidate, Model
from solver_trial import FAILURES
from torch import Tensor

from sciml.denoisers.conditioned import Conditioned
from sciml.denoisers.denoiser import gaussian_process
from sciml.io.errors import InputError
from sciml.pde.data.prepare import load_split
from sciml.pde.evaluate import evenly
from sciml.pde.forecaster import Forecaster
from sciml.pde.predictors import Diffusion
from sciml.pde.store import load_forecaster
from sciml.solvers.automatic import automatic_schedule
from sciml.solvers.calibration import Calibration
from sciml.solvers.calibration_file import load_calibration
from sciml.solvers.exponential.form import DATA
from sciml.solvers.exponential.plain import exponential
from sciml.solvers.grids import log_snr_grid
from sciml.solvers.integrate import integrate
from sciml.solvers.learned_grid import distance

REFERENCE = 200


@torch.no_grad()
def measure(denoiser: Conditioned, x: Tensor, calibration: Calibration, calls: list[int]) -> dict[int, dict[str, Any]]:
    """By calls: distances of `auto` and of the best of diffusers."""
    process = gaussian_process(denoiser)
    end = integrate(exponential(DATA, 3), denoiser, x, log_snr_grid(process, REFERENCE))
    clean = denoiser(end, torch.tensor(process.t_min, dtype=torch.float64)).mean
    found: dict[int, dict[str, Any]] = {}
    for n in calls:
        rows = [(_peer(candidate, denoiser, x, n, end, clean), candidate) for candidate in solver_diffusers.candidates()]
        best, winner = min(rows, key=lambda row: row[0])
        found[n] = {"diffusers": best, "scheduler": f"{winner.solver}, {winner.grid}"}
        for name, known in (("auto", calibration), ("auto, not calibrated", None)):
            schedule, _ = automatic_schedule(n, process, calibration=known, conditional=True)
            ours = integrate(schedule.solver(calibration.knowledge), denoiser, x, schedule.grid)
            found[n] |= {name: float(distance(ours, end)), f"{name}: picked": str(schedule)}
    return found


def _peer(candidate: Candidate, denoiser: Conditioned, x: Tensor, calls: int, end: Tensor, clean: Tensor) -> float:
    """With as many steps as the calls allow, infinite if it fails."""
    process, best = gaussian_process(denoiser), math.inf
    for steps in (calls + 1, calls, calls // 2 + 1, calls // 2):
        model = Model(process, denoiser, x, process.t_min)
        try:
            theirs, at_zero = candidate.run(model, steps)
        except FAILURES:
            continue
        if model.calls <= calls and bool(torch.isfinite(theirs).all()):
            best = min(best, float(distance(theirs.to(x.dtype), clean if at_zero else end)))
            break
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("model", "data", "calibration"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--windows", type=int, default=16)
    parser.add_argument("--calls", default="5,10,20")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    forecaster, job = load_forecaster(arguments.model)
    if not isinstance(forecaster, Forecaster) or not isinstance(forecaster.predictor, Diffusion):
        raise InputError(f"{arguments.model}: is not a diffusion model")
    windows = load_split(arguments.data, "test", job.window)
    _, cond = forecaster.examples(evenly(windows, arguments.windows))
    denoiser = forecaster.predictor.denoiser
    prior = partial(denoiser.process.prior, generator=torch.Generator().manual_seed(arguments.seed), dtype=cond.dtype)
    x = prior((len(cond), *forecaster.representation.state_shape))
    calibration = load_calibration(arguments.calibration, arguments.model)
    print(
        json.dumps(
            measure(Conditioned(denoiser, cond), x, calibration, [int(n) for n in arguments.calls.split(",")]), indent=1
        )
    )


if __name__ == "__main__":
    main()
