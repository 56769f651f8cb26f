"""Kills, damaged files and what machines do, as benchmarks/faults.py makes them happen; run by `make test-faults`."""

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest
from fault_files import damaged_inputs, damaged_trainings, flip, truncate
from fault_jobs import DATA, prepared, warm
from fault_kills import kill_trainings
from fault_system import scenarios
from fault_workflow import kill_workflows, two_drivers

ROOT = Path(__file__).resolve().parents[2]
SEED = 7


@pytest.fixture(scope="module", autouse=True)
def imported() -> None:
    """Once, instead of in each of the processes that are killed."""
    warm()


def test_a_killed_training_goes_on_and_ends_equal(tmp_path: Path) -> None:
    found = kill_trainings(prepared(tmp_path / "sequences", "sequences"), 2, random.Random(SEED))
    assert (found.kills, found.unequal, found.torn, found.failed) == (2, 0, [], [])


@pytest.mark.slow
@pytest.mark.parametrize("domain", DATA)
def test_killed_trainings_go_on_and_end_equal(domain: str, tmp_path: Path) -> None:
    found = kill_trainings(prepared(tmp_path / domain, domain), 20, random.Random(SEED))
    assert (found.kills, found.unequal, found.torn, found.failed) == (20, 0, [], [])


@pytest.mark.slow
@pytest.mark.parametrize("domain", DATA)
def test_killed_workflows_go_on_and_end_equal(domain: str, tmp_path: Path) -> None:
    found = kill_workflows(tmp_path, domain, 2, random.Random(SEED))
    assert (found.unequal, found.failed, found.verified) == ([], [], True)
    assert found.kills >= 2


@pytest.mark.slow
def test_a_second_driver_is_refused(tmp_path: Path) -> None:
    outcome, good = two_drivers(tmp_path, "graphs")
    assert good, outcome


@pytest.mark.slow
@pytest.mark.parametrize("domain", DATA)
def test_machines_do_no_harm(domain: str, tmp_path: Path) -> None:
    found = list(scenarios(prepared(tmp_path / domain, domain)))
    assert [seen for seen in found if seen.good is False] == []
    if untried := [seen.scenario for seen in found if seen.good is None]:
        pytest.skip(f"all others hold; not tried: {', '.join(untried)}")


@pytest.mark.slow
@pytest.mark.parametrize("domain", DATA)
def test_damaged_artefacts_are_refused(domain: str, tmp_path: Path) -> None:
    ready = prepared(tmp_path / domain, domain)
    found = list(damaged_trainings(ready, random.Random(SEED), (flip, flip, truncate)))
    assert [each for each in found if each.outcome not in ("refused", "harmless")] == []


@pytest.mark.slow
def test_damaged_inputs_are_refused(tmp_path: Path) -> None:
    found = list(damaged_inputs(tmp_path / "inputs", random.Random(SEED)))
    assert [each for each in found if each.outcome not in ("refused", "accepted as it should be")] == []


@pytest.mark.slow
def test_the_quick_measurement_keeps_its_contract() -> None:
    command = [sys.executable, str(ROOT / "benchmarks/faults.py"), "--quick", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    assert found["kills"] >= 6
    assert found["refused_corrupt"] > 20
    assert [found[name] for name in ("unequal", "torn", "failed", "accepted_corrupt")] == [0] * 4
