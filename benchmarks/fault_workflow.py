"""The workflow, killed: its driver alone, or driver and jobs together, at random moments; then unlocked and run again."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from fault_jobs import DATA, MODELS, SAMPLING

from sciml.io.content import content_digest

ROOT = Path(__file__).resolve().parent.parent
OF_THIS_TIME = ("made_by", "sha256")  # the former has dates, and digests of what holds seconds
FOLDERS = {"fields": "pde", "graphs": "graphs", "sequences": "sequences"}
EVALUATION = {"windows": 2, "members": 2, "solver": {"name": "ddim", "steps": 2}}
ORACLES = {
    "target": {"label": "activity", "task": "numbers"},
    "net": {"training": {"steps": 2, "batch": 4, "precision": "32"}},
}


@dataclass
class Killed:
    """What came of killing a domain's workflow.

    Args:
        kills: of the driver or of the group, while it ran.
        runs: carried to their end.
        unequal: files that differ from those of the undisturbed run.
        failed: what was said by runs that did not go on.
        verified: whether `sciml verify` found that all holds at the end of each run.
    """

    kills: int = 0
    runs: int = 0
    unequal: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    verified: bool = True


def configuration(domain: str) -> dict[str, Any]:
    """One data set and one model."""
    data, model = DATA[domain]["data"], MODELS[domain]["model"]
    if domain == "sequences":
        experiment = {"data": data, "model": model, "oracles": ORACLES, "evaluation": SAMPLING[domain]["evaluation"]}
    else:
        evaluation = SAMPLING[domain]["evaluation"] if domain in SAMPLING else EVALUATION
        experiment = {"data": data, "models": {"net": model}, "evaluation": evaluation}
    return {"scale": "faults", "results": "results", "data": "data", "seeds": [0], FOLDERS[domain]: {"tiny": experiment}}


def target(domain: str) -> str:
    """The last that a trained model makes: its scores or its samples."""
    model = "pretrained" if domain == "sequences" else "net"
    last = "evaluation.json" if domain == "fields" else "samples.zarr"
    return f"results/{FOLDERS[domain]}/tiny/{model}/seed-0/{last}"


def command(domain: str, *more: str) -> list[str]:
    """Snakemake, asked for a trained and evaluated model."""
    snakemake = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"), "--cores", "1", "--quiet", "all"]
    return [*snakemake, "--rerun-incomplete", *(more or (target(domain),)), "--configfile", "config.yaml"]


def kill_workflows(folder: Path, domain: str, rounds: int, dice: random.Random) -> Killed:
    """Kill -9 the driver alone, whose jobs go on as orphans while the next begins; then driver and jobs; then end it.

    Args:
        folder: to work in.
        rounds: of these, at least; a workflow that ended before its moment came is not counted, and another is begun.
    """
    whole = _fresh(folder / f"{domain}-whole", domain)
    began = time.monotonic()
    done = _run(command(domain), whole)
    if done.returncode:
        raise SystemExit(f"the undisturbed workflow failed: {done.stdout}{done.stderr}")
    seconds, expected, found = time.monotonic() - began, _digests(whole), Killed()
    while found.kills < 2 * rounds and found.runs < 4 * rounds:
        place = _fresh(folder / f"{domain}-killed-{found.runs}", domain)
        for group in (False, True):
            began = time.monotonic()
            killed = _killed(place, domain, dice.uniform(0.1, 0.6) * seconds, group)
            found.kills += killed
            if not killed and not group:  # the undisturbed run was slower than this one
                seconds = time.monotonic() - began
        done = _finished(place, domain)
        found.runs += 1
        if done.returncode:
            found.failed.append((done.stdout + done.stderr)[-500:])
            continue
        now = _digests(place)
        found.unequal += [name for name in expected if now.get(name) != expected[name]]
        found.verified &= _run([sys.executable, "-m", "sciml.cli.main", "verify", "results"], place).returncode == 0
    return found


def two_drivers(folder: Path, domain: str) -> tuple[str, bool]:
    """A second driver is refused while the first works, which ends as if alone."""
    place = _fresh(folder / f"{domain}-two", domain)
    loud = [word for word in command(domain) if word not in ("--quiet", "all")]
    first = subprocess.Popen(loud, cwd=place, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=_environment())
    while not list((place / ".snakemake/locks").glob("*")) and first.poll() is None:
        time.sleep(0.05)
    second = _run(loud, place)
    code = first.wait()
    refused = second.returncode != 0 and "cannot be locked" in second.stdout + second.stderr
    return (
        f"the second refused: {refused} (exit code {second.returncode}); the first ended with {code}",
        refused and code == 0,
    )


def _killed(place: Path, domain: str, after: float, group: bool) -> bool:
    """Start, kill after some seconds; whether it was still running then."""
    _run(command(domain, "--unlock"), place)
    with (place / "driver.log").open("w") as log:
        driver = subprocess.Popen(
            command(domain), cwd=place, stdout=log, stderr=log, start_new_session=True, env=_environment()
        )
    try:
        driver.wait(after)
    except subprocess.TimeoutExpired:
        (os.killpg if group else os.kill)(driver.pid, signal.SIGKILL)
        driver.wait()
        return True
    return False


def _finished(place: Path, domain: str) -> subprocess.CompletedProcess[str]:
    _run(command(domain, "--unlock"), place)
    return _run(command(domain), place)


def _fresh(place: Path, domain: str) -> Path:
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    (place / "config.yaml").write_text(yaml.safe_dump(configuration(domain)))
    return place


def _digests(place: Path) -> dict[str, str]:
    """Of all that is to be equal: models, datasets, scores without what they took."""
    found = {str(path.relative_to(place)): content_digest(path) for path in place.rglob("*.safetensors")}
    found |= {str(path.relative_to(place)): content_digest(path) for path in place.rglob("*.zarr")}
    for path in place.rglob("evaluation.json"):
        found[str(path.relative_to(place))] = json.dumps(_timeless(json.loads(path.read_text())), sort_keys=True)
    return found


def _timeless(values: Any) -> Any:
    if isinstance(values, dict):
        return {
            name: _timeless(value) for name, value in values.items() if "seconds" not in name and name not in OF_THIS_TIME
        }
    return [_timeless(value) for value in values] if isinstance(values, list) else values


def _run(line: list[str], place: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(line, cwd=place, capture_output=True, text=True, check=False, env=_environment())


def _environment() -> dict[str, str]:
    return {**os.environ, "OMP_NUM_THREADS": "1"}
