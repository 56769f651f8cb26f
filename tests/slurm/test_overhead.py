"""What going through Slurm takes beside the jobs and beside the scheduler: eight short trainings, in each way of submission.

The scheduler's own is what as many jobs of a workflow take that does nothing: Snakemake starts again within each. It is
measured in processor time of those Snakemakes; seconds by the clock tell of the machine's load, too.
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
EMPTY = """
rule train:
    output:
        "made/{k}",
    shell:
        "touch {output}"
"""
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
    empty = fresh(bare, tmp_path / "empty")
    empty.snakefile = empty.folder / "Snakefile"
    empty.snakefile.write_text(EMPTY)
    profile = place.write_profile(name, **quick)
    with nested_snakemakes() as spent:
        took = place.run(TARGETS, "--workflow-profile", str(profile), *options)
    with nested_snakemakes() as own:
        empty.run([f"made/{k}" for k in range(8)], "--workflow-profile", str(profile), *options)
    processor, snakemakes = (sum(each.values()) / 8 for each in (spent, own))
    starts = f"{len(spent)} Snakemakes, of which {snakemakes:.1f} with a workflow that does nothing"
    by_clock = f"{took:.0f} s for 8 by the clock, {without:.0f} s without Slurm, {slurms_own:.1f} s a job Slurm's own"
    beside = processor - snakemakes
    outcome = f"{beside:.1f} processor seconds a job beside the scheduler's; {processor:.1f} in {starts}; {by_clock}"
    record(f"overhead, 8 jobs {way}", outcome, took, good=beside < BAR, overhead=round(beside, 2))
    assert beside < BAR


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
