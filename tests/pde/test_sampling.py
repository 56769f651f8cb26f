"""From a configured solver to a sampler, and what solvers are compared by."""

import math
from pathlib import Path
from typing import get_args

import pytest
import torch

from sciml.config.base import parse
from sciml.config.jobs import CalibrationJob, ComparisonJob, TrainingJob, WindowConfig
from sciml.config.models import NeuralConfig
from sciml.config.solvers import ORDERS, SolverConfig, SolverName
from sciml.io.errors import InputError
from sciml.pde.calibrate import calibrate_forecaster
from sciml.pde.compare import compare_solvers
from sciml.pde.data.prepare import load_split, prepare_burgers
from sciml.pde.data.windows import Windows
from sciml.pde.evaluate import forecast_windows
from sciml.pde.forecaster import Forecaster
from sciml.pde.geometry import geometry_of
from sciml.pde.sampling import make_sampler
from sciml.pde.train import train_forecaster
from sciml.pde.wdno import build
from sciml.processes.vp import VPCosine
from sciml.solvers.catalog import SOLVERS
from sciml.solvers.configured import solver_label, with_calls

NET = {"kind": "spectral", "modes": 2, "width": 4, "layers": 1}


def small_wdno(windows: Windows) -> Forecaster:
    forecaster = build(parse(NeuralConfig, {"training": {"steps": 3}, "net": NET}, "test"), geometry_of(windows))
    assert isinstance(forecaster, Forecaster)
    forecaster.fit_statistics(windows)
    return forecaster


@pytest.mark.parametrize("name", get_args(SolverName))
def test_every_solver_of_the_configuration_samples(trajectories: Windows, name: str) -> None:
    forecaster = small_wdno(trajectories)
    for order in ORDERS.get(name, (None,)):
        config = SolverConfig(name=name, steps=5, order=order)
        sampler = make_sampler(forecaster, config, torch.Generator().manual_seed(0))
        made = forecaster.forecast(trajectories[slice(0, 1)], sampler=sampler)
        assert torch.isfinite(made.fields).all() and made.nfe >= 5


def test_the_configuration_names_every_solver_of_the_catalog() -> None:
    assert {*SOLVERS, "auto"} == set(get_args(SolverName))


def test_labels_say_what_differs() -> None:
    assert solver_label(SolverConfig()) == "DDIM, 10 steps"
    assert solver_label(SolverConfig(name="heun", steps=5, grid="log_snr")) == "Heun, 5 steps, log_snr grid"
    assert solver_label(SolverConfig(name="unipc", order=3)) == "UniPC of order 3, 10 steps"
    assert solver_label(SolverConfig(steps=20, eta=0.5)) == "DDIM, 20 steps, eta 0.5"


def test_auto_says_what_it_picked(trajectories: Windows) -> None:
    made = forecast_windows(
        small_wdno(trajectories), trajectories[slice(0, 1)], SolverConfig(name="auto", steps=6), members=1, batch=4, seed=0
    )
    assert (made.solver, made.nfe, made.picked) == ("auto, 6 calls", 6, "velocity 3; not calibrated")
    with pytest.raises(ValueError, match="`grid` must be left out for solver auto, which picks its own, got karras"):
        SolverConfig(name="auto", grid="karras")


def test_as_many_steps_as_calls_allow() -> None:
    process = VPCosine()

    def steps(name: str, calls: int, **options: int) -> int | None:
        found = with_calls(SolverConfig(name=name, **options), process, calls)
        return None if found is None else found.steps

    given = {"ddim": 10, "heun": 5, "edm": 5, "dpm_solver": 5, "unipc": 10, "pndm": 2, "auto": 10}
    assert {name: steps(name, 10) for name in given} == given
    assert steps("dpm_solver_pp", 10, order=3) == 3 and steps("heun", 1) is None and steps("pndm", 3, order=2) == 2
    assert steps("pndm", 20) == 11 and steps("pndm", 3) is None


def test_the_configuration_knows_which_solvers_add_noise() -> None:
    adds = {name for name, solver in SOLVERS.items() if solver().stochastic}
    assert adds == {name for name in get_args(SolverName) if SolverConfig(name=name).stochastic}
    assert SolverConfig(eta=0.5).stochastic and SolverConfig(corrections=1).stochastic and not SolverConfig().stochastic


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Forecaster, WindowConfig, Path]:
    """A network after some steps of training, and its data."""
    folder = tmp_path_factory.mktemp("burgers")
    data, window = folder / "d.zarr", {"given": 1, "predicted": 8}
    prepare_burgers(data, train=32, validation=6, test=4, points=16, intervals=8, solver_points=16)
    training = {"steps": 60, "batch": 8, "precision": "32"}
    job = parse(TrainingJob, {"window": window, "model": {"kind": "neural", "net": NET, "training": training}}, "t")
    forecaster = train_forecaster(job, data, seed=0, run_directory=folder / "run").forecaster
    assert isinstance(forecaster, Forecaster)
    return forecaster.eval(), job.window, data


def test_a_calibrated_solver_is_nearer_to_the_reference_than_ddim(trained) -> None:
    forecaster, window, data = trained
    effort = {"calls": [5], "windows": 6, "reference_steps": 30, "iterations": 2, "statistics": 16, "model_statistics": 4}
    calibration = calibrate_forecaster(
        forecaster, parse(CalibrationJob, {"window": window.model_dump(), "calibration": effort}, "c"), data, seed=0
    )
    assert calibration.knowledge.data is not None and calibration.knowledge.model is not None
    asked = {"calls": [5], "windows": 4, "members": 2, "reference_steps": 30}
    asked["solvers"] = [{"name": "auto"}, {"name": "ddim"}, {"name": "ddpm"}, {"name": "unipc", "grid": "log_snr"}]
    job = parse(ComparisonJob, {"window": window.model_dump(), "comparison": asked}, "c")
    rows = compare_solvers(forecaster, job, data, seed=0, calibration=calibration)
    assert [row["nfe"] for row in rows] == [30, 5, 5, 5, 5]
    reference, auto, ddim, ddpm, unipc = rows
    assert reference["solver"] == "reference, UniPC of order 3, 30 steps, log_snr grid" and reference["distance"] == 0
    assert "calibrated on this model" in auto["picked"] and ddpm["distance"] is None
    assert auto["distance"] < 0.5 * ddim["distance"] and auto["distance"] < unipc["distance"]
    assert abs(auto["mse"] / reference["mse"] - 1) < 0.05
    assert not any(row["main"] for row in rows) and math.isfinite(auto["crps"])


def test_the_test_split_is_for_comparisons_only(trained, monkeypatch) -> None:
    forecaster, window, data = trained
    asked = []

    def watched(path, split, window):
        asked.append(split)
        return load_split(path, split, window)

    effort = {"calls": [2], "windows": 2, "reference_steps": 2, "iterations": 1, "statistics": 2}
    job = parse(CalibrationJob, {"window": window.model_dump(), "calibration": effort}, "c")
    monkeypatch.setattr("sciml.pde.calibrate.load_split", watched)
    calibrate_forecaster(forecaster, job, data, seed=0)
    assert sorted(asked) == ["train", "validation"]


def test_what_does_not_sample_has_no_solvers(trained) -> None:
    _, window, data = trained
    job = parse(TrainingJob, {"window": window.model_dump(), "model": {"kind": "persistence"}}, "t")
    baseline = train_forecaster(job, data, seed=0, run_directory=data.parent / "p").forecaster
    compared = ComparisonJob(window=window, comparison={"solvers": ({"name": "ddim"},)})  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"m\.bin: only a diffusion model can be calibrated; this one does not sample"):
        calibrate_forecaster(baseline, CalibrationJob(window=window), data, seed=0, origin="m.bin")
    with pytest.raises(InputError, match=r"m\.bin: only a diffusion model has solvers to compare; this one does not sample"):
        compare_solvers(baseline, compared, data, seed=0, origin="m.bin")
