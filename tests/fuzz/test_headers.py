"""Files whose digests are right and whose content is nonsense: headers of models and calibrations, manifests, settings."""

import json
import tempfile
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import Tensor

from sciml.cli.verify import settings_of
from sciml.config.base import parse
from sciml.io.errors import InputError
from sciml.io.model_file import load_model, save_model
from sciml.io.verify import verify

from .conftest import JSON, other_json, read_or_refuse

QUIET = {"deadline": None, "derandomize": True, "suppress_health_check": list(HealthCheck), "database": None}
Made = tuple[dict[str, Tensor], dict[str, Any]]


@cache
def _forecaster() -> Made:
    from sciml.config.jobs import TrainingJob
    from sciml.pde.geometry import Geometry
    from sciml.pde.store import save_forecaster
    from sciml.pde.wdno import build

    net = {"kind": "unet", "width": 4, "multipliers": [1]}
    values = {"window": {"given": 1, "predicted": 8}, "model": {"kind": "neural", "net": net, "training": {"steps": 1}}}
    job = parse(TrainingJob, values, "test")
    geometry = Geometry(channels=1, forces=0, given=1, predicted=8, space=(16,), period=None, variables=("u",))
    forecaster = build(job.model, geometry)
    for buffer in forecaster.buffers():
        buffer.nan_to_num_(1.0)  # statistics, which no data has filled
    return _back(lambda path: save_forecaster(path, forecaster, job), "pde forecaster")


@cache
def _graph_generator() -> Made:
    from sciml.config.graph_models import GraphModelConfig
    from sciml.graphs.gdss import blank_representation, build
    from sciml.graphs.store import save_generator

    net = {"kind": "graph_transformer", "width": 4, "pair_width": 4, "layers": 1, "heads": 2}
    config = parse(GraphModelConfig, {"net": net, "matched_prior": False, "training": {"steps": 1}}, "test")
    generator = build(config, blank_representation(config, (), 2), torch.ones(6, dtype=torch.long), None)
    return _back(lambda path: save_generator(path, generator, config), "graph generator")


@cache
def _sequence_generator() -> Made:
    from sciml.config.sequence_models import SequenceModelConfig
    from sciml.sequences.drakes import build
    from sciml.sequences.generator import SequenceGenerator
    from sciml.sequences.store import save_generator

    net = {"kind": "dilated_cnn", "width": 8, "dilations": [1, 2]}
    config = parse(SequenceModelConfig, {"net": net, "training": {"steps": 1}}, "test")
    generator = SequenceGenerator(build(config, 4, 16, 0), "ACGT", 16)
    return _back(lambda path: save_generator(path, generator, config), "sequence generator")


@cache
def _calibration() -> Made:
    from sciml.solvers.calibration import Calibration, Entry
    from sciml.solvers.calibration_file import save_calibration
    from sciml.solvers.schedule import Choice, Schedule

    entry = Entry(Schedule((Choice("data", 1),), (1.0, 0.5, 0.0)), 0.1, 0.2)

    def save(path: Path) -> None:
        save_calibration(path, Calibration((entry,)), model_of(path))

    return _back(save, "solver calibration")


def model_of(path: Path) -> Path:
    """The model that a calibration is of."""
    model = path.with_name("model")
    model.write_bytes(b"model")
    return model


def _back(save: Callable[[Path], None], kind: str) -> Made:
    with tempfile.TemporaryDirectory() as folder:
        save(Path(folder) / "a")
        tensors, description = load_model(Path(folder) / "a", kind)
        return tensors, description


def _load_forecaster(path: Path) -> object:
    from sciml.pde.store import load_forecaster

    return load_forecaster(path)


def _load_graphs(path: Path) -> object:
    from sciml.graphs.store import load_generator

    return load_generator(path)


def _load_sequences(path: Path) -> object:
    from sciml.sequences.store import load_generator

    return load_generator(path)


def _load_calibration(path: Path) -> object:
    from sciml.solvers.calibration_file import load_calibration

    return load_calibration(path, model_of(path))


STORES: dict[str, tuple[Callable[[], Made], Callable[[Path], object]]] = {
    "forecaster": (_forecaster, _load_forecaster),
    "graph generator": (_graph_generator, _load_graphs),
    "sequence generator": (_sequence_generator, _load_sequences),
    "calibration": (_calibration, _load_calibration),
}


def _look(name: str, values: object) -> bool:
    made, load = STORES[name]
    tensors, whole = made()
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = Path(folder) / "a"
        try:
            save_model(
                path, tensors, {"kind": whole["kind"], **values} if isinstance(values, dict) else {"kind": whole["kind"]}
            )
        except (ValueError, OverflowError):  # no JSON, such as half of a surrogate pair
            return False
        return read_or_refuse(lambda: load(path))


def test_a_whole_header_is_read() -> None:
    assert all(_look(name, made()[1]) for name, (made, _) in STORES.items())


@pytest.mark.parametrize("name", STORES)
@settings(max_examples=15, **QUIET)
@given(data=st.data())
def test_a_header_of_nonsense_is_refused(name: str, data: st.DataObject) -> None:
    _look(name, data.draw(other_json(STORES[name][0]()[1])))


@pytest.mark.slow
@pytest.mark.parametrize("name", STORES)
@settings(max_examples=300, **QUIET)
@given(data=st.data())
def test_a_header_of_nonsense_is_refused_at_length(name: str, data: st.DataObject) -> None:
    _look(name, data.draw(other_json(STORES[name][0]()[1])))


MANIFEST = {
    "config": {"window": {"given": 1}},
    "versions": {"python": "3.11.0", "torch": "2"},
    "data_sha256": "ab",
    "command": ["sciml", "train", "--seed", "0"],
    "settings": "training.yaml",
    "inputs": [{"option": "data", "path": "data.zarr", "sha256": "ab"}],
    "outputs": [{"option": "output", "path": "model.safetensors", "sha256": "ab"}],
}


def _verify(values: object) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "manifest.json"
        path.write_text(json.dumps(values))
        (Path(folder) / "training.yaml").write_text("window: {given: 1, predicted: 1}\nmodel: {kind: persistence}\n")
        (Path(folder) / "model.safetensors").write_bytes(b"torn")
        found = verify(Path(folder), settings_of)
        assert found.findings
        assert all("\n" not in finding.text for finding in found.findings)


@settings(max_examples=60, **QUIET)
@given(values=other_json(MANIFEST) | JSON)
def test_any_manifest_is_verified(values: object) -> None:
    _verify(values)


@pytest.mark.slow
@settings(max_examples=2000, **QUIET)
@given(values=other_json(MANIFEST) | JSON)
def test_any_manifest_is_verified_at_length(values: object) -> None:
    _verify(values)


SETTINGS: dict[str, Any] = {
    "scale": "test",
    "results": "results",
    "data": "data",
    "seeds": [0],
    "pde": {
        "tiny": {
            "data": {"kind": "burgers", "train": 8, "points": 16, "intervals": 8, "solver_points": 16},
            "models": {"net": {"kind": "neural", "net": {"kind": "unet", "width": 4}, "training": {"steps": 2, "batch": 4}}},
        }
    },
    "graphs": {"pairs": {"data": {"kind": "community_small"}, "models": {"tiny": {"training": {"steps": 2}}}}},
}


@settings(max_examples=60, **QUIET)
@given(values=other_json(SETTINGS))
def test_any_settings_are_taken_or_refused(values: object) -> None:
    _settle(values)


@pytest.mark.slow
@settings(max_examples=3000, **QUIET)
@given(values=other_json(SETTINGS) | JSON)
def test_any_settings_are_taken_or_refused_at_length(values: object) -> None:
    _settle(values)


def _settle(values: object) -> None:
    from sciml.config.settings import Settings

    def check() -> None:
        found = parse(Settings, values, "test")
        if parse(Settings, found.model_dump(mode="json"), "again") != found:
            raise AssertionError("settings that were written and read again are others")

    read_or_refuse(check)


def test_other_settings_that_are_refused_name_the_setting() -> None:
    values = SETTINGS | {"seeds": [0, -1]}
    from sciml.config.settings import Settings

    with pytest.raises(InputError, match="test: `seeds.1`"):
        parse(Settings, values, "test")
