"""What going through Slurm takes beside the jobs and beside Slurm: eight short trainings, in each way of submitting them.

By the clock, which tells of the machine's load too, and by the processor time of the Snakemakes that the jobs start.
"""

import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import pytest

from .work import Place, jobs, last_job, model, slurm, wait_until

pytestmark = pytest.mark.slurm
TARGETS = [model("short", seed) for seed in range(8)]
WAYS = {
    "one by one": ("slurm", ()),
    "as an array": ("slurm", ("--slurm-array-jobs", "train")),
    "in groups of 4": ("slurm", ("--groups", "train=trainings", "--group-components", "trainings=4")),
    "one by one, cluster-generic": ("cluster-generic", ()),
}
BAR = 3.0  # seconds for each job


@pytest.fixture(scope="module")
def without(bare, tmp_path_factory) -> float:
    """Seconds for all of it on the two cores, without Slurm."""
    place = fresh(bare, tmp_path_factory.mktemp("without"))
    return place.run(TARGETS, "--cores", "2")


@pytest.fixture(scope="module")
def slurms_own() -> float:
    """Seconds from submitting eight jobs of Slurm that do nothing until all have ended, for each."""
    began, before = time.monotonic(), last_job()
    for _ in range(8):
        slurm("sbatch", "--parsable", "--output=/dev/null", "--wrap=true")
    wait_until(lambda: all(job.state == "COMPLETED" for job in jobs(before)), "end of empty jobs")
    return (time.monotonic() - began) / 8


@pytest.mark.parametrize("way", WAYS)
def test_slurm_takes_little_beside_the_jobs(way, bare, tmp_path, without, slurms_own, record):
    name, options = WAYS[way]
    place = fresh(bare, tmp_path)
    quick = {"slurm": {"slurm-status-command": "squeue"}, "cluster-generic": {}}[name]
    with nested_snakemakes() as spent:
        took = place.run(TARGETS, "--workflow-profile", str(place.write_profile(name, **quick)), *options)
    for_each, processor = (took - without) / 8 - slurms_own, sum(spent.values()) / 8
    of_it = f"{took:.0f} s for 8, {without:.0f} s without Slurm, {slurms_own:.1f} s a job Slurm's own"
    outcome = f"{for_each:.1f} s a job: {of_it}; {processor:.1f} processor seconds a job in {len(spent)} Snakemakes"
    record(f"overhead, 8 jobs {way}", outcome, took, good=for_each < BAR, overhead=round(for_each, 2))
    assert processor < 2 * BAR


@contextmanager
def nested_snakemakes() -> Iterator[dict[int, float]]:
    """Processor seconds of each Snakemake that a job starts, by its process."""
    spent: dict[int, float] = {}
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(0.2):
            for process in psutil.process_iter(["cmdline", "cpu_times"]):
                if "--target-jobs" in (process.info["cmdline"] or []) and (times := process.info["cpu_times"]):
                    spent[process.pid] = times.user + times.system

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield spent
    finally:
        ended.set()
        watcher.join()


def fresh(bare, folder) -> Place:
    """Settings and data alone."""
    return Place(shutil.copytree(bare, folder / "run"))
