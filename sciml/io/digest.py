"""One SHA-256 over nested plain values and tensors, by which a damaged artefact is told from a whole one."""

import hashlib
import json
from typing import Any

import torch
from torch import Tensor


def digest(content: Any) -> str:
    """Hexadecimal digest of dictionaries, lists, tuples, tensors and plain values; order of keys does not matter."""
    state = hashlib.sha256()
    _update(state, content)
    return state.hexdigest()


def _update(state: Any, content: Any) -> None:
    if isinstance(content, Tensor):
        state.update(f"{content.dtype}{tuple(content.shape)}".encode())
        plain = content.detach().cpu().contiguous()
        state.update(plain.reshape(-1).view(torch.uint8).numpy().data)
    elif isinstance(content, dict):
        state.update(f"{{{len(content)}}}".encode())
        for key in sorted(content, key=str):
            state.update(f"{key!r}:".encode())
            _update(state, content[key])
    elif isinstance(content, list | tuple):
        state.update(f"[{len(content)}]".encode())
        for item in content:
            _update(state, item)
    else:
        state.update(f"{json.dumps(content)};".encode())  # a sign that no number goes on with
