"""What an honest reader must know: rewards that are hacked, alarms, memorised sequences, oracles that know little."""

from collections.abc import Callable, Iterator, Sequence
from math import nan

from sciml.report.graphs.columns import percent
from sciml.report.sequences.columns import reward_title, three_decimals, two_decimals
from sciml.report.sequences.compare import band_width, copies, known_mean, real_mean, repeats, reward_mean
from sciml.report.sequences.runs import Oracle, SequenceDataset, SequenceModel, SequenceRun, rewards_of
from sciml.report.sequences.scores import HELD_OUT, LIKELIHOOD, SEEN, TRUE, Verdict
from sciml.report.sequences.tables import oracles_of

GAIN = 0.1  # of the band's width, below which a gain may be chance
CONFIRMED = 0.5  # share of the seen gain that others are to confirm
GAP = 0.1  # of the band's width, by which rollouts may look better than samples
LOW = {"auc": 0.9, "auc_shuffles": 0.9, "spearman": 0.5}  # below which an oracle says little
VARIETY = 0.9  # of that of real sequences
_WORDS = {"auc": "AUC of classes", "auc_shuffles": "AUC against shuffles", "spearman": "Spearman"}


def doubts(dataset: SequenceDataset) -> list[str]:
    """Every reason not to take a number at face value."""
    found = (_outside, _hacked, _alarms, _softness, _repeated, _memorised, _oracles)
    return [text for of in found for text in of(dataset)]


def _outside(dataset: SequenceDataset) -> Iterator[str]:
    """Methods whose medians have left the band of real sequences."""
    parts = [f"{model.name} ({', '.join(texts)})" for model in dataset.models if (texts := _sides(model))]
    if parts:
        yield f"Outside the band of real sequences, 1 to 99 %, so not to be taken at face value: {'; '.join(parts)}."


def _sides(model: SequenceModel) -> list[str]:
    names = dict.fromkeys(name for run in model.runs for name in run.score.verdicts)
    found = {name: [v for run in model.runs if (v := run.score.verdicts.get(name)) and v.outside] for name in names}
    return [_side(name, verdicts, len(model.runs)) for name, verdicts in found.items() if verdicts]


def _side(name: str, verdicts: Sequence[Verdict], seeds: int) -> str:
    title = "log-likelihood" if name == LIKELIHOOD else reward_title(name)
    often = f" in {len(verdicts)} of {seeds} seeds" if len(verdicts) < seeds else ""
    means = (known_mean(getattr(verdict, key) for verdict in verdicts) for key in ("median", "low", "high"))
    median, low, high = map(two_decimals, means)
    return f"{title} {verdicts[0].side}: {median}, real {low} to {high}{often}"


def _hacked(dataset: SequenceDataset) -> Iterator[str]:
    """Gains that the seen oracle reports, and the held-out oracles on average, or the truth, do not confirm."""
    start = next((model for model in dataset.models if model.first.kind == "pretrained"), None)
    if start is None:
        return
    for model in dataset.models:
        seen = _gain(model, start, SEEN)
        gains = {name: _gain(model, start, name) for name in (*HELD_OUT, TRUE) if name in rewards_of(dataset)}
        others = known_mean(gain for name, gain in gains.items() if name != TRUE), gains.get(TRUE, nan)
        if seen > GAIN and any(other < CONFIRMED * seen for other in others):
            parts = ", ".join(f"{two_decimals(gain)} by the {reward_title(name)}" for name, gain in gains.items())
            yield (
                f"The gain of {model.name} is not confirmed: its reward may be hacked. Over {start.name}, in widths of the "
                f"band of real sequences, it gains {two_decimals(seen)} by the {reward_title(SEEN)}, {parts}."
            )


def _gain(model: SequenceModel, start: SequenceModel, name: str) -> float:
    """From the pretrained model, in widths of the band of real sequences; nan where not known."""
    width = known_mean(band_width(run, name) for run in (*model.runs, *start.runs))
    return (reward_mean(model, name) - reward_mean(start, name)) / width if width > 0 else nan


def _alarms(dataset: SequenceDataset) -> Iterator[str]:
    for run in dataset.runs:
        if run.alarm:
            yield f"The alarm stopped {run.model}, seed {run.seed}: {run.alarm}. What is scored is the model before that."


def _softness(dataset: SequenceDataset) -> Iterator[str]:
    """Rollouts that look better to the optimiser than samples are."""
    for run in dataset.runs:
        if run.gap > GAP * band_width(run, SEEN):
            yield (
                f"{run.model}, seed {run.seed}: the rewards of rollouts, as the optimiser sees them, are "
                f"{two_decimals(run.gap)} higher than those of samples."
            )


def _repeated(dataset: SequenceDataset) -> Iterator[str]:
    """Few sequences, or ones that are all alike."""

    def alike(run: SequenceRun) -> bool:
        return run.estimate("diversity").value < VARIETY * run.estimate("diversity").floor

    if names := _names(dataset, repeats, "unique"):
        yield f"Some sequences were made more than once; unique are: {names}."
    if names := _names(dataset, alike, "diversity"):
        real = percent(real_mean(dataset, "diversity"))
        yield f"Sequences are too much alike; letters at which two of them differ: {names}; of real ones {real} %."


def _memorised(dataset: SequenceDataset) -> Iterator[str]:
    """Training sequences that were copied, exactly or nearly, beyond what real sequences have in common with them."""

    def nearer(run: SequenceRun) -> bool:
        nearest = run.estimate("nearest_training")
        return not run.facts.exhaustive and nearest.value < VARIETY * nearest.floor

    if names := _names(dataset, copies, "novel"):
        yield f"Memorised: not in the training set are only {names}; of real ones {percent(real_mean(dataset, 'novel'))} %."
    if names := _names(dataset, nearer, "nearest_training"):
        real = percent(real_mean(dataset, "nearest_training"))
        yield f"Nearer to training sequences than real ones are; letters unlike the nearest: {names}; real {real} %."


def _names(dataset: SequenceDataset, wrong: Callable[[SequenceRun], bool], score: str) -> str:
    """Methods of which a seed is wrong, with the mean of their share."""
    models = [model for model in dataset.models if any(wrong(run) for run in model.runs)]
    return ", ".join(f"{m.name} {percent(known_mean(run.estimate(score).value for run in m.runs))} %" for m in models)


def _oracles(dataset: SequenceDataset) -> Iterator[str]:
    """How well the oracles predict across the split, and which of them say little."""
    means = {name: _qualities(found) for name, found in oracles_of(dataset).items()}
    if not means:
        yield "How well the oracles predict sequences that they did not learn from is not known."
        return
    texts = (
        f"{name} {', '.join(f'{three_decimals(x)} ({_WORDS[q]})' for q, x in found.items())}"
        for name, found in means.items()
    )
    yield f"On the half of the data that an oracle did not learn from: {'; '.join(texts)}."
    low = [name for name, found in means.items() if any(mean < LOW[quality] for quality, mean in found.items())]
    if low:
        yield f"Oracles that predict poorly, so that what they say means little: {', '.join(low)}."


def _qualities(oracles: Sequence[Oracle]) -> dict[str, float]:
    """Means over seeds."""
    names = (name for name in LOW if any(name in oracle.qualities for oracle in oracles))
    return {name: known_mean(one.qualities[name].value for one in oracles if name in one.qualities) for name in names}
