"""Several processes sample from one model: what they draw is what one process draws, whatever their number."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

SCRIPT = Path(__file__).with_name("sampled.py")


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict:
    path = tmp_path_factory.mktemp("sampled") / "found.pt"
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    run = subprocess.run(
        [sys.executable, str(SCRIPT), str(path)], capture_output=True, text=True, env=environment, timeout=120
    )
    assert run.returncode == 0, run.stderr
    return torch.load(path)


@pytest.mark.parametrize("count", [2, 3])
def test_samples_are_those_of_one_process(found: dict, count: int) -> None:
    """Graphs and sequences are equal; fields to the last digits, for a network sums in another order for fewer rows."""
    (alone,) = found["drawn"][1]
    for drawn in found["drawn"][count]:
        for case, samples in alone.items():
            tolerance = 1e-13 if samples.is_floating_point() else 0
            torch.testing.assert_close(drawn[case], samples, rtol=0, atol=tolerance, msg=case)
    assert all(len(samples.unique()) > 3 for samples in alone.values())


@pytest.mark.parametrize("count", [2, 3])
def test_where_memory_runs_out_in_one_all_ask_about_fewer(found: dict, count: int) -> None:
    ((alone, asked),) = found["out_of_memory"][1]
    assert asked[:4] == [11, 6, 3, 3]  # halved until three rows are left
    for samples, of_process in found["out_of_memory"][count]:
        torch.testing.assert_close(samples, alone, rtol=0, atol=1e-13)
        assert of_process[:3] == {2: [6, 3, 3], 3: [4, 2, 2]}[count]
