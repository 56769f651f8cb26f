"""Rewards as the command line names them: an oracle's file, or package.module:function of the user's own."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sciml.io.errors import InputError

if TYPE_CHECKING:
    from sciml.denoisers.reward import Reward

RESERVED = ("true", "log_likelihood")  # scores of their own


def reward_named(name: str) -> "Reward":
    """The oracle of a file, or a function by its dotted name.

    Raises:
        InputError: neither.
    """
    from sciml.sequences.oracles.reward import imported_reward
    from sciml.sequences.oracles.store import load_oracle

    return imported_reward(name) if ":" in name and not Path(name).exists() else load_oracle(Path(name))


def rewards_named(texts: Sequence[str]) -> "dict[str, Reward]":
    """The rewards that `--oracle NAME=REWARD` gives, by name.

    Raises:
        InputError: not of this form, a name that is taken, or no such reward.
    """
    found: dict[str, str] = {}
    for text in texts:
        name, _, reward = text.partition("=")
        if not (name and reward):
            raise InputError(f"`--oracle` must be NAME=FILE or NAME=package.module:function, got {text!r}")
        if name in RESERVED:
            raise InputError(f"`--oracle`: {' and '.join(RESERVED)} are names of other scores, got {text!r}")
        if name in found:
            raise InputError(f"`--oracle`: names must differ, got {name!r} twice")
        found[name] = reward
    return {name: reward_named(reward) for name, reward in found.items()}


def identity(reward: str) -> dict[str, Any]:
    """What a reward is, so that another one, or other code of the same name, makes another run."""
    from sciml.io.fetch import sha256
    from sciml.sequences.oracles.reward import source_digests

    if Path(reward).is_file():
        return {"reward": sha256(reward)}
    return {"reward": reward, "reward_sha256": source_digests(reward)}
