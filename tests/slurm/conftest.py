"""A Slurm for all tests of this folder, results of the same workflow without it, and the table of what was seen."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from . import cluster
from .work import Place, write_config


@pytest.fixture(scope="session", autouse=True)
def slurm_is_up() -> Iterator[None]:
    """Skips all where Slurm cannot be installed or started."""
    try:
        cluster.up()
    except cluster.Unavailable as why:
        pytest.skip(f"no Slurm here: {why}")
    yield
    cluster.down()


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """Sums in the same order here and in jobs; and nothing of this machine's data."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")
        patch.delenv("SCIML_MIRROR", raising=False)
        yield


@pytest.fixture(scope="session")
def local(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """The workflow as it runs without Slurm; at first with data alone."""
    place = Place(tmp_path_factory.mktemp("local"))
    write_config(place.folder)
    place.run(["data/pde/tiny.zarr"], "--cores", "1")
    return place


@pytest.fixture(scope="session")
def bare(local: Place, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Settings and data, from which each scenario starts; read before anything else is made."""
    folder = tmp_path_factory.mktemp("bare") / "copied"
    shutil.copytree(local.folder, folder, ignore=shutil.ignore_patterns(".snakemake", "driver.log"))
    return folder


@pytest.fixture(scope="session")
def expected(bare: Path, local: Place) -> Callable[[list[str]], dict[str, str]]:
    """Digests of files that the workflow makes without Slurm."""

    def make(targets: list[str]) -> dict[str, str]:
        local.run(targets, "--cores", "2")
        return local.digests(targets)

    return make


@pytest.fixture
def place(bare: Path, tmp_path: Path) -> Iterator[Place]:
    """A fresh folder for a scenario."""
    found = Place(tmp_path / "run")
    shutil.copytree(bare, found.folder)
    yield found
    found.stop()


@pytest.fixture
def record() -> Callable[..., None]:
    """Notes the outcome of a scenario in the file that SCIML_SLURM_TABLE names, if it does; rows of other scenarios stay."""

    def note(scenario: str, outcome: str, seconds: float, *, good: bool = True, **numbers: float) -> None:
        path = Path(os.environ.get("SCIML_SLURM_TABLE", os.devnull))
        rows = json.loads(path.read_text()) if path.is_file() else {}
        load = round(os.getloadavg()[0], 1)
        rows[scenario] = {"outcome": outcome, "good": good, "seconds": round(seconds, 1), "load": load, **numbers}
        path.write_text(json.dumps(rows, indent=1) + "\n")

    return note
