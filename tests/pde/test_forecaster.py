"""Forecasters: assembled from a configuration, trained, saved, loaded and sampled."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Generator

from sciml.config.base import parse
from sciml.config.jobs import TrainingJob
from sciml.config.solvers import SolverConfig
from sciml.io.errors import InputError
from sciml.io.model_file import load_model, save_model
from sciml.pde.data.windows import Windows
from sciml.pde.forecaster import AnyForecaster, Forecaster
from sciml.pde.geometry import check_same, geometry_of
from sciml.pde.predictors import Predictor
from sciml.pde.sampling import make_sampler
from sciml.pde.store import KIND, load_forecaster, save_forecaster
from sciml.pde.wdno import build

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
    forecaster = build(settings.model, geometry_of(windows))
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


class Averaging(Predictor):
    """No network: every channel of the state is the mean of the condition's; the objective is its weight."""

    generative = True

    def objective(self, weight: torch.Tensor) -> torch.nn.Module:
        return torch.nn.ParameterList([weight])

    def draw(self, like: torch.Tensor, cond: torch.Tensor, sampler: object) -> tuple[torch.Tensor, int]:
        return like + cond.mean(1, keepdim=True), 7


def averaging(model: dict, windows: Windows, period: int | None) -> Forecaster:
    forecaster, _ = fitted(model, windows, period)
    forecaster.predictor = Averaging()
    return forecaster


def test_every_member_of_a_window_has_that_windows_conditions(trajectories: Windows, record: Windows) -> None:
    """In batches of two windows, three members each, as one by one: reference + decode(f(conditions))."""
    for model, windows, period in cases(trajectories, record):
        forecaster = averaging(model, windows, period)
        chosen = windows[range(5)]
        found = forecaster.forecast(chosen, members=3, batch=7)
        assert found.nfe == 7
        for index in range(5):
            one = chosen[index]
            state = forecaster.conditions(one, forecaster.reference).mean(1, keepdim=True)
            expected = forecaster.representation.decode(state.expand(-1, *forecaster.representation.state_shape))
            if forecaster.reference is not None:
                expected = expected + forecaster.reference.forecast(one)
            torch.testing.assert_close(found.fields[index], expected.expand(3, *expected.shape[1:]), atol=1e-4, rtol=1e-5)
            alone = forecaster.forecast(one, members=3, batch=1).fields
            torch.testing.assert_close(found.fields[[index]], alone, atol=1e-4, rtol=1e-5)


@pytest.mark.parametrize(("power", "expected"), [(0.0, [1, 1, 1, 1]), (0.5, [1.6, 0.8, 0.8, 0.8]), (1.0, [16, 4, 4, 4])])
def test_sub_bands_are_weighted_by_their_deviation(power: float, expected: list, trajectories: Windows) -> None:
    """Weight of a channel: deviation ** band_weight, over the mean of all."""
    method = {"kind": "regression", "band_weight": power}
    forecaster = averaging({"representation": {"kind": "wavelet"}, "method": method}, trajectories, None)
    forecaster.representation.deviation.copy_(torch.tensor([16.0, 4.0, 4.0, 4.0]))
    (weight,) = forecaster.objective().parameters()
    assert weight.shape == (4, 1, 1)
    torch.testing.assert_close(weight.flatten(), torch.tensor(expected) / torch.tensor(expected).float().mean())


def test_folded_hours_share_the_weight_of_their_sub_band(record: Windows) -> None:
    model = {**FOLDED["folded"], "method": {"kind": "diffusion", "band_weight": 1.0}}
    forecaster = averaging(model, record, 6)
    (weight,) = forecaster.objective().parameters()
    deviation = forecaster.representation.deviation  # 2 variables of 8 bands, each with 3 hours (5 in pairs)
    expected = torch.stack([deviation] * 3, 1).flatten()
    torch.testing.assert_close(weight.flatten(), expected / expected.mean())


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
    baseline = build(settings.model, geometry_of(record)).fit(record)
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
    tensors, description = load_model(path, KIND)
    del tensors["representation.deviation"]
    save_model(path, tensors, description)
    with pytest.raises(InputError, match=r"m.safetensors: lacks `representation.deviation`"):
        load_forecaster(path)


def test_a_changed_model_file_is_refused(trajectories: Windows, tmp_path: Path) -> None:
    forecaster, settings = fitted(MODELS["wdno"], trajectories, None)
    path = tmp_path / "m.safetensors"
    save_forecaster(path, forecaster, settings)
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    path.write_bytes(content)
    with pytest.raises(InputError, match="m.safetensors: damaged: its content does not match its sha256"):
        load_forecaster(path)


@pytest.mark.parametrize("change", [{"geometry": {"given": 1}}, {"geometry": "x"}, {"job": {}}])
def test_a_header_of_another_version_is_refused(change: dict, trajectories: Windows, tmp_path: Path) -> None:
    forecaster, settings = fitted(MODELS["wdno"], trajectories, None)
    path = tmp_path / "m.safetensors"
    save_forecaster(path, forecaster, settings)
    tensors, description = load_model(path, KIND)
    save_model(path, tensors, {**description, **change})
    with pytest.raises(InputError, match="m.safetensors"):
        load_forecaster(path)


def test_weights_that_are_not_finite_are_refused(trajectories: Windows, tmp_path: Path) -> None:
    forecaster, settings = fitted(MODELS["wdno"], trajectories, None)
    forecaster.representation.mean[0] = float("nan")
    save_forecaster(tmp_path / "m.safetensors", forecaster, settings)
    with pytest.raises(InputError, match="`representation.mean` holds values that are not finite"):
        load_forecaster(tmp_path / "m.safetensors")


def test_other_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    save_model(path, {"w": torch.zeros(2)}, {"kind": "graph sampler"})
    with pytest.raises(InputError, match=f"holds a model of kind 'graph sampler', here '{KIND}' is needed"):
        load_forecaster(path)
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(InputError, match="not a readable safetensors file"):
        load_forecaster(path)


def test_data_of_another_size_is_refused(trajectories: Windows) -> None:
    geometry = geometry_of(trajectories)
    with pytest.raises(InputError, match="m: was trained for `given` = 1, the data has 3"):
        check_same(geometry, replace(geometry, given=3), "m")
