"""What jobs of these tests do: a small workflow in a folder of its own, here or through Slurm, and what came of it."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from sciml.io.content import content_digest

ROOT = Path(__file__).resolve().parents[2]
NET = {"kind": "neural", "net": {"kind": "unet", "width": 4, "multipliers": [1]}}
TRAINING = {"batch": 4, "precision": "32", "checkpoint_seconds": 1}
STEPS = {"short": 100, "net": 1500, "lasting": 6000}
DATA = {"kind": "burgers", "train": 8, "validation": 2, "test": 2, "points": 16, "intervals": 8, "solver_points": 16}
OF_THIS_TIME = ("made_by", "sha256")  # the former has dates, and digests of what holds seconds
WITHIN = 1200.0  # seconds after which a scenario is given up


def model(name: str = "net", seed: int = 0) -> str:
    """Where a trained model lies."""
    return f"results/pde/tiny/{name}/seed-{seed}/model.safetensors"


def write_config(folder: Path, settings: dict[str, Any] | None = None, **steps: int) -> None:
    """Models by name, each with its number of training steps; and further settings."""
    models = {name: NET | {"training": TRAINING | {"steps": number}} for name, number in (STEPS | steps).items()}
    evaluation = {"windows": 2, "members": 2, "solver": {"name": "ddim", "steps": 2}}
    experiment = {"data": DATA, "models": models, "evaluation": evaluation}
    values = {"scale": "slurm", "results": "results", "data": "data", "seeds": list(range(8)), "pde": {"tiny": experiment}}
    (folder / "config.yaml").write_text(yaml.safe_dump(values | (settings or {})))


@dataclass
class Place:
    """A folder in which the workflow runs.

    Args:
        folder: with config.yaml.
        drivers: Snakemakes that were started in it.
        began: when the first of them was, on the clock of `time.monotonic`.
        snakefile: of the workflow.
    """

    folder: Path
    began: float = 0.0
    drivers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    snakefile: Path = ROOT / "Snakefile"

    def write_profile(self, name: str, resources: dict[str, dict[str, object]] | None = None, **settings: object) -> Path:
        """A copy of a profile of the project, as a user makes one, with settings and resources of rules changed."""
        folder = self.folder / f"profile-{name}"
        shutil.copytree(ROOT / "workflows/profiles" / name, folder, dirs_exist_ok=True)
        values = yaml.safe_load((folder / "config.yaml").read_text())
        for rule, changed in (resources or {}).items():
            values.setdefault("set-resources", {}).setdefault(rule, {}).update(changed)
        values |= {key.replace("_", "-"): value for key, value in settings.items()}
        (folder / "config.yaml").write_text(yaml.safe_dump(values, sort_keys=False))
        return folder

    def start(self, targets: list[str], *options: str) -> subprocess.Popen[bytes]:
        """Snakemake, asked for some files."""
        self.began = self.began or time.monotonic()
        snakemake = [sys.executable, "-m", "snakemake", "--snakefile", str(self.snakefile), *targets]
        with (self.folder / "driver.log").open("ab") as log:
            line = [*snakemake, *options, "--configfile", "config.yaml"]
            driver = subprocess.Popen(line, cwd=self.folder, stdout=log, stderr=log, preexec_fn=_hear_interrupts)
        self.drivers.append(driver)
        return driver

    def run(self, targets: list[str], *options: str) -> float:
        """The same, waited for; the seconds it took."""
        began = time.monotonic()
        self.finish(self.start(targets, *options))
        return time.monotonic() - began

    def finish(self, driver: subprocess.Popen[bytes]) -> None:
        """Wait for a Snakemake that is to succeed."""
        assert driver.wait(WITHIN) == 0, self.said[-3000:]

    def stop(self) -> None:
        """End what still runs."""
        for driver in self.drivers:
            if driver.poll() is None:
                driver.send_signal(signal.SIGINT)
                driver.wait(60)

    @property
    def said(self) -> str:
        """All that Snakemake printed."""
        return (self.folder / "driver.log").read_text(errors="replace")

    def digests(self, targets: list[str]) -> dict[str, str]:
        """Of each file its sha256; of scores that of their numbers, without seconds."""
        return {name: digest(self.folder / name) for name in targets}

    def events(self, name: str = "net", seed: int = 0) -> list[dict[str, Any]]:
        """Of all attempts of a training."""
        lines = [
            line
            for path in self.folder.glob(f"results/pde/tiny/{name}/seed-{seed}/run/*/events.jsonl")
            for line in path.read_text().splitlines()
        ]
        return [json.loads(line) for line in lines if line.endswith("}")]

    def steps_of(self, event: str, name: str = "net") -> list[int]:
        """Steps at which something happened, such as `resume`."""
        return [each["step"] for each in self.events(name) if each["event"] == event]

    def rate(self, name: str) -> float:
        """Steps a second of a training that went through."""
        events = self.events(name)
        return events[-1]["step"] / (events[-1]["time"] - events[0]["time"])

    def wait_for_checkpoint(self, driver: subprocess.Popen[bytes], name: str = "net") -> None:
        """Until a training has saved a step of its own."""
        wait_until(lambda: driver.poll() is not None or any(self.steps_of("checkpoint", name)), "a checkpoint")
        assert driver.poll() is None, self.said[-3000:]

    def verified(self) -> bool:
        """Whether `sciml verify` finds that all results hold."""
        verify = [sys.executable, "-m", "sciml.cli.main", "verify", "results"]
        return subprocess.run(verify, cwd=self.folder, capture_output=True, check=False).returncode == 0


def _hear_interrupts() -> None:
    """What a shell starts in the background is deaf to Ctrl-C, and so are its children."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def digest(path: Path) -> str:
    """The digest of a file, of a data set or, for JSON, of what is equal each time."""
    return json.dumps(_timeless(json.loads(path.read_text()))) if path.suffix == ".json" else content_digest(path)


def _timeless(values: Any) -> Any:
    if isinstance(values, dict):
        return {
            name: _timeless(value) for name, value in values.items() if "seconds" not in name and name not in OF_THIS_TIME
        }
    return [_timeless(value) for value in values] if isinstance(values, list) else values


def wait_until(holds: Callable[[], object], what: str, seconds: float = WITHIN) -> None:
    """Look again and again.

    Raises:
        TimeoutError: it did not come to be.
    """
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            raise TimeoutError(f"no {what} within {seconds:.0f} s")
        time.sleep(0.2)


@dataclass(frozen=True)
class Job:
    """A job as Slurm tells of it, with the memory and the time that it asked for, and the seconds that it was given."""

    id: str
    state: str
    memory: str
    limit: str
    restarts: int
    seconds: float

    @property
    def number(self) -> int:
        """Of the job, for a task that of its array."""
        return int(self.id.split("_")[0])


def jobs(after: int = 0) -> list[Job]:
    """All jobs of this Slurm with a higher number, in their order."""
    found = [
        _job(line) for line in slurm("scontrol", "--oneliner", "show", "jobs").splitlines() if line.startswith("JobId=")
    ]
    return sorted((job for job in found if job.number > after), key=lambda job: (job.number, job.id))


def _job(line: str) -> Job:
    words = dict(re.findall(r"(\S+?)=(\S*)", line))
    name = f"{words['ArrayJobId']}_{words['ArrayTaskId']}" if "ArrayJobId" in words else words["JobId"]
    memory = words.get("MinMemoryNode") or words.get("MinMemoryCPU", "")
    times = [_seconds(words[key]) for key in ("StartTime", "EndTime")]
    return Job(name, words["JobState"], memory, words["TimeLimit"], int(words["Restarts"]), times[1] - times[0])


def _seconds(stamp: str) -> float:
    try:
        return time.mktime(time.strptime(stamp, "%Y-%m-%dT%H:%M:%S"))
    except ValueError:  # Unknown
        return float("nan")


def last_job() -> int:
    """The highest number so far."""
    return max((job.number for job in jobs()), default=0)


def slurm(*command: str) -> str:
    """What a command of Slurm prints."""
    return subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ).stdout
