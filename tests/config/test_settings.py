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


def test_the_scale_of_noise_is_of_corrections() -> None:
    with pytest.raises(InputError, match="`noise_scale` goes with `corrections`, of which there are none, got 0.7"):
        parse(SolverConfig, {"name": "ddim", "noise_scale": 0.7}, "f")
    config = parse(SolverConfig, {"name": "ddim", "noise_scale": 0.7, "corrections": 1}, "f")
    solver, _ = configured(config, VPCosine())
    assert isinstance(solver, PredictorCorrector) and solver.noise_scale == 0.7
    assert solver_label(config) == "DDIM, 10 steps, 1 Langevin of scale 0.7"


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
