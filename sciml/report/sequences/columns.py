"""The numbers that are compared of generated sequences."""

from collections.abc import Callable
from dataclasses import dataclass

from sciml.report.graphs.columns import percent
from sciml.report.numbers import MINUS, MISSING, number, whole
from sciml.report.sequences.runs import SequenceDataset, SequenceRun, rewards_of
from sciml.report.sequences.scores import HELD_OUT, LIKELIHOOD, SEEN, TRUE, Estimate


@dataclass(frozen=True)
class SequenceColumn:
    """A column: a score of each run.

    Args:
        group: of columns, the upper header.
        label: the lower header.
        of: the score of a run.
        text: formats a number.
        verdict: of those of a run, the one that says whether the score is that of real sequences; empty if none does.
        band: whether the row of real sequences has the band of that verdict instead of the floor's interval.
    """

    group: str
    label: str
    of: Callable[[SequenceRun], Estimate]
    text: Callable[[float], str]
    verdict: str = ""
    band: bool = False


def two_decimals(value: float) -> str:
    """A number of either sign, such as a reward or a z."""
    return f"{round(value, 2) + 0.0:.2f}".replace("-", MINUS) if value == value else MISSING  # no negative 0


def three_decimals(value: float) -> str:
    """A correlation."""
    return f"{round(value, 3) + 0.0:.3f}".replace("-", MINUS) if value == value else MISSING


def columns_of(dataset: SequenceDataset) -> tuple[SequenceColumn, ...]:
    """The columns that some run fills."""
    columns = (*_rewards(dataset), *_likeness(dataset), *_COSTS)
    return tuple(column for column in columns if any(column.of(run).value == column.of(run).value for run in dataset.runs))


def divergence(run: SequenceRun) -> Estimate:
    """Of the paths from those of the pretrained model, whose own is 0 by definition; not known of what is steered."""
    return Estimate(0.0) if run.kind == "pretrained" else run.divergence


def reward_title(name: str) -> str:
    """What a reward is called in words."""
    if name in HELD_OUT:
        return f"held-out {name} oracle"
    return {SEEN: "seen oracle", TRUE: "true activity"}.get(name, name)


def _rewards(dataset: SequenceDataset) -> list[SequenceColumn]:
    groups = {SEEN: "Seen oracle", TRUE: "Truth", **dict.fromkeys(HELD_OUT, "Held-out oracles")}
    return [
        SequenceColumn(
            groups.get(name, "Other rewards"),
            "activity" if name == TRUE else name,
            _named(f"rewards.{name}"),
            two_decimals,
            name,
            True,
        )
        for name in rewards_of(dataset)
    ]


def _likeness(dataset: SequenceDataset) -> list[SequenceColumn]:
    """Divergence from the pretrained model, and likeness to real sequences."""
    motifs = dict.fromkeys(name for run in dataset.runs for name in run.score.estimates if name.startswith("motifs.named."))
    names = {name: name.removeprefix("motifs.named.") for name in motifs} or {"motifs.density": "all motifs"}
    return [
        SequenceColumn("Paths", "KL, nats", divergence, two_decimals),
        SequenceColumn("Pearson", "3\N{NON-BREAKING HYPHEN}mers", _named("kmer_pearson"), three_decimals),
        SequenceColumn("Pearson", "motifs", _named("motifs.pearson"), three_decimals),
        SequenceColumn("Spearman", "motifs", _named("motifs.spearman"), three_decimals),
        *(SequenceColumn("Sites a sequence", label, _named(name), two_decimals) for name, label in names.items()),
        SequenceColumn("Typical set", "z", _named("typical_set.z"), two_decimals, LIKELIHOOD),
        SequenceColumn("Letters", "GC, %", _named("gc"), percent),
        SequenceColumn("Variety, %", "diversity", _named("diversity"), percent),
        SequenceColumn("Variety, %", "unique", _named("unique"), percent),
        SequenceColumn("Variety, %", "novel", _named("novel"), percent),
    ]


def _named(name: str) -> Callable[[SequenceRun], Estimate]:
    return lambda run: run.estimate(name)


_COSTS = (
    SequenceColumn("Reward", "soft − hard", lambda run: Estimate(run.gap), two_decimals),
    SequenceColumn("Cost", "calls", lambda run: Estimate(run.nfe), whole),
    SequenceColumn("Cost", "CPU ms", lambda run: Estimate(1000 * run.seconds_per_sequence), number),
)
