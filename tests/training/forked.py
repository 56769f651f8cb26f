"""Work shared by processes that are forked off: what torchrun does, without its seconds of start-up for each of them."""

import os
import socket
import tempfile
import traceback
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import torch

from sciml.io.errors import InputError
from sciml.training.processes import Processes, Unanswered, joined
from sciml.training.signals import Stopped

PATIENCE = timedelta(seconds=60)


def shared(count: int, work: Callable[[Processes], Any]) -> list[Any]:
    """What each process came to: its result, an expected error as text, or its exit code if it was killed."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / str(rank) for rank in range(count)]
        started = [_fork(path, rank, count, port, work) for rank, path in enumerate(paths)]
        codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in started]
        return [torch.load(path) if code == 0 else code for path, code in zip(paths, codes, strict=True)]


def _fork(path: Path, rank: int, count: int, port: str, work: Callable[[Processes], Any]) -> int:
    if child := os.fork():
        return child
    try:
        os.environ.update(RANK=str(rank), WORLD_SIZE=str(count), MASTER_ADDR="127.0.0.1", MASTER_PORT=port)
        torch.set_num_threads(1)
        try:
            with joined(PATIENCE) as processes:
                result = work(processes)
        except (InputError, Stopped, Unanswered) as error:
            result = f"{type(error).__name__}: {error}"
        torch.save(result, path)
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        os._exit(1)
