"""The oracles of a data set: one to be optimised, two to judge what comes of it, and one of masked states, for guidance."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sciml.config.sequence_oracles import PANEL, OracleConfig, OraclesConfig
from sciml.sequences.data.sequence_set import SequenceSet
from sciml.sequences.oracles.halves import halves
from sciml.sequences.oracles.quality import oracle_quality
from sciml.sequences.oracles.train import TrainedOracle, train_oracle
from sciml.training.batches import hash_seed

HALF_OF = {"first": 0, "second": 1, "third": 1, "masked": 0}
JUDGES = ("second", "third")  # never seen by the optimiser


@dataclass(frozen=True)
class Member:
    """An oracle of the panel, and how well it predicts the half that it did not learn from."""

    trained: TrainedOracle
    quality: dict[str, Any]


def config_of(config: OraclesConfig, name: str) -> OracleConfig:
    """What a member is made of."""
    return config.features if name == "third" else config.net


def train_member(
    name: str,
    config: OraclesConfig,
    sequences: SequenceSet,
    *,
    seed: int,
    run_directory: Path,
    fingerprint: str,
    time_limit: float | None = None,
) -> Member:
    """Train one member on its half of the chromosomes, and judge it on the other half.

    Args:
        name: `first`, `second`, `third` or `masked`.
        config: of the panel.
        sequences: the training set, all of it.
        seed: one and the same for all members; each has weights, shuffles and noise of its own, and all share the halves.
        run_directory, fingerprint, time_limit: as of `train_oracle`.

    Raises:
        ValueError: no such member.
        InputError: halves that cannot be made; see `train_oracle`.
    """
    if name not in HALF_OF:
        raise ValueError(f"`name` must be among {', '.join(HALF_OF)}, got {name!r}")
    parts = halves(sequences, config.first_half, seed=seed)
    own, other = (sequences.take(parts[k]) for k in (HALF_OF[name], 1 - HALF_OF[name]))
    trained = train_oracle(
        config_of(config, name),
        config.target,
        own,
        seed=hash_seed(seed, *name.encode()),
        run_directory=run_directory / name,
        fingerprint=fingerprint,
        time_limit=time_limit,
        masked=name == "masked",
    )
    return Member(trained, oracle_quality(trained.oracle, config.target, other, seed=seed))


def train_panel(
    config: OraclesConfig, sequences: SequenceSet, *, seed: int, run_directory: Path, fingerprint: str
) -> dict[str, Member]:
    """All but `masked`, by name; arguments as of `train_member`."""
    return {
        name: train_member(name, config, sequences, seed=seed, run_directory=run_directory, fingerprint=fingerprint)
        for name in PANEL
    }
