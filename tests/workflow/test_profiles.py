"""Profiles of clusters: they can be read, each job asks for memory, minutes and GPUs, and a failed one asks for more."""

import importlib.util
import re
import subprocess
from collections.abc import Callable, Iterator

import pytest
import yaml

from .conftest import ROOT
from .test_rules import rules

PROFILES = ROOT / "workflows/profiles"
CLUSTERS = {"slurm": "snakemake_executor_plugin_slurm", "cluster-generic": "snakemake_executor_plugin_cluster_generic"}
ASKED = ("mem_mb", "runtime", "gpu")


def settings(profile: str):
    """What Snakemake understands of a profile."""
    from snakemake.cli import parse_args

    return parse_args(["--workflow-profile", str(PROFILES / profile), "--snakefile", str(ROOT / "Snakefile")])[1]


@pytest.fixture
def everything(era5: dict, guided: dict, taught: dict, sequences: dict) -> dict:
    """A configuration in which each rule has a job."""
    era5["pde"]["tiny"]["students"] = {"fast": {"teacher": "wdno", "calls": 2, "training": {"steps": 3}}}
    sequences["dna"]["comparison"] = {"solvers": ["ancestral"]}
    sequences["dna"]["students"] = {"lsd": {"method": "lsd", "steps": 2, "training": {"steps": 2}}}
    sweeps = {
        "members": {"experiment": "tiny", "model": "wdno", "product": {"evaluation.members": [3, 4]}},
        "draws": {"experiment": "dna", "model": "drakes", "product": {"evaluation.draws": [3, 4]}},
    }
    return (
        era5
        | {"sweeps": sweeps}
        | {"graphs": guided | taught, "sequences": sequences, "solver_benchmark": True, "download": True}
    )


@pytest.fixture
def asked(write, everything, tmp_path) -> Callable[..., dict[tuple[str, int], dict[str, int]]]:
    """What the first job of each rule asks for at its attempts, under a profile."""

    def build(profile: str) -> dict[tuple[str, int], dict[str, int]]:
        return {(job.rule.name, attempt): at_attempt(job, attempt) for job in jobs(profile) for attempt in (1, 2, 3)}

    def jobs(profile: str) -> Iterator:
        from snakemake.api import SnakemakeApi
        from snakemake.settings.enums import Quietness
        from snakemake.settings.types import ConfigSettings, OutputSettings, ResourceSettings

        read = settings(profile)
        resources = ResourceSettings(
            nodes=1, overwrite_resources=read.set_resources, default_resources=read.default_resources
        )
        with SnakemakeApi(OutputSettings(quiet={Quietness.ALL}, enable_file_logging=False)) as api:
            workflow = api.workflow(
                resource_settings=resources,
                config_settings=ConfigSettings(configfiles=[write(everything)]),
                snakefile=ROOT / "Snakefile",
                workdir=tmp_path,
            )
            workflow.dag().execute_workflow(executor="dryrun")
            found = {job.rule.name: job for job in workflow._workflow.dag.jobs if not job.rule.norun}
            yield from found.values()

    return build


def at_attempt(job, attempt: int) -> dict[str, int]:
    """Resources of a job; `None` where it says nothing."""
    job.attempt = attempt
    return {name: job.resources.get(name) for name in (*ASKED, "_cores")}


@pytest.mark.parametrize(
    ("profile", "training"),
    [
        ("slurm", {"mem_mb": 32000, "runtime": 1440, "gpu": 1}),
        ("cluster-generic", {"mem_mb": 8000, "runtime": 2880, "gpu": 0}),
    ],
)
def test_each_job_asks_for_memory_minutes_and_gpus_and_for_more_after_a_failure(asked, profile, training):
    found = asked(profile)
    working = [rule for rule, body in rules().items() if "shell:" in body]
    assert {rule for rule, _ in found} == set(working) and len(working) > 20
    for rule in working:
        first, second, third = (found[rule, attempt] for attempt in (1, 2, 3))
        assert all(isinstance(value, int) for value in first.values()), (rule, first)
        assert 0 < first["mem_mb"] < second["mem_mb"] < third["mem_mb"], rule
        assert 0 < first["runtime"] <= second["runtime"] <= third["runtime"], rule
        assert first["runtime"] < second["runtime"] or first["runtime"] >= 1440, rule  # a day is what partitions grant
        assert first["gpu"] == third["gpu"] in (0, 1) and first["_cores"] == 1, rule
    assert found["train", 2] == training | {"_cores": 1}  # what a profile says comes before what the rule says
    assert found["report", 3] == {"mem_mb": 3000, "runtime": 90, "gpu": 0, "_cores": 1}


def test_rules_ask_for_more_than_was_seen_and_for_what_the_manual_says():
    """The table of docs/cluster.md: rule, most MB and seconds seen, MB and minutes asked for."""
    lines = (ROOT / "docs/cluster.md").read_text().splitlines()
    rows = [re.split(r" *\| *", line.strip("| ")) for line in lines if re.match(r"\| \w+ \| \d+ \|", line)]
    assert len(rows) > 20
    for rule, megabytes, seconds, asked_megabytes, asked_minutes in rows:
        (memory,) = re.findall(r"mem_mb=lambda wildcards, attempt: (\d+) \* attempt", rules()[rule])
        assert asked_megabytes == memory and int(memory) >= 2 * int(megabytes), rule
        minutes = re.findall(r"runtime=lambda wildcards, attempt: (\d+) \* attempt", rules()[rule])
        assert minutes == ([] if asked_minutes == "by its settings" else [asked_minutes]), rule
        assert not minutes or int(minutes[0]) * 60 >= 5 * int(seconds), rule


@pytest.mark.parametrize("profile", ["default", *CLUSTERS])
def test_profiles_are_read_by_snakemake(profile):
    read = settings(profile)
    assert read.rerun_incomplete and read.keep_going
    if profile in CLUSTERS:
        assert importlib.util.find_spec(CLUSTERS[profile]) is not None
        assert (read.executor, read.retries, read.latency_wait) == (profile, 3, 30)
        assert set(read.set_resources or {}) <= set(rules())


def test_retries_are_in_profiles_alone():
    """Those of a rule would run again within the same allocation, with the memory and the time that were too little."""
    assert [name for name, body in rules().items() if re.search(r"^ +retries:", body, re.MULTILINE)] == []
    assert "retries" not in yaml.safe_load((PROFILES / "default/config.yaml").read_text())


def test_the_status_of_jobs_is_one_of_three_words(tmp_path):
    """A stand-in for squeue, which prints what it is told to."""
    script = PROFILES / "cluster-generic/status.sh"
    (tmp_path / "squeue").write_text('#!/bin/sh\necho "$SAID"\n')
    (tmp_path / "sacct").write_text('#!/bin/sh\necho "$KEPT"\n')
    for name in ("squeue", "sacct"):
        (tmp_path / name).chmod(0o755)
    gone = "slurm_load_jobs error: Invalid job id specified"
    words = {
        ("COMPLETED", ""): "success",
        ("PENDING", ""): "running",
        ("PREEMPTED", ""): "running",
        ("REQUEUED", ""): "running",
        ("COMPLETING", ""): "running",
        ("TIMEOUT", ""): "failed",
        ("OUT_OF_MEMORY", ""): "failed",
        ("CANCELLED", ""): "failed",
        ("slurm_load_jobs error: Unable to contact slurm controller", ""): "running",
        (gone, "COMPLETED"): "success",
        (gone, "CANCELLED by 0"): "failed",
        (gone, "PREEMPTED"): "failed",
        (gone, ""): "failed",
        ("", "COMPLETED"): "success",
    }
    for (said, kept), word in words.items():
        environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "SAID": said, "KEPT": kept}
        done = subprocess.run([str(script), "7"], env=environment, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == word, (said, kept)
