"""A state is a tensor or a frozen dataclass of tensors (and of such dataclasses); what the package asks of either."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass, replace
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


def take(state: Any, index: slice) -> Any:
    """Some samples of a batch: of each tensor these elements along the first dimension; what is no tensor is kept."""
    if isinstance(state, Tensor):
        return state[index]
    if is_dataclass(state) and not isinstance(state, type):
        return replace(state, **{field.name: take(getattr(state, field.name), index) for field in fields(state)})
    return state


def join_batches(states: Sequence[Any]) -> Any:
    """One batch of several: what `take` takes apart."""
    first = states[0]
    if isinstance(first, Tensor):
        return torch.cat(list(states))
    if is_dataclass(first) and not isinstance(first, type):
        names = [field.name for field in fields(first)]
        return replace(first, **{name: join_batches([getattr(state, name) for state in states]) for name in names})
    return first


def flatten(state: Any) -> Tensor:
    """The numbers of each sample in one row, (batch, all); masks and other whole numbers are passed over."""
    return torch.cat([tensor.flatten(1) for tensor in tensors_of(state) if tensor.is_floating_point()], 1)
