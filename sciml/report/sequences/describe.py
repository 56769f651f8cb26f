"""What a set of sequences is, how each method makes new ones, and what limits their scores, in words."""

from sciml.report.grouping import average
from sciml.report.numbers import MISSING, whole
from sciml.report.sequences.runs import SequenceDataset, SequenceModel

_STEERED = {
    "none": "sampled as it is",
    "best_of_n": "best of {particles}",
    "look_ahead": "look-ahead guidance, α\N{NO-BREAK SPACE}{alpha}",
    "classifier": "classifier guidance, weight {weight}",
    "classifier_free": "classifier-free guidance to class {label}, weight {weight}",
    "smc": "SMC, {particles} particles, α\N{NO-BREAK SPACE}{alpha}",
    "tds": "TDS, {particles} particles, α\N{NO-BREAK SPACE}{alpha}",
    "svdd": "SVDD, {particles} candidates, α\N{NO-BREAK SPACE}{alpha}",
}
STOPPED = "stopped by its alarm"


def describe(dataset: SequenceDataset) -> str:
    """The data's own title, counts and length; what was generated and how; the likelihood of test sequences."""
    first = dataset.first
    facts = first.facts
    title = f"{first.description}: " if first.description else ""
    counts = ", ".join(f"{_thousands(facts.counts[split])} {split}" for split in facts.counts if facts.counts[split])
    generated = " or ".join(whole(count) for count in sorted({run.score.counts["generated"] for run in dataset.runs}))
    reference = " or ".join(_thousands(count) for count in sorted({run.score.counts["reference"] for run in dataset.runs}))
    seeds = sorted({len(model.runs) for model in dataset.models})
    repeated = f"{' or '.join(map(str, seeds))} seeds a method" if seeds[-1] > 1 else "one seed a method"
    solvers = " or ".join(dict.fromkeys(_plain(run.solver) for run in dataset.runs))
    return (
        f"{title}{counts} sequences of {facts.length} letters of {facts.alphabet}, {_origin(dataset)}.{_target(dataset)} "
        f"Each method made {generated} sequences with {solvers}, compared with {reference} test sequences; {repeated}."
        f"{_likelihood(dataset)}"
    )


def how(model: SequenceModel) -> str:
    """Whether a model is pretrained, distilled, fine-tuned or steered, and with what settings."""
    first = model.first
    if first.kind == "pretrained":
        return "pretrained"
    if first.kind == "student":
        return f"distilled, {str(first.settings.get('method', '')).replace('_', '-')}, {whole(first.nfe)} calls"
    if first.kind == "steered":
        shown = {name: f"{value:.3g}" if isinstance(value, float) else value for name, value in first.settings.items()}
        method = str(shown.get("method", ""))
        return _STEERED.get(method, method).format_map(_Known(shown))
    alpha = average(run.alpha for run in model.runs).mean
    goal = first.settings.get("target")
    text = "fine-tuned" + (f", α\N{NO-BREAK SPACE}{alpha:.3g}" if alpha == alpha else "")
    text += f" for {goal:.3g} nats" if isinstance(goal, int | float) else ""
    return text + (f"; {STOPPED}" if any(run.alarm for run in model.runs) else "")


def warnings(dataset: SequenceDataset) -> list[str]:
    """What limits the scores, each said once, with the methods that it holds for where it does not hold for all.

    Medians outside the band of real sequences are marked in the table and told among the findings instead.
    """
    named: dict[str, dict[str, None]] = {}
    for model in dataset.models:
        for run in model.runs:
            for text in run.score.warnings:
                if not any(text.startswith(f"{name}: the median ") for name in run.score.verdicts):
                    named.setdefault(text, {})[model.name] = None
    everyone = len(dataset.models)
    return [text + "." if len(names) == everyone else f"{', '.join(names)}: {text}." for text, names in named.items()]


class _Known(dict[str, object]):
    """Settings by name; a dash for those that are not there."""

    def __missing__(self, key: str) -> str:
        return MISSING


def _plain(solver: str) -> str:
    """Name and steps of a solver, without how it was steered."""
    return ", ".join(solver.split(", ")[:2])


def _target(dataset: SequenceDataset) -> str:
    label = next((run.label for run in dataset.runs if run.label), None)
    return f" The oracles predict {label}." if label else ""


def _likelihood(dataset: SequenceDataset) -> str:
    values = [run.nll.value for run in dataset.runs if run.kind == "pretrained" and run.nll.value == run.nll.value]
    return f" Test sequences take the pretrained model {average(values).mean:.3f} nats a letter." if values else ""


def _origin(dataset: SequenceDataset) -> str:
    sources = dataset.first.facts.sources
    files = ", ".join(f"{name} (sha256 {digest[:10]}…)" for name, digest in sources.items())
    return f"from {files}" if sources else "simulated from a seed"


def _thousands(count: int) -> str:
    return f"{count:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")
