"""The checkpoint of a training: all that the rest of the run depends on.

Held: model, moving average, optimiser, the state of every generator, step, planned steps, precision, and the fingerprint
of configuration and data. On the CPU a run resumed from it gives the weights of an unbroken run bit for bit. Read without
executing code, and refused if a single bit has changed.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Generator, nn
from torch.optim import Optimizer

from sciml.io.atomic import atomic_file
from sciml.io.digest import digest
from sciml.io.errors import InputError
from sciml.io.torch_file import UNREADABLE
from sciml.training.ema import ExponentialMovingAverage

FORMAT = 3
ADVICE = "delete it to train anew"
SCALARS = {"step": int, "steps": int, "precision": str, "cpu_seconds": float, "wall_seconds": float, "loss": float}
HELD = {"fingerprint": str, **SCALARS, "model": dict, "ema": list, "optimizer": dict}
HELD |= {"noise": torch.Tensor, "torch_rng": torch.Tensor, "cuda_rng": list}


@dataclass
class TrainingState:
    """What changes while a run goes on.

    Attributes:
        steps: steps planned.
        precision: '32' or 'bf16'.
        noise: generator of the noise of the loss.
        step: steps done.
        cpu_seconds, wall_seconds: spent by all processes of this run so far.
        loss: of the last step.
    """

    module: nn.Module
    optimizer: Optimizer
    ema: ExponentialMovingAverage
    noise: Generator
    steps: int
    precision: str
    step: int = 0
    cpu_seconds: float = 0.0
    wall_seconds: float = 0.0
    loss: float = float("inf")


def save_checkpoint(path: Path, state: TrainingState, fingerprint: str) -> None:
    """Write atomically. `fingerprint` names the configuration and data that the run belongs to."""
    content = {
        "format": FORMAT,
        "fingerprint": fingerprint,
        **{name: getattr(state, name) for name in SCALARS},
        "model": state.module.state_dict(),
        "ema": state.ema.state_dict(),
        "optimizer": state.optimizer.state_dict(),
        "noise": state.noise.get_state(),
        "torch_rng": torch.get_rng_state(),
        "cuda_rng": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
    }
    with (
        atomic_file(path) as temporary,
        temporary.open("wb") as file,
    ):  # a file of Python's, which says why it cannot be written
        torch.save({**content, "sha256": digest(content)}, file)


def read_checkpoint(path: Path, fingerprint: str) -> dict[str, Any]:
    """Read and check a checkpoint.

    Raises:
        InputError: it is torn, changed, of another format, not whole, or of another configuration or data set.
    """
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
        if not isinstance(content, dict) or content.get("format") != FORMAT:
            raise InputError(f"{path}: not a training checkpoint of format {FORMAT}; {ADVICE}")
        if content.pop("sha256", None) != digest(content):
            raise InputError(f"{path}: damaged: its content does not match its sha256; {ADVICE}")
    except InputError:
        raise
    except UNREADABLE as error:  # of values, too, that have no digest, such as a set
        raise InputError(f"{path}: not a readable checkpoint ({type(error).__name__}); {ADVICE}") from error
    for name, kind in HELD.items():
        if not isinstance(content.get(name), kind):
            found = f"got {type(content[name]).__name__}" if name in content else "it is missing"
            raise InputError(f"{path}: not a whole checkpoint: `{name}` must be of type {kind.__name__}, {found}; {ADVICE}")
    if content["fingerprint"] != fingerprint:
        raise InputError(
            f"{path}: belongs to another configuration or data set (fingerprint {content['fingerprint']}, this run has "
            f"{fingerprint}); give another --run-directory or {ADVICE}"
        )
    return content


def restore(content: dict[str, Any], state: TrainingState) -> None:
    """Put a run back to where the checkpoint was taken."""
    for name in SCALARS:
        setattr(state, name, content[name])
    state.module.load_state_dict(content["model"])
    state.ema.load_state_dict(content["ema"])
    state.optimizer.load_state_dict(content["optimizer"])
    state.noise.set_state(content["noise"])
    torch.set_rng_state(content["torch_rng"])
    if torch.cuda.is_available() and content["cuda_rng"]:
        torch.cuda.set_rng_state_all(content["cuda_rng"])
