"""Runs on sequences: what was made and how, its scores, letters to draw, and the oracles that judged it."""

import math
from dataclasses import dataclass

from sciml.report import grouping
from sciml.report.grouping import AnyRun, Array
from sciml.report.sequences.scores import HELD_OUT, LIKELIHOOD, SEEN, TRUE, Estimate, SequenceScore, SolverScore


@dataclass(frozen=True)
class Facts:
    """What the data are.

    Args:
        counts: sequences of each split.
        length: letters of a sequence.
        alphabet: the letters.
        sources: sha256 of the files it was made of, by name; none for what is simulated.
    """

    counts: dict[str, int]
    length: int
    alphabet: str
    sources: dict[str, str]

    @property
    def exhaustive(self) -> bool:
        """Whether the training set has more than 1 % of all sequences there are: to make those again is no memory."""
        return self.counts["train"] > 0.01 * len(self.alphabet) ** self.length


@dataclass(frozen=True)
class Sites:
    """Letters of all sites, (letter, place), how many sites these are, and in how many sequences they were looked for."""

    counts: Array
    sites: int
    sequences: int


@dataclass(frozen=True)
class Logo:
    """The sites of a motif, or all positions of aligned sequences."""

    name: str
    identity: str | None
    generated: Sites
    real: Sites


@dataclass(frozen=True)
class Examples:
    """Sequences as text, and letters of sites."""

    generated: tuple[str, ...]
    real: tuple[str, ...]
    logos: tuple[Logo, ...]


@dataclass(frozen=True)
class Oracle:
    """How well an oracle predicts the half of the data that it did not learn from.

    Args:
        qualities: by name: `auc` and `auc_shuffles`, or `spearman` and `pearson`.
        counts: sequences that it was asked about, by what they are.
        parameters: of it.
        cpu_seconds: of its training.
    """

    name: str
    qualities: dict[str, Estimate]
    counts: dict[str, int]
    parameters: float
    cpu_seconds: float


@dataclass(frozen=True)
class SequenceRun(AnyRun):
    """One generator, as it was trained, distilled, fine-tuned or steered, and its scores.

    Args:
        kind: `pretrained`, `student`, `finetuned` or `steered`.
        settings: of distillation, fine-tuning or steering.
        facts: of the data.
        solver: it was sampled with.
        nfe: network calls for each sequence that was kept.
        seconds_per_sequence: of processor time.
        label: that the oracles predict; None if there is none.
        divergence: of its paths from those of the pretrained model, nats.
        gap: reward as the optimiser sees it less that of samples.
        alarm: why fine-tuning was stopped; empty if it was not.
        alpha: at the end.
        nll: of test sequences under the pretrained model, nats a letter.
        score: see there.
        compared: those of further solvers; of none where they were not compared.
        examples: see there.
        oracles: of the same seed.
    """

    kind: str
    settings: dict[str, object]
    facts: Facts
    solver: str
    nfe: float
    seconds_per_sequence: float
    label: str | None
    divergence: Estimate
    gap: float
    alarm: str
    alpha: float
    nll: Estimate
    score: SequenceScore
    compared: tuple[SolverScore, ...]
    examples: Examples
    oracles: tuple[Oracle, ...]

    @property
    def trained(self) -> bool:
        """Whether it has weights of its own."""
        return self.kind != "steered"

    def estimate(self, name: str) -> Estimate:
        """A score, of nan where it was not asked for."""
        return self.score.estimate(name)

    def reward(self, name: str) -> Estimate:
        """The median of a reward."""
        return self.estimate(f"rewards.{name}")

    @property
    def sound(self) -> bool:
        """Whether every reward and the likelihood stay in the band of real sequences."""
        return not any(verdict.outside for verdict in self.score.verdicts.values())


SequenceModel = grouping.Model[SequenceRun]
SequenceDataset = grouping.Dataset[SequenceRun]
KINDS = ("pretrained", "student", "finetuned", "steered")


def ordered(dataset: SequenceDataset) -> SequenceDataset:
    """The pretrained models first, then their students, the fine-tuned by alpha, the steered ones."""

    def place(model: SequenceModel) -> tuple[int, float]:
        tuned = model.first.kind == "finetuned"
        alpha = model.average(lambda run: run.alpha).mean if tuned else 0.0
        return KINDS.index(model.first.kind), alpha if alpha == alpha else math.inf

    return SequenceDataset(dataset.name, tuple(sorted(dataset.models, key=place)))


def rewards_of(dataset: SequenceDataset) -> list[str]:
    """Names of rewards: held-out oracles, the seen one, others, the truth."""
    found = dict.fromkeys(name for run in dataset.runs for name in run.score.verdicts if name != LIKELIHOOD)
    order = {name: place for place, name in enumerate((*HELD_OUT, SEEN))}
    return sorted(found, key=lambda name: (name == TRUE, order.get(name, len(order))))
