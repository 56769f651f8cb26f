"""What a run on graphs was scored by, and what makes such scores hard to compare."""

from collections.abc import Sequence

from sciml.report.graphs.columns import four_decimals, percent
from sciml.report.graphs.runs import GraphDataset, GraphRun
from sciml.report.numbers import number, whole
from sciml.report.provenance import Cells


def graph_scores(run: GraphRun) -> Cells:
    """A run's own numbers, before the average over seeds."""
    main = run.main
    quality = number(main.estimate("fcd").value) if run.molecules else four_decimals(main.estimate("mean").value)
    return (
        ("solver", main.solver),
        ("calls", whole(main.nfe)),
        ("graphs", whole(main.count)),
        ("mean MMD or FCD", quality),
        ("connected %", percent(main.estimate("connected").value)),
        ("valid %", percent(main.estimate("valid").value)),
    )


def unlike_counts(datasets: Sequence[GraphDataset]) -> list[str]:
    """Data sets whose models were scored on unlike numbers of graphs."""
    return [
        f"{dataset.name}: the models were not scored on the same number of generated graphs; FCD and floors depend on it."
        for dataset in datasets
        if len({run.main.count for run in dataset.runs}) > 1
    ]
