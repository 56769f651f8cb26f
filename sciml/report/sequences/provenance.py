"""What a run on sequences was scored by, and what makes such scores hard to compare."""

from collections.abc import Sequence

from sciml.report.numbers import number, whole
from sciml.report.provenance import Cells
from sciml.report.sequences.columns import divergence, three_decimals, two_decimals
from sciml.report.sequences.runs import SequenceDataset, SequenceRun
from sciml.report.sequences.scores import HELD_OUT, SEEN


def sequence_scores(run: SequenceRun) -> Cells:
    """A run's own numbers, before the average over seeds."""
    return (
        ("kind", run.kind),
        ("solver", run.solver),
        ("calls", whole(run.nfe)),
        ("sequences", whole(run.score.counts["generated"])),
        *((name, two_decimals(run.reward(name).value)) for name in (*HELD_OUT, SEEN)),
        ("KL, nats", number(divergence(run).value)),
        ("3-mers", three_decimals(run.estimate("kmer_pearson").value)),
    )


def unlike_sizes(datasets: Sequence[SequenceDataset]) -> list[str]:
    """Data sets whose methods were scored on unlike numbers of sequences."""
    return [
        f"{dataset.name}: the methods were not scored on the same number of generated sequences; correlations depend on it."
        for dataset in datasets
        if len({run.score.counts["generated"] for run in dataset.runs}) > 1
    ]
