"""What a machine does to a training: full disks, read-only folders, clocks, two at once, threads, no memory, signals."""

import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from fault_jobs import TRAIN, Child, copied, is_one_line, run, train, undisturbed, wait_for_checkpoint
from safetensors.torch import load_file

from sciml.io.content import content_digest

FAILED, STOPPED = 1, 75
MONTH = 30 * 86400


@dataclass(frozen=True)
class Seen:
    """What came of a scenario.

    Args:
        scenario: what was done.
        outcome: in words.
        good: whether it is as it should be; None if it could not be tried.
    """

    scenario: str
    outcome: str
    good: bool | None


@contextmanager
def small_disk(folder: Path, kilobytes: int) -> Iterator[bool]:
    """A file system in memory of this size in the place of a folder; yields whether that is allowed here."""
    folder.mkdir(parents=True, exist_ok=True)
    mounted = _mount("-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(folder))
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=False)


def _mount(*arguments: str) -> bool:
    return (
        bool(shutil.which("mount"))
        and not subprocess.run(["mount", *arguments], capture_output=True, check=False).returncode
    )


def disk_full(prepared: Path) -> Seen:
    """The disk holds one checkpoint, not that and the next; afterwards it is made larger."""
    name = "disk full in the middle of a checkpoint"
    expected, _ = undisturbed(whole := copied(prepared, "disk-undisturbed"))
    checkpoint = next(whole.glob("run/*/checkpoint.pt")).stat().st_size
    folder = copied(prepared, "disk-full")
    with small_disk(folder / "run", int(1.6 * checkpoint / 1024) + 8) as mounted:
        if not mounted:
            return _file_limit(folder, expected, checkpoint)
        child = train(folder)
        child.wait()
        line = child.returncode == FAILED and is_one_line(child) and "No space left on device" in child.said
        litter = [path.name for path in folder.glob("run/*/.*")]
        _mount("-o", f"remount,size={8 * checkpoint}", str(folder / "run"))
        again = train(folder)
        again.wait()
        equal = again.returncode == 0 and content_digest(folder / "model.safetensors") == expected
    return Seen(f"{name} (tmpfs)", f"{_last(child)}; once there is room: {_said(equal)}", line and equal and not litter)


def _file_limit(folder: Path, expected: str, checkpoint: int) -> Seen:
    """Where nothing may be mounted: no file may be larger than most of a checkpoint."""
    child = train(folder, limits={resource.RLIMIT_FSIZE: int(0.7 * checkpoint)})
    child.wait()
    line = child.returncode == FAILED and is_one_line(child)
    again = train(folder)
    equal = again.wait() == 0 and content_digest(folder / "model.safetensors") == expected
    return Seen(
        "disk full in the middle of a checkpoint (limit of a file's size)", f"{_last(child)}; {_said(equal)}", line and equal
    )


def disk_full_for_the_model(prepared: Path) -> Seen:
    """Checkpoints have a disk of their own; that of the result is full."""
    expected, _ = undisturbed(copied(prepared, "model-undisturbed"))
    folder = copied(prepared, "model-full")
    with small_disk(folder / "out", 4) as mounted:
        if not mounted:
            return Seen("disk full for the model", "not tried: nothing may be mounted here", None)
        more = ("--output", "out/model.safetensors", "--run-directory", "run")
        child = train(folder, *more)
        child.wait()
        line = child.returncode == FAILED and is_one_line(child) and "No space left on device" in child.said
        left = [path.name for path in (folder / "out").iterdir()]
        _mount("-o", "remount,size=8m", str(folder / "out"))
        again = train(folder, *more)
        equal = again.wait() == 0 and content_digest(folder / "out/model.safetensors") == expected
    return Seen(
        "disk full for the model (tmpfs)", f"{_last(child)}; once there is room: {_said(equal)}", line and equal and not left
    )


def read_only(prepared: Path) -> Seen:
    """The run directory cannot be written; afterwards it can."""
    expected, _ = undisturbed(copied(prepared, "ro-undisturbed"))
    folder = copied(prepared, "read-only")
    with small_disk(folder / "run", 8192) as mounted:
        if not mounted:
            return Seen("read-only folder", "not tried: nothing may be mounted here", None)
        _mount("-o", "remount,ro", str(folder / "run"))
        child = train(folder)
        child.wait()
        line = child.returncode == FAILED and is_one_line(child) and "Read-only file system" in child.said
        _mount("-o", "remount,rw", str(folder / "run"))
        equal = train(folder).wait() == 0 and content_digest(folder / "model.safetensors") == expected
    return Seen("read-only folder", f"{_last(child)}; once it can be written: {_said(equal)}", line and equal)


def clock_set_back(prepared: Path) -> Seen:
    """Killed, and gone on with a clock that is a month behind; without libfaketime the files are a month ahead instead."""
    expected, _ = undisturbed(copied(prepared, "clock-undisturbed"))
    folder = copied(prepared, "clock")
    child = train(folder)
    wait_for_checkpoint(folder, child, 20)
    child.kill()
    child.wait()
    fake, how = shutil.which("faketime"), "by libfaketime"
    if fake:
        command = [fake, "-f", "-30d", sys.executable, "-m", "sciml.cli.main", *TRAIN]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        code = done.returncode
    else:
        how = "files a month ahead"
        for path in folder.rglob("*"):
            os.utime(path, (time.time() + MONTH,) * 2)
        code = train(folder).wait()
    equal = code == 0 and content_digest(folder / "model.safetensors") == expected
    return Seen(f"clock set back a month after a kill ({how})", _said(equal), equal)


def two_at_once(prepared: Path) -> Seen:
    """Two trainers of the same run: the second waits, then finds all done."""
    expected, _ = undisturbed(copied(prepared, "two-undisturbed"))
    folder = copied(prepared, "two")
    first = train(folder)
    second = train(folder)
    codes = (first.wait(), second.wait())
    waited = "another process works in" in first.said + second.said
    equal = content_digest(folder / "model.safetensors") == expected
    return Seen(
        "two trainers of one run at once",
        f"exit codes {codes}, one waited: {waited}, {_said(equal)}",
        codes == (0, 0) and equal,
    )


def asked_to_stop(prepared: Path) -> Iterator[Seen]:
    """SIGTERM and SIGUSR1 while it trains and while it loads, and the time limit: exit 75, gone on with, and equal."""
    expected, seconds = undisturbed(copied(prepared, "asked-undisturbed"))
    for number in (signal.SIGTERM, signal.SIGUSR1):
        for when in ("while it trains", "while it loads"):
            folder = copied(prepared, "asked")
            child = train(folder)
            if when == "while it trains":
                wait_for_checkpoint(folder, child, 20)
            else:
                time.sleep(0.02 * seconds)
            child.kill(number)
            code = child.wait()
            when = "while it trains" if "at step" in child.said else "while it loads"
            equal = train(folder).wait() == 0 and content_digest(folder / "model.safetensors") == expected
            yield Seen(
                f"{number.name} {when}", f"exit code {code}, {_last(child)}; {_said(equal)}", code == STOPPED and equal
            )
    folder = copied(prepared, "asked")
    codes = []
    while len(codes) < 50 and (not codes or codes[-1] == STOPPED):
        codes.append(train(folder, "--time-limit", round(0.3 * seconds, 3)).wait())
    equal = codes[-1] == 0 and content_digest(folder / "model.safetensors") == expected
    yield Seen(
        "time limit, again and again", f"{len(codes) - 1} stops with exit code 75; {_said(equal)}", equal and len(codes) > 1
    )


def out_of_memory(prepared: Path) -> Seen:
    """Sampling with less memory than the batch takes: it is halved, and the samples are the same."""
    folder = copied(prepared, "memory")
    text = (folder / "training.yaml").read_text()
    for small, large in (("width: 4", "width: 64"), ("pair_width: 4", "pair_width: 64"), ("steps: 60", "steps: 2")):
        text = text.replace(f" {small}\n", f" {large}\n")  # a network whose memory outweighs that of the samples
    (folder / "training.yaml").write_text(text.replace(" width: 8\n", " width: 256\n"))
    if train(folder).wait():
        return Seen("out of memory at sampling", "the model was not trained", False)
    settings = (folder / "sampling.yaml").read_text()
    (folder / "sampling.yaml").write_text(settings.replace("    count: 64", "    count: 2048\n    batch: 2048"))
    sample = ("sample", "--config", "sampling.yaml", "--model", "model.safetensors", "--output")
    child = plain = run(folder, *sample, "plain.zarr")
    if plain.returncode:
        return Seen("out of memory at sampling", _last(plain), False)
    least, most = 0, 2048  # megabytes that do not suffice at all, and that suffice for all at once
    while most - least > 4:
        megabytes = (least + most) // 2
        child = run(folder, *sample, "tight.zarr", limits={resource.RLIMIT_DATA: _data() + megabytes * 2**20})
        if child.returncode == 0 and "going on with" in child.said:
            break
        least, most = (megabytes, most) if child.returncode else (least, megabytes)
    halved = [line for line in child.said.splitlines() if "going on with" in line]
    equal = child.returncode == 0 and content_digest(folder / "tight.zarr") == content_digest(folder / "plain.zarr")
    outcome = f"{halved[-1] if halved else _last(child)} ({megabytes} MB); {_said(equal)}"
    return Seen("out of memory at sampling, 2048 samples at once", outcome, bool(halved) and equal)


def threads(prepared: Path) -> Seen:
    """One seed, one machine: equal results by as many threads, data by any, models nearly: sums have another order."""
    places = [_by_threads(prepared, f"threads-{place}", number) for place, number in enumerate((1, 1, 2, 2))]
    models, data = ([content_digest(place / name) for place in places] for name in ("model.safetensors", "again.zarr"))
    same, prepared_same = models[0] == models[1] and models[2] == models[3], len(set(data)) == 1
    apart = _apart(places[0] / "model.safetensors", places[2] / "model.safetensors")
    outcome = (
        f"data {_equal(prepared_same)}; models by as many threads {_equal(same)}, by one against two "
        f"{_equal(True) if models[0] == models[2] else f'with weights that differ by up to {apart:.1e}'}"
    )
    return Seen("the same by one thread and by two", outcome, same and prepared_same)


def _by_threads(prepared: Path, name: str, number: int) -> Path:
    """Where data were prepared and a model was trained by so many threads."""
    folder = copied(prepared, name)
    for verb in (("prepare", "--config", "data.yaml", "--output", "again.zarr"), TRAIN):
        command = [sys.executable, "-m", "sciml.cli.main", *verb]
        environment = {**os.environ, "OMP_NUM_THREADS": str(number)}
        subprocess.run(command, cwd=folder, check=True, capture_output=True, env=environment)
    return folder


def _equal(whether: bool) -> str:
    return "equal" if whether else "NOT equal"


def _apart(first: Path, second: Path) -> float:
    """The largest difference between the weights of two models."""
    ours, theirs = load_file(first), load_file(second)
    return max(float((ours[name].double() - theirs[name].double()).abs().max()) for name in ours if ours[name].numel())


def _data() -> int:
    """Bytes that this process, and so one split off from it, has for data."""
    found = re.search(r"VmData:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(found[1]) * 1024 if found else 0


def scenarios(prepared: Path) -> Iterator[Seen]:
    """All of them for one domain."""
    yield disk_full(prepared)
    yield disk_full_for_the_model(prepared)
    yield read_only(prepared)
    yield clock_set_back(prepared)
    yield two_at_once(prepared)
    yield threads(prepared)
    yield from asked_to_stop(prepared)
    if (prepared / "sampling.yaml").is_file():
        yield out_of_memory(prepared)


def _said(equal: bool) -> str:
    return "equal model in the end" if equal else "NOT equal in the end"


def _last(child: Child) -> str:
    return (child.said.strip().splitlines() or ["(nothing said)"])[-1][:240]
