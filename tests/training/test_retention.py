"""Of many configurations only the newest keep a checkpoint."""

import os
from pathlib import Path

import pytest
from toy import examples, toy

from sciml.config.models import TrainingConfig
from sciml.io.lock import exclusive
from sciml.training.fit import fit
from sciml.training.retention import KEPT, forget_oldest


@pytest.fixture
def runs(tmp_path: Path) -> list[Path]:
    """Checkpoints of seven runs, the first the oldest."""
    found = [tmp_path / f"run-{k}" / "checkpoint.pt" for k in range(7)]
    for k, path in enumerate(found):
        path.parent.mkdir()
        path.write_text("weights")
        (path.parent / "events.jsonl").write_text("{}\n")
        os.utime(path, (k, k))
    return found


def left(runs: list[Path]) -> list[int]:
    return [k for k, path in enumerate(runs) if path.exists()]


def test_the_newest_are_kept_and_the_one_that_begins(runs: list[Path]) -> None:
    forget_oldest(runs[1], kept=3)
    assert left(runs) == [1, 5, 6]
    assert all((path.parent / "events.jsonl").exists() for path in runs)


def test_one_that_others_work_on_is_kept(runs: list[Path]) -> None:
    with exclusive(runs[0].parent):
        forget_oldest(runs[6], kept=2)
    assert left(runs) == [0, 5, 6]


def test_a_training_forgets_the_oldest_of_its_folder(runs: list[Path], tmp_path: Path) -> None:
    config = TrainingConfig(steps=2, batch=8, precision="32")
    for name, expected in (("elsewhere", list(range(7))), ("mark", [5, 6])):
        fit(toy(), examples(), config, seed=0, directory=tmp_path / name, fingerprint="mark")
        assert left(runs) == expected
    assert KEPT == 4
