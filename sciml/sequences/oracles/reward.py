"""Rewards: what a sequence is worth, as a callable on letters in one-hot form.

A reward that is to lead a generator by its gradient takes relaxed letters too: rows of probabilities instead of one 1. Three
lines plug a model of the user's own in:

    def reward(x):                                   # (batch, position, letter) -> (batch,)
        return my_model(x.transpose(1, 2))[:, 0]     # in whatever layout and with whatever output it has
    judge = Judge(training, reference, count=640, seed=0, rewards={"mine": reward})
"""

import importlib
import re
import sys
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float, Float64, Integer
from torch import Tensor

from sciml.denoisers.reward import Reward
from sciml.io.errors import InputError
from sciml.io.fetch import sha256
from sciml.sequences.data.sequence_set import SequenceSet

BATCH = 1024
DOTTED = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")


def one_hot(tokens: Integer[Tensor, "*batch position"], letters: int) -> Float[Tensor, "*batch position letter"]:
    """Letters as rewards take them, float32."""
    return F.one_hot(tokens.long(), letters).float()


@torch.no_grad()
def reward_of(
    reward: Reward, sequences: SequenceSet, name: str = "reward", *, batch: int = BATCH
) -> Float64[Tensor, " sequence"]:
    """The reward of each sequence.

    Args:
        reward: called on at most `batch` sequences at a time.
        sequences: on the processor.
        name: what to call the reward in an error.

    Raises:
        InputError: it gives something else than one finite number for each sequence.
    """
    parts = []
    for tokens in sequences.tokens.split(batch):
        values = reward(one_hot(tokens, len(sequences.alphabet)))
        if not isinstance(values, Tensor) or values.shape != (len(tokens),):
            got = tuple(values.shape) if isinstance(values, Tensor) else type(values).__name__
            raise InputError(f"`{name}` must give a tensor of shape ({len(tokens)},) for as many sequences, got {got}")
        if not torch.isfinite(values).all():
            raise InputError(f"`{name}` must give finite numbers, got {values[~torch.isfinite(values)][0].item()}")
        parts.append(values.detach().cpu().double())
    return torch.cat(parts)


def source_digests(name: str) -> list[str]:
    """SHA-256 of the files of the module that `package.module:function` names and of the one that defines it, as far as they
    are files: so that what is run anew when a reward changes sees a change of its code, though not one of what that imports.

    Raises:
        InputError: see `imported_reward`.
    """
    modules = {name.split(":")[0], imported_reward(name).__module__}
    files = {getattr(sys.modules.get(module), "__file__", None) for module in modules}
    return sorted(sha256(file) for file in files if file)


def imported_reward(name: str) -> Callable[..., Any]:
    """The callable that `package.module:function` names, from a module that is installed.

    Importing a module runs it: names are to come from the user alone, never from a model file.

    Raises:
        InputError: not such a name, no such module, one that cannot be imported, or nothing callable of that name in it.
    """
    if not DOTTED.fullmatch(name):
        raise InputError(f"a reward is named as package.module:function, got {name!r}")
    module_name, attribute = name.split(":")
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        raise InputError(f"{name}: no module {error.name!r} is installed") from error
    except Exception as error:  # the user's own code, which may raise anything
        message = f"{type(error).__name__}: {error}".splitlines()[0]
        raise InputError(f"{name}: module {module_name!r} cannot be imported: {message}") from error
    found = getattr(module, attribute, None)
    if not callable(found):
        raise InputError(f"{name}: module {module_name!r} has no callable {attribute!r}")
    return found
