"""Running the workflow in a folder of its own, in this process (the graph only) or as a user does."""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
SCALES = ("smoke", "default", "paper")


@pytest.fixture(autouse=True)
def no_mirror(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the machine has must not decide; and the Snakefile sets variables, which are to end with the test."""
    monkeypatch.delenv("SCIML_MIRROR", raising=False)
    for name in ("SCIML_CHECKOUT", "SCIML_FETCH_FROM", "SCIML_FETCH_DOWNLOAD", "PATH"):
        monkeypatch.setenv(name, os.environ.get(name, ""))


@pytest.fixture(scope="session")
def plan_module() -> Iterator[object]:
    """workflows/plan.py, found as the Snakefile finds it."""
    sys.path.insert(0, str(ROOT / "workflows"))
    import plan

    yield plan
    sys.path.remove(str(ROOT / "workflows"))


@pytest.fixture
def sequences() -> dict:
    """An experiment on sequences: a model, fine-tuned and steered."""
    training = {"steps": 2, "batch": 4, "precision": "32"}
    return {
        "dna": {
            "data": {"kind": "motifs", "count": 100},
            "oracles": {"target": {"label": "activity", "task": "numbers"}, "net": {"training": training}},
            "model": {"training": training},
            "finetuning": {"drakes": {"training": training}},
            "steering": {"best": {"method": "best_of_n"}},
        }
    }


@pytest.fixture
def small() -> dict:
    """A configuration of one simulated data set, a baseline and a network, as small as can be."""
    return {
        "scale": "test",
        "results": "results",
        "data": "data",
        "seeds": [0, 1],
        "pde": {
            "tiny": {
                "data": {
                    "kind": "burgers",
                    "train": 8,
                    "validation": 2,
                    "test": 2,
                    "points": 16,
                    "intervals": 8,
                    "solver_points": 16,
                },
                "models": {
                    "persistence": {"kind": "persistence"},
                    "wdno": {
                        "kind": "neural",
                        "net": {"kind": "unet", "width": 4, "multipliers": [1]},
                        "training": {"steps": 2, "batch": 4, "precision": "32"},
                    },
                },
                "evaluation": {"windows": 2, "members": 2, "solver": {"name": "ddim", "steps": 2}},
                "calibration": {"calls": [2], "windows": 2, "reference_steps": 2, "iterations": 1, "statistics": 2},
                "comparison": {
                    "calls": [2],
                    "windows": 2,
                    "members": 2,
                    "reference_steps": 2,
                    "solvers": [{"name": "auto"}],
                },
            }
        },
    }


@pytest.fixture
def era5(small: dict) -> dict:
    """The same with the public temperature file."""
    data = {"kind": "file", "path": "era5_uk", "variables": ["t2m"], "given": 12, "predicted": 20}
    small["pde"]["era5_uk"] = {"data": data, "models": {"persistence": {"kind": "persistence"}}}
    return small


@pytest.fixture
def graphs() -> dict:
    """One set of simulated graphs and a generator, as small as can be."""
    solver = {"name": "ddim", "steps": 2}
    return {
        "pairs": {
            "data": {"kind": "community_small", "train": 8, "validation": 0, "test": 8},
            "models": {
                "tiny": {
                    "net": {"kind": "graph_transformer", "width": 4, "pair_width": 4, "layers": 1, "heads": 2},
                    "training": {"steps": 2, "batch": 4, "precision": "32"},
                }
            },
            "evaluation": {"sampling": {"count": 8, "solver": solver}},
            "comparison": {"calls": [2], "count": 8, "solvers": [{"name": "ddim"}]},
        }
    }


@pytest.fixture
def guided(graphs: dict) -> dict:
    """The same with a guide to a property of the user's own."""
    training = {"steps": 3, "batch": 4, "precision": "32"}
    guide = {"property": "wiener", "training": training}
    graphs["pairs"]["guides"] = {"led": {"model": "tiny", "guide": guide, "value": 4.0, "guidance": 2.0}}
    return graphs


@pytest.fixture
def taught(graphs: dict) -> dict:
    """The same with a student of one call."""
    method = {"kind": "regression", "pairs": 8, "solver": {"name": "ddim", "steps": 2}}
    training = {"steps": 3, "batch": 4, "precision": "32"}
    graphs["pairs"]["students"] = {"fast": {"teacher": "tiny", "calls": 1, "method": method, "training": training}}
    return graphs


@pytest.fixture
def qm9() -> dict:
    """QM9, made of two public files."""
    return {"qm9": {"data": {"kind": "qm9"}, "models": {"tiny": {"training": {"steps": 2}}}}}


@pytest.fixture
def graph(tmp_path: Path) -> Callable[..., Counter]:
    """Builds the graph of jobs through Snakemake's own interface; gives how many jobs each rule has."""

    def build(*configs: Path, targets: tuple[str, ...] = ()) -> Counter:
        from snakemake.api import SnakemakeApi
        from snakemake.settings.enums import Quietness
        from snakemake.settings.types import ConfigSettings, DAGSettings, OutputSettings, ResourceSettings

        output = OutputSettings(quiet={Quietness.ALL}, enable_file_logging=False)
        with SnakemakeApi(output) as api:
            workflow = api.workflow(
                resource_settings=ResourceSettings(cores=2),
                config_settings=ConfigSettings(configfiles=list(configs)),
                snakefile=ROOT / "Snakefile",
                workdir=tmp_path,
            )
            dag = workflow.dag(DAGSettings(targets=frozenset(targets)))
            dag.execute_workflow(executor="dryrun")
            return Counter(job.rule.name for job in workflow._workflow.dag.jobs)

    return build


@pytest.fixture
def snakemake(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs Snakemake as a user does."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"), "--cores", "2"]
        return subprocess.run(
            [*command, "--directory", str(tmp_path), *arguments], cwd=tmp_path, text=True, capture_output=True, check=False
        )

    return run


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes a configuration file, with a comment if asked."""

    def write(values: dict, comment: str = "") -> Path:
        path = tmp_path / "config.yaml"
        path.write_text(f"# {comment}\n{yaml.safe_dump(values)}")
        return path

    return write
