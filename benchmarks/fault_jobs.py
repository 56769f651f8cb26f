"""One small training of each domain, and verbs started so that they can be killed."""

import itertools
import json
import os
import resource
import shutil
import signal
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from sciml.cli.main import main
from sciml.io.content import content_digest

TRAINING = {"steps": 60, "batch": 4, "precision": "32", "checkpoint_seconds": 0}
DATA: dict[str, dict[str, Any]] = {
    "fields": {
        "data": {
            "kind": "burgers",
            "train": 8,
            "validation": 2,
            "test": 2,
            "points": 16,
            "intervals": 8,
            "solver_points": 16,
        }
    },
    "graphs": {"domain": "graphs", "data": {"kind": "community_small", "train": 8, "validation": 0, "test": 8}},
    "sequences": {"domain": "sequences", "data": {"kind": "motifs", "count": 100, "length": 64, "split": [60, 10, 30]}},
}
MODELS: dict[str, dict[str, Any]] = {
    "fields": {
        "window": {"given": 1, "predicted": 8},
        "model": {"kind": "neural", "net": {"kind": "unet", "width": 4, "multipliers": [1]}, "training": TRAINING},
    },
    "graphs": {
        "domain": "graphs",
        "model": {
            "net": {"kind": "graph_transformer", "width": 4, "pair_width": 4, "layers": 1, "heads": 2},
            "training": TRAINING,
        },
    },
    "sequences": {
        "domain": "sequences",
        "model": {"net": {"kind": "dilated_cnn", "width": 8, "dilations": [1, 2]}, "training": TRAINING},
    },
}
SAMPLING: dict[str, dict[str, Any]] = {
    "graphs": {"domain": "graphs", "evaluation": {"sampling": {"count": 64, "solver": {"name": "ddim", "steps": 2}}}},
    "sequences": {"domain": "sequences", "evaluation": {"sampling": {"count": 64, "steps": 4}, "motifs": ["SPI1"]}},
}


NUMBER = itertools.count()


@dataclass
class Child:
    """A verb in a process of its own, split off from this one, which has the package in memory already."""

    pid: int
    log: Path
    returncode: int | None = field(default=None)

    def poll(self) -> int | None:
        """Its exit code, negative if a signal ended it; None while it runs."""
        if self.returncode is None:
            done, status = os.waitpid(self.pid, os.WNOHANG)
            self.returncode = os.waitstatus_to_exitcode(status) if done else None
        return self.returncode

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Send it a signal."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def wait(self) -> int:
        """Its exit code, once it has ended."""
        if self.returncode is None:
            self.returncode = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self.returncode

    @property
    def said(self) -> str:
        """All that it printed."""
        return self.log.read_text(errors="replace")


def warm() -> None:
    """Import what verbs import, so that processes split off from this one begin at once."""
    import sciml.cli.main
    import sciml.graphs.data.catalog
    import sciml.graphs.data.prepare
    import sciml.graphs.store
    import sciml.graphs.train
    import sciml.pde.data.prepare
    import sciml.pde.store
    import sciml.pde.train
    import sciml.sequences.data.catalog
    import sciml.sequences.store
    import sciml.sequences.train  # noqa: F401


def start(folder: Path, *arguments: object, limits: dict[int, int] | None = None) -> Child:
    """`sciml` with these arguments in a folder; what it prints goes to a file beside the folder.

    Args:
        limits: of resources, by number of `resource`.
    """
    log = folder.parent / f"{folder.name}.{next(NUMBER)}.log"
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return Child(pid, log)
    try:  # the child, which never returns
        _become(folder, log, [str(each) for each in arguments], limits or {})
    finally:
        os._exit(99)


def _become(folder: Path, log: Path, arguments: list[str], limits: dict[int, int]) -> None:
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(file, 1)
    os.dup2(file, 2)
    os.chdir(folder)
    for number, value in limits.items():
        resource.setrlimit(number, (value, value))
    sys.argv = ["sciml", *arguments]
    code: Any = 0
    try:
        main()
    except SystemExit as ended:
        code = ended.code or 0
    except BaseException:
        import traceback

        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def run(folder: Path, *arguments: object, limits: dict[int, int] | None = None) -> Child:
    """The same, waited for."""
    child = start(folder, *arguments, limits=limits)
    child.wait()
    return child


def prepared(folder: Path, domain: str) -> Path:
    """A folder with settings and data of a domain."""
    folder.mkdir(parents=True)
    for name, values in (("data", DATA), ("training", MODELS), ("sampling", SAMPLING)):
        if domain in values:
            (folder / f"{name}.yaml").write_text(yaml.safe_dump(values[domain]))
    child = run(folder, "prepare", "--config", "data.yaml", "--output", "data.zarr")
    if child.returncode:
        raise SystemExit(child.said)
    return folder


def copied(prepared_folder: Path, name: str) -> Path:
    """A fresh copy of settings and data beside the original."""
    folder = prepared_folder.parent / name
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(prepared_folder, folder)
    return folder


TRAIN = ("train", "--config", "training.yaml", "--data", "data.zarr", "--output", "model.safetensors",
         "--manifest", "manifest.json", "--events", "events.jsonl")  # fmt: skip


def train(folder: Path, *more: object, limits: dict[int, int] | None = None) -> Child:
    """Start `sciml train` in a prepared folder."""
    return start(folder, *TRAIN, *more, limits=limits)


def wait_for_checkpoint(folder: Path, child: Child, step: int) -> None:
    """Until a training has saved this step, or has ended."""
    words = f'"step": {step}}}'
    while child.poll() is None:
        found = [path.read_text() for path in folder.glob("run/*/events.jsonl")]
        if any(words in text for text in found):
            return
        time.sleep(0.002)


def undisturbed(folder: Path) -> tuple[str, float]:
    """(sha256 of the model, seconds) of a training that nothing happens to."""
    began = time.monotonic()
    child = train(folder)
    if child.wait():
        raise SystemExit(child.said)
    return content_digest(folder / "model.safetensors"), time.monotonic() - began


def is_one_line(child: Child) -> bool:
    """Whether it ended with one line of its own and no traceback."""
    last = child.said.strip().splitlines()
    return bool(last) and last[-1].startswith("sciml: ") and "Traceback" not in child.said


def torn(folder: Path) -> list[str]:
    """Files of a training that are there and not whole."""
    from sciml.io.errors import InputError
    from sciml.io.model_file import kind_of, load_model
    from sciml.training.checkpoint import read_checkpoint

    found = []
    for path in sorted(folder.glob("run/*/checkpoint.pt")):
        try:
            read_checkpoint(path, path.parent.name)
        except InputError as error:
            found.append(str(error))
    for path in folder.glob("model.safetensors"):
        try:
            load_model(path, str(kind_of(path)))
        except InputError as error:
            found.append(str(error))
    for path in folder.glob("manifest.json"):
        try:
            json.loads(path.read_text())
        except ValueError as error:
            found.append(f"{path}: {error}")
    return found
