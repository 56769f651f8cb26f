"""Model files: safetensors, with everything needed to rebuild the model as JSON in the header. Loading executes no code."""

import json
import struct
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from sciml.io.atomic import atomic_file
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
        save_file(plain, temporary, metadata={KEY: json.dumps(header, sort_keys=True)})


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
