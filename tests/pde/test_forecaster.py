"""Forecasters: assembled from a configuration, trained, saved, loaded and sampled."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from torch import Generator

from sciml.config.base import parse
from sciml.config.jobs import TrainingJob
from sciml.config.settings import SolverConfig
from sciml.io.errors import InputError
from sciml.io.model_file import save_model
from sciml.pde.data.windows import Windows
from sciml.pde.forecaster import AnyForecaster, Forecaster
from sciml.pde.geometry import check_same, geometry_of
from sciml.pde.store import KIND, load_forecaster, save_forecaster
from sciml.pde.wdno import build, make_sampler

NET = {"kind": "unet", "width": 8, "multipliers": [1, 2]}
MODELS = {
    "wdno": {"representation": {"kind": "wavelet"}, "method": {"kind": "diffusion"}, "net": NET},
    "regression": {"representation": {"kind": "wavelet"}, "method": {"kind": "regression"}, "net": NET},
    "ddpm": {"representation": {"kind": "physical"}, "method": {"kind": "diffusion"}, "net": NET},
    "two levels": {"representation": {"kind": "wavelet", "levels": 2}, "net": NET},
    "zero mode": {"representation": {"kind": "wavelet", "mode": "zero"}, "net": NET},
    "conditional v": {"method": {"kind": "diffusion", "conditional_deviation": 0.3}, "net": NET},
    "variance exploding": {
        "method": {"kind": "diffusion", "process": {"kind": "ve"}, "parameterisation": "eps"},
        "net": NET,
    },
}
FOLDED = {
    "folded": {"representation": {"kind": "wavelet", "fold_time": True}, "net": NET},
    "residual": {"representation": {"kind": "wavelet", "fold_time": True}, "reference": "damped_persistence", "net": NET},
    "climate residual": {"representation": {"kind": "physical"}, "reference": "climatology", "net": {**NET, "width": 4}},
}


def job(model: dict, windows: Windows, period: int | None) -> TrainingJob:
    window = {"given": windows.given.shape[2], "predicted": windows.target.shape[2], "period": period}
    return parse(TrainingJob, {"window": window, "model": {"kind": "neural", "training": {"steps": 3}, **model}}, "test")


def fitted(model: dict, windows: Windows, period: int | None) -> tuple[Forecaster, TrainingJob]:
    torch.manual_seed(0)
    settings = job(model, windows, period)
    forecaster = build(settings.model, geometry_of(windows, period))
    assert isinstance(forecaster, Forecaster)
    forecaster.fit_statistics(windows)
    for parameter in forecaster.parameters():
        torch.nn.init.normal_(parameter, std=0.05)
    return forecaster.eval(), settings


def forecast(forecaster: AnyForecaster, windows: Windows, members: int = 2) -> torch.Tensor:
    assert isinstance(forecaster, Forecaster)
    solver = SolverConfig(steps=3)
    sampler = make_sampler(forecaster, solver, Generator().manual_seed(0)) if forecaster.generative else None
    return forecaster.forecast(windows, members=members, sampler=sampler, batch=6).fields


def cases(trajectories: Windows, record: Windows) -> list:
    return [(m, trajectories, None) for m in MODELS.values()] + [(m, record, 6) for m in FOLDED.values()]


def test_forecast_has_the_shape_of_the_target(trajectories: Windows, record: Windows) -> None:
    for model, windows, period in cases(trajectories, record):
        forecaster, _ = fitted(model, windows, period)
        fields = forecast(forecaster, windows[range(5)])
        assert fields.shape == (5, 2 if forecaster.generative else 1, *windows.target.shape[1:])
        assert torch.isfinite(fields).all()


def test_examples_decode_to_the_target(trajectories: Windows, record: Windows) -> None:
    """State plus reference forecast is the target: nothing is lost between data and network."""
    for model, windows, period in cases(trajectories, record):
        forecaster, _ = fitted(model, windows, period)
        states, _ = forecaster.examples(windows, chunk=5)
        fields = forecaster.representation.decode(states)
        if forecaster.reference is not None:
            fields = fields + forecaster.reference.forecast(windows)
        torch.testing.assert_close(fields, windows.target, atol=1e-3, rtol=1e-4)


def test_saved_and_loaded_forecasts_are_equal(trajectories: Windows, record: Windows, tmp_path: Path) -> None:
    for index, (model, windows, period) in enumerate(cases(trajectories, record)):
        forecaster, settings = fitted(model, windows, period)
        path = tmp_path / f"{index}.safetensors"
        save_forecaster(path, forecaster, settings)
        loaded, _ = load_forecaster(path)
        assert torch.equal(forecast(loaded, windows[range(3)]), forecast(forecaster, windows[range(3)]))


@pytest.mark.parametrize("kind", ["persistence", "climatology", "damped_persistence"])
def test_baselines_are_saved_like_models(kind: str, record: Windows, tmp_path: Path) -> None:
    settings = parse(TrainingJob, {"window": {"given": 3, "predicted": 5, "period": 6}, "model": {"kind": kind}}, "test")
    baseline = build(settings.model, geometry_of(record, 6)).fit(record)
    save_forecaster(tmp_path / "b.safetensors", baseline, settings)
    loaded, _ = load_forecaster(tmp_path / "b.safetensors")
    assert torch.equal(loaded.forecast(record), baseline.forecast(record))


def test_fno_is_saved_and_loaded(trajectories: Windows, tmp_path: Path) -> None:
    pytest.importorskip("neuralop")
    model = {
        "representation": {"kind": "physical"},
        "method": {"kind": "regression"},
        "net": {"kind": "fno", "modes": [4, 4], "width": 4, "layers": 2},
    }
    forecaster, settings = fitted(model, trajectories, None)
    save_forecaster(tmp_path / "fno.safetensors", forecaster, settings)
    loaded, _ = load_forecaster(tmp_path / "fno.safetensors")
    assert torch.equal(forecast(loaded, trajectories), forecast(forecaster, trajectories))


def test_members_differ_and_seeds_repeat(trajectories: Windows) -> None:
    forecaster, _ = fitted(MODELS["wdno"], trajectories, None)
    first, again = forecast(forecaster, trajectories), forecast(forecaster, trajectories)
    assert torch.equal(first, again)
    assert (first[:, 0] - first[:, 1]).abs().max() > 1e-3


def test_missing_statistics_are_an_error_that_names_them(trajectories: Windows, tmp_path: Path) -> None:
    forecaster, settings = fitted(MODELS["wdno"], trajectories, None)
    path = tmp_path / "m.safetensors"
    save_forecaster(path, forecaster, settings)
    with safe_open(path, "pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        metadata = file.metadata()
    del tensors["representation.deviation"]
    from safetensors.torch import save_file

    save_file(tensors, path, metadata)
    with pytest.raises(InputError, match=r"m.safetensors: lacks `representation.deviation`"):
        load_forecaster(path)


def test_other_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    save_model(path, {"w": torch.zeros(2)}, {"kind": "graph sampler"})
    with pytest.raises(InputError, match=f"holds a model of kind 'graph sampler', here '{KIND}' is needed"):
        load_forecaster(path)
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(InputError, match="not a readable safetensors file"):
        load_forecaster(path)


def test_data_of_another_size_is_refused(trajectories: Windows) -> None:
    geometry = geometry_of(trajectories, None)
    with pytest.raises(InputError, match="m: was trained for `given` = 1, the data has 3"):
        check_same(geometry, replace(geometry, given=3), "m")


def test_fno_refuses_diffusion(trajectories: Windows) -> None:
    model = {"representation": {"kind": "physical"}, "net": {"kind": "fno"}}
    with pytest.raises(InputError, match="`net.kind` fno does not see a noisy state"):
        build(job(model, trajectories, None).model, geometry_of(trajectories, None))
