"""Jobs of a real Slurm that end well, fail, are cancelled, requeued, preempted or cut short: all end as a local run does."""

import shutil
import subprocess
import time
from pathlib import Path

import pytest
import yaml
from fault_workflow import configuration, target

from .work import Place, jobs, last_job, model, slurm, wait_until, write_config

pytestmark = pytest.mark.slurm
QUICK = {"slurm-status-command": "squeue", "slurm-init-seconds-before-status-checks": 2}
LIMIT = 2  # minutes
PROFILES = {"slurm": QUICK, "cluster-generic": {"seconds-between-status-checks": 2}}
SCORES = model().replace("model.safetensors", "evaluation.json")


def started(place: Place, targets: list[str], name: str = "slurm", resources: dict | None = None, *options: str):
    """Snakemake with a copy of a profile, whose questions come quickly."""
    profile = place.write_profile(name, resources, **PROFILES[name])
    return place.start(targets, "--workflow-profile", str(profile), *options)


@pytest.mark.parametrize("profile", PROFILES)
def test_submitted_jobs_end_as_local_ones(place, expected, record, profile):
    before, targets = last_job(), [model(), SCORES]
    wanted = expected(targets)
    took = place.run(targets, "--workflow-profile", str(place.write_profile(profile, **PROFILES[profile])))
    assert place.digests(targets) == wanted and place.verified()
    assert [job.state for job in jobs(before)] == ["COMPLETED"] * 2
    record(f"submit, profile {profile}", "2 jobs completed; equal model and scores", seconds=took)


@pytest.mark.parametrize("domain", ["graphs", "sequences"])
def test_other_domains_end_as_local_ones(tmp_path, record, domain):
    before, local, there = last_job(), Place(tmp_path / "local"), Place(tmp_path / "there")
    samples = target(domain)
    targets = [samples, str(Path(samples).with_name("model.safetensors"))]
    for each in (local, there):
        each.folder.mkdir()
        (each.folder / "config.yaml").write_text(yaml.safe_dump(configuration(domain)))
    local.run(targets, "--cores", "2")
    took = finished(there, started(there, targets))
    assert there.digests(targets) == local.digests(targets) and there.verified()
    seen = [job.state for job in jobs(before)]
    assert seen and set(seen) == {"COMPLETED"}
    record(f"submit {domain}, profile slurm", f"{len(seen)} jobs completed; equal model and samples", seconds=took)


@pytest.mark.parametrize("profile", PROFILES)
def test_a_job_out_of_memory_gets_more(place, expected, record, profile):
    before, wanted = last_job(), expected([model()])
    took = finished(place, started(place, [model()], profile, {"train": {"mem_mb": "250 * attempt"}}))
    assert place.digests([model()]) == wanted and place.verified()
    seen = jobs(before)
    assert len(seen) > 1 and seen[0].state != "COMPLETED" and seen[-1].state == "COMPLETED"
    assert [job.memory for job in seen] == [f"{250 * attempt}M" for attempt in range(1, len(seen) + 1)]
    ends = ", ".join(f"{job.memory} {job.state}" for job in seen)
    record(f"out of memory, then more of it, profile {profile}", f"{ends}; equal model", seconds=took)


@pytest.mark.parametrize("profile", PROFILES)
def test_a_cancelled_job_goes_on(place, expected, record, profile):
    before, wanted = last_job(), expected([model()])
    driver = started(place, [model()], profile)
    place.wait_for_checkpoint(driver)
    (job,) = jobs(before)
    slurm("scancel", job.id)
    took = finished(place, driver)
    ended(place, wanted)
    states = [job.state for job in jobs(before)]
    assert states[-1] == "COMPLETED" and len(states) == 2
    record(
        f"scancel, profile {profile}", f"{states[0]}, resumed at step {place.steps_of('resume')}; equal model", seconds=took
    )


@pytest.mark.parametrize("profile", PROFILES)
def test_a_requeued_job_goes_on(place, expected, record, profile):
    before, wanted = last_job(), expected([model()])
    driver = started(place, [model()], profile)
    place.wait_for_checkpoint(driver)
    (job,) = jobs(before)
    slurm("scontrol", "requeue", job.id)
    took = finished(place, driver)
    ended(place, wanted)
    (job,) = jobs(before)
    assert (job.state, job.restarts) == ("COMPLETED", 1)
    record(f"requeue, profile {profile}", f"same job, resumed at step {place.steps_of('resume')}; equal model", seconds=took)


@pytest.mark.parametrize("profile", PROFILES)
def test_a_preempted_job_goes_on(place, expected, record, profile):
    """It trains for longer than the seconds of grace that Slurm gives."""
    before, wanted = last_job(), expected([model("lasting")])
    driver = started(place, [model("lasting")], profile)
    place.wait_for_checkpoint(driver, "lasting")
    (low,) = jobs(before)
    high = slurm("sbatch", "--parsable", "--partition=high", "--exclusive", "--output=/dev/null", "--wrap=sleep 3").strip()
    took = finished(place, driver)
    ended(place, wanted, "lasting")
    seen = {job.id: job for job in jobs(before)}
    assert seen.pop(high).state == "COMPLETED"
    first, last = seen[low.id], list(seen.values())[-1]
    assert last.state == "COMPLETED" and (last.restarts == 1 or last is not first)
    how = "same job, requeued" if last is first else f"{first.state}, submitted again"
    steps = place.steps_of("resume", "lasting")
    record(f"preempt, profile {profile}", f"{how}, resumed at step {steps}; equal model", seconds=took)


def test_a_job_stops_before_its_time_limit_and_goes_on(place, bare, tmp_path, record):
    """The training is as long as takes more than twice the limit, at the speed that is seen here and now."""
    before, local = last_job(), Place(shutil.copytree(bare, tmp_path / "local"))
    local.run([model("net")], "--cores", "1")
    steps = int(2.5 * LIMIT * 54 * local.rate("net"))
    for each in (local, place):
        write_config(each.folder, long=steps)
    local.run([model("long")], "--cores", "1")
    took = finished(place, started(place, [model("long")], "slurm", {"train": {"runtime": f"{LIMIT} * attempt"}}))
    ended(place, local.digests([model("long")]), "long")
    seen = jobs(before)
    assert [job.state for job in seen] == ["FAILED"] * (len(seen) - 1) + ["COMPLETED"] and len(seen) > 1
    assert [job.limit for job in seen] == [f"00:{LIMIT * attempt:02}:00" for attempt in range(1, len(seen) + 1)]
    stops = [event["reason"] for event in place.events("long") if event["event"] == "stop"]
    assert stops == ["time limit"] * (len(seen) - 1)
    at = ", ".join(f"{job.seconds:.0f} s of {job.limit}" for job in seen)
    outcome = f"stopped itself, resumed at step {place.steps_of('resume', 'long')} of {steps} ({at}); equal model"
    record("time limit", outcome, seconds=took)


def test_eight_seeds_as_one_array(place, expected, record):
    targets = [model("short", seed) for seed in range(8)]
    before, wanted = last_job(), expected(targets)
    took = finished(place, started(place, targets, "slurm", None, "--slurm-array-jobs", "train"))
    assert place.digests(targets) == wanted and place.verified()
    assert len(set(wanted.values())) == 8
    seen = jobs(before)
    assert {job.id for job in seen} == {f"{before + 1}_{task}" for task in range(1, 9)}
    assert {job.state for job in seen} == {"COMPLETED"}
    record("array of 8", "one array, 8 tasks completed; 8 equal models", seconds=took)


def test_eight_seeds_in_groups_of_four(place, expected, record):
    targets = [model("short", seed) for seed in range(8)]
    before, wanted = last_job(), expected(targets)
    groups = ("--groups", "train=trainings", "--group-components", "trainings=4")
    took = finished(place, started(place, targets, "slurm", None, *groups))
    assert place.digests(targets) == wanted and place.verified()
    assert [job.state for job in jobs(before)] == ["COMPLETED"] * 2
    record("8 jobs in groups of 4", "2 jobs completed; 8 equal models", seconds=took)


def test_two_processes_share_a_training(place, bare, tmp_path, expected, record):
    before, local = last_job(), Place(shutil.copytree(bare, tmp_path / "local"))
    for each in (local, place):
        write_config(each.folder, {"processes": 2})
    local.run([model("short")], "--cores", "2")
    took = finished(place, started(place, [model("short")], "slurm", {"train": {"cpus_per_task": 2}}))
    assert place.digests([model("short")]) == local.digests([model("short")]) and place.verified()
    assert [job.state for job in jobs(before)] == ["COMPLETED"]
    alone = place.digests([model("short")]) == expected([model("short")])
    outcome = f"equal model to two processes without Slurm, {'and' if alone else 'not'} to one"
    record("two processes in one job (gloo)", outcome, seconds=took)


def test_jobs_are_cancelled_with_their_snakemake(place, expected, record):
    before, wanted = last_job(), expected([model()])
    driver = started(place, [model()])
    place.wait_for_checkpoint(driver)
    place.stop()
    wait_until(lambda: jobs(before)[0].state not in ("RUNNING", "COMPLETING"), "end of the job", 60)
    took = finished(place, started(place, [model()]))
    ended(place, wanted)
    states = [job.state for job in jobs(before)]
    assert states[1:] == ["COMPLETED"]
    record(
        "Ctrl-C of Snakemake, then again",
        f"{states[0]}, resumed at step {place.steps_of('resume')}; equal model",
        seconds=took,
    )


def finished(place: Place, driver: subprocess.Popen[bytes]) -> float:
    """Wait for a Snakemake that is to succeed; the seconds since it was started."""
    place.finish(driver)
    return time.monotonic() - place.began


def ended(place: Place, wanted: dict[str, str], name: str = "net") -> None:
    """It went on from a checkpoint, and ended with the same."""
    assert place.digests(list(wanted)) == wanted and place.verified()
    events = place.events(name)
    resumed = [each["step"] for each in events if each["event"] == "resume"]
    assert resumed and all(0 < step < events[0]["steps"] for step in resumed), resumed
