"""Several processes train one model: the losses and weights are those of one process, through stops, kills and limits."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

SCRIPT = Path(__file__).with_name("together.py")


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict:
    folder = tmp_path_factory.mktemp("together")
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    run = subprocess.run(
        [sys.executable, str(SCRIPT), str(folder)], capture_output=True, text=True, env=environment, timeout=120
    )
    assert run.returncode == 0, run.stderr
    return torch.load(folder / "found.pt")


def furthest(one: dict, other: dict) -> float:
    """The largest difference of final weights."""
    pairs = zip(one["weights"].values(), other["weights"].values(), strict=True)
    return max((a - b).abs().max().item() for a, b in pairs)


@pytest.mark.parametrize("count", [2, 3])
def test_losses_and_weights_are_those_of_one_process(found: dict, count: int) -> None:
    """With dropout, conditions told at random and means over graphs of other sizes, to the last digits of sums."""
    alone = found["curves"][1][0]
    for of_process in found["curves"][count]:
        for case, shared in of_process.items():
            assert shared["losses"] == pytest.approx(alone[case]["losses"], rel=0, abs=1e-12), case
            assert furthest(shared, alone[case]) < 1e-10, case
            assert len(set(shared["losses"])) == 8


@pytest.mark.parametrize("count", [1, 2, 3])
def test_networks_compute_shares(found: dict, count: int) -> None:
    for of_process in found["curves"][count]:
        assert all(set(trained["rows"]) == {12 // count} for trained in of_process.values())


@pytest.mark.parametrize("count", [2, 3])
def test_all_processes_end_with_the_same_weights(found: dict, count: int) -> None:
    first, last = found["curves"][count]
    assert all(furthest(first[case], last[case]) == 0 for case in first)


def test_a_signal_to_one_stops_all_and_any_number_go_on(found: dict) -> None:
    (first, second), (alone,), last = found["interrupted"]["parts"]
    assert first["stopped"] == second["stopped"] == "Stopped: SIGTERM at step 4 of 8: saved, run again to go on"
    assert alone["stopped"] == "Stopped: SIGUSR1 at step 6 of 8: saved, run again to go on"
    (unbroken,) = found["interrupted"]["unbroken"]
    losses = first["losses"] + alone["losses"] + last[0]["losses"]
    assert losses == pytest.approx(unbroken["losses"], rel=0, abs=1e-12)
    assert all(furthest(each, unbroken) < 1e-10 for each in last)


def test_one_that_is_killed_ends_all_and_the_training_goes_on(found: dict) -> None:
    (left, killed), (also_killed, also_left), last = found["interrupted"]["killed"]
    assert killed == also_killed == -9
    for each in (left, also_left):
        assert each["stopped"].startswith("Unanswered: another process of this run has ended or does not answer")
    (unbroken,) = found["interrupted"]["unbroken"]
    assert all(furthest(each, unbroken) < 1e-10 for each in last)


def test_limits_and_errors_of_one_are_those_of_all(found: dict) -> None:
    ended = found["ended"]
    assert all(len(set(said)) == 1 for said in ended.values())  # of both processes, in equal words
    assert ended["one is late"][0].startswith("Stopped: time limit at step")
    assert ended["held"][0].endswith("held, run again when it has ended")
    assert ended["odd"][0] == "InputError: `batch` must be a multiple of the number of processes, 2, got 13"
    assert "checkpoint.pt: not a readable checkpoint" in ended["broken"][0]
