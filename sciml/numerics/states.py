"""A state is a tensor or a frozen dataclass of tensors (and of such dataclasses); what the package asks of either."""

import math
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

import torch
from torch import Tensor


def tensors_of(state: Any) -> Iterator[Tensor]:
    """The tensors a state is made of, in the order of its fields; what is no tensor is passed over."""
    if isinstance(state, Tensor):
        yield state
    elif is_dataclass(state):
        for field in fields(state):
            yield from tensors_of(getattr(state, field.name))


def all_finite(state: Any) -> bool:
    """Whether no tensor of the state has a NaN or an infinity.

    A sum shows most cheaply that all is well; only where it is not finite, which an overflow may cause, each element is
    looked at.
    """
    return all(math.isfinite(tensor.sum().item()) or bool(torch.isfinite(tensor).all()) for tensor in tensors_of(state))
