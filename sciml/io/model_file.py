"""Model files: safetensors, with everything needed to rebuild the model as JSON in the header. Loading executes no code."""

import json
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from sciml.io.atomic import atomic_file, system_error
from sciml.io.digest import digest
from sciml.io.errors import InputError

KEY = "sciml"


def save_model(path: Path, tensors: dict[str, Tensor], description: dict[str, Any]) -> None:
    """Write atomically.

    Args:
        tensors: the state dictionary.
        description: plain values; `kind` says what model it is.
    """
    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    header = {**description, "sha256": digest([description, plain])}
    with atomic_file(path) as temporary:
        try:
            save_file(plain, temporary, metadata={KEY: json.dumps(header, sort_keys=True)})
        except SafetensorError as error:
            if said := system_error(error, path):
                raise said from error
            raise


def load_model(path: Path, kind: str) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """(tensors, description) of a model file.

    Raises:
        InputError: the file is missing, torn, changed, not ours, or of another kind of model.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such model file")
    try:
        with safe_open(path, framework="pt") as file:
            description = json.loads((file.metadata() or {}).get(KEY, "null"))
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dictionary)
    except (SafetensorError, OSError, ValueError, struct.error) as error:
        raise InputError(f"{path}: not a readable safetensors file: {error}") from error
    if not isinstance(description, dict) or "kind" not in description:
        raise InputError(f"{path}: not a model of sciml: its header has no `{KEY}` description")
    if description.pop("sha256", None) != digest([description, tensors]):
        raise InputError(f"{path}: damaged: its content does not match its sha256; copy or train it again")
    if description["kind"] != kind:
        raise InputError(f"{path}: holds a model of kind {description['kind']!r}, here {kind!r} is needed")
    return tensors, description


@contextmanager
def header_of(path: Path, what: str) -> Iterator[None]:
    """Within the context a model is built as a header says; whatever that stumbles over is the fault of the header.

    Raises:
        InputError: naming the file, what it should hold, and what went wrong.
    """
    try:
        yield
    except InputError:
        raise
    except (LookupError, TypeError, AttributeError, ValueError, ArithmeticError, RuntimeError, MemoryError) as error:
        said = " ".join(repr(error).split())[:200]
        raise InputError(f"{path}: its header is not that of {what} of this version: {said}") from error


def kind_of(path: Path) -> str | None:
    """What kind of model a file says it holds; None if it says nothing, or is none."""
    try:
        with safe_open(path, framework="pt") as file:
            description = json.loads((file.metadata() or {}).get(KEY, "null"))
    except (SafetensorError, OSError, ValueError, struct.error):
        return None
    return description.get("kind") if isinstance(description, dict) else None


def fill_model(path: Path, model: nn.Module, tensors: dict[str, Tensor]) -> None:
    """Put the tensors of a model file into a model built from its description.

    Raises:
        InputError: the file lacks or has too many tensors, or one of another shape or with values that are not finite.
    """
    expected = model.state_dict()
    for name in expected.keys() - tensors.keys():
        raise InputError(f"{path}: lacks `{name}`, which its configuration asks for; train it again")
    for name, tensor in tensors.items():
        if name not in expected:
            raise InputError(f"{path}: has `{name}`, which its configuration does not know; train it again")
        if tensor.shape != expected[name].shape:
            raise InputError(f"{path}: `{name}` has shape {tuple(tensor.shape)}, not {tuple(expected[name].shape)}")
        if not torch.isfinite(tensor).all():
            raise InputError(f"{path}: `{name}` holds values that are not finite; train it again")
    model.load_state_dict(tensors)
