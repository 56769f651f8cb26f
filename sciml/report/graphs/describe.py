"""What a set of graphs is, and what limits its scores, in words."""

from sciml.report.graphs.runs import GraphDataset
from sciml.report.grouping import taught
from sciml.report.numbers import whole


def describe(dataset: GraphDataset) -> str:
    """The data's own title, counts and sizes; what was generated; test graphs that are training graphs, too."""
    first = dataset.first
    facts, noun = first.facts, "molecules" if first.molecules else "graphs"
    title = f"{first.description}: " if first.description else ""
    counts = ", ".join(f"{_thousands(facts.counts[split])} {split}" for split in facts.counts if facts.counts[split])
    low, high = facts.nodes
    size = f"{low} to {high}" if low != high else f"{low}"
    what = f"{size} heavy atoms of {', '.join(facts.atoms)}" if first.molecules else f"{size} nodes"
    generated = sorted({run.main.count for run in dataset.runs})
    seeds = sorted({len(model.runs) for model in dataset.models})
    repeated = f"{' or '.join(map(str, seeds))} seeds a model" if seeds[-1] > 1 else "one seed a model"
    number = " or ".join(whole(count) for count in generated)
    return (
        f"{title}{counts} {noun} of {what}, {_origin(dataset)}. Each model generated {number} {noun}, compared with "
        f"{_thousands(first.main.reference)} test {noun}; {repeated}. {_copies(dataset)}"
        f"{_guided(dataset)}{taught(dataset.models)}"
    )


def warnings(dataset: GraphDataset) -> list[str]:
    """What limits the scores, each said once, with the models that it holds for where it does not hold for all."""
    named: dict[str, dict[str, None]] = {}
    for model in dataset.models:
        for run in model.runs:
            for text in run.main.warnings:
                named.setdefault(text, {})[model.name] = None
    everyone = len(dataset.models)
    return [text + "." if len(names) == everyone else f"{', '.join(names)}: {text}." for text, names in named.items()]


def _origin(dataset: GraphDataset) -> str:
    sources = dataset.first.facts.sources
    files = ", ".join(f"{name} (sha256 {digest[:10]}…)" for name, digest in sources.items())
    return f"from {files}" if sources else "simulated or enumerated from a seed"


def _copies(dataset: GraphDataset) -> str:
    share = dataset.first.main.estimate("reference_in_train").value
    if dataset.first.molecules:
        return f"{100 * share:.1f} % of the test molecules are training molecules, too."
    return f"{100 * share:.1f} % of the test graphs are isomorphic to training graphs."


def _guided(dataset: GraphDataset) -> str:
    """Whose training is told of what is led by a guide."""
    names = [model.name for model in dataset.models if "guide" in model.first.manifest.config]
    return f" Of {', '.join(names)}, led by a guide, training and parameters are the guide's." if names else ""


def _thousands(count: int) -> str:
    return f"{count:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")
