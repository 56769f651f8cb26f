"""Settings of a workflow that do not go together are refused before anything runs."""

import pytest
import yaml

from sciml.config.base import parse, to_yaml
from sciml.config.settings import BurgersConfig, FileConfig, Settings
from sciml.config.solvers import SolverConfig
from sciml.io.errors import InputError
from sciml.processes.vp import VPCosine
from sciml.solvers.configured import configured, solver_label
from sciml.solvers.predictor_corrector import PredictorCorrector
from sciml.solvers.s4 import S4

FILE = {"kind": "file", "path": "a.nc", "variables": ["u"], "given": 1, "predicted": 2}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"split": [0.5, 0.6, -0.1]}, "`split` must be three counts or shares of at least 0"),
        ({"split": [0, 0, 0]}, "`split` must be three counts or shares of at least 0, not all 0"),
        ({"split": [0.5, 0.3, 0.3]}, "`split` must be shares that add up to 1, not 1.1, or three whole numbers"),
        ({"variables": ["u", "u"]}, "`variables` and `forcing` may name a variable once, got 'u' again"),
        ({"forcing": ["u"]}, "`variables` and `forcing` may name a variable once, got 'u' again"),
        ({"rename": {"member": "ensemble"}}, "`rename.member` should be 'trajectory', 'time', 'interval', 'y' or 'x'"),
        ({"path": ""}, "`path` should have at least 1 character, got ''"),
    ],
)
def test_a_users_file(values: dict, message: str) -> None:
    with pytest.raises(InputError, match="f: " + message):
        parse(FileConfig, {**FILE, **values}, "f")


def test_counts_shares_and_names_of_dimensions_are_kept() -> None:
    for split in ([576, 0, 168], [0.75, 0.05, 0.2], [1, 0.0, 0]):
        config = parse(FileConfig, {**FILE, "split": split, "rename": {"member": "trajectory"}}, "f")
        assert list(config.split) == split and config.rename == {"member": "trajectory"}
        assert parse(FileConfig, yaml.safe_load(to_yaml(config)), "f") == config


def test_the_solver_is_as_fine_as_what_is_stored() -> None:
    sizes = {"train": 1, "validation": 1, "test": 1, "points": 60}
    with pytest.raises(InputError, match=r"f: `solver_points` \(59\) must be at least `points` \(60\)"):
        parse(BurgersConfig, {**sizes, "solver_points": 59}, "f")
    assert parse(BurgersConfig, {**sizes, "solver_points": 60}, "f").solver_points == 60


@pytest.mark.parametrize("name", ["ddpm", "euler", "heun"])
def test_eta_is_of_ddim(name: str) -> None:
    with pytest.raises(InputError, match=f"`eta` goes with solver ddim, not {name}"):
        parse(SolverConfig, {"name": name, "eta": 1.0}, "f")
    assert parse(SolverConfig, {"name": name, "eta": 0}, "f").eta == 0


@pytest.mark.parametrize("option", [{"noise_scale": 0.7}, {"snr": 0.2}])
def test_options_of_langevin_steps_need_some(option: dict[str, float]) -> None:
    ((name, value),) = option.items()
    refused = f"`{name}` goes with solver s4 or `corrections`, of which there are none, got {value}"
    with pytest.raises(InputError, match=refused):
        parse(SolverConfig, {"name": "ddim", **option}, "f")
    corrected, _ = configured(config := parse(SolverConfig, {"name": "ddim", "corrections": 1, **option}, "f"), VPCosine())
    assert isinstance(corrected, PredictorCorrector) and getattr(corrected, name) == value
    s4, _ = configured(parse(SolverConfig, {"name": "s4", **option}, "f"), VPCosine())
    assert isinstance(s4, S4) and getattr(s4, name) == value
    assert parse(SolverConfig, yaml.safe_load(to_yaml(config)), "f") == config


def test_labels_tell_apart_what_differs() -> None:
    label = solver_label(parse(SolverConfig, {"name": "ddim", "corrections": 1, "snr": 0.2, "noise_scale": 0.7}, "f"))
    assert label == "DDIM, 10 steps, 1 Langevin, snr 0.2, scale 0.7"
    assert solver_label(parse(SolverConfig, {"name": "s4"}, "f")) == "S4, 10 steps, snr 0.16"


@pytest.mark.parametrize(
    ("name", "order", "allowed"), [("pndm", 3, "2 or 4"), ("heun", 2, "left out"), ("unipc", 4, "1 or 2 or 3")]
)
def test_the_order_is_one_that_the_solver_comes_in(name: str, order: int, allowed: str) -> None:
    with pytest.raises(InputError, match=f"`order` must be {allowed} for solver {name}, got {order}"):
        parse(SolverConfig, {"name": name, "order": order}, "f")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"seeds": [0, 1, 0]}, "`seeds` may hold a seed once, not 0 again"),
        ({"results": ""}, "`results` should have at least 1 character, got ''"),
        ({"data": ""}, "`data` should have at least 1 character, got ''"),
    ],
)
def test_settings(values: dict, message: str) -> None:
    with pytest.raises(InputError, match="f: " + message):
        parse(Settings, values, "f")


@pytest.mark.parametrize("domain", ["pde", "graphs"])
def test_names_make_paths(domain: str) -> None:
    pde = {"data": FILE, "models": {"a/b": {"kind": "persistence"}}}
    graphs = {"data": {"kind": "grid"}, "models": {"a/b": {"training": {"steps": 20}}}}
    with pytest.raises(InputError, match=f"`{domain}.d`: names may hold letters, digits, - and _ only, got 'a/b'"):
        parse(Settings, {domain: {"d": {"pde": pde, "graphs": graphs}[domain]}}, "f")
