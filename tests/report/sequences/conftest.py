"""Runs of generators of sequences, made once."""

import shutil
from pathlib import Path

import pytest

from .made import METHODS, write_oracles, write_run


@pytest.fixture(scope="session")
def kept_sequence_runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """All methods with one seed, the pretrained and one fine-tuned model with two; steered ones first, oracles beside them.

    Shared by tests that change nothing.
    """
    root = tmp_path_factory.mktemp("sequences") / "results"
    runs = [write_run(root, method) for method in reversed(METHODS)]
    runs += [write_run(root, method, seed=1) for method in ("pretrained", "drakes")]
    for seed in (0, 1):
        write_oracles(root, seed)
    return runs


@pytest.fixture
def sequence_runs(kept_sequence_runs: list[Path], tmp_path: Path) -> list[Path]:
    """As `kept_sequence_runs`, one's own."""
    root = kept_sequence_runs[0].parents[3]
    shutil.copytree(root, tmp_path / "results")
    return [tmp_path / "results" / run.relative_to(root) for run in kept_sequence_runs]
