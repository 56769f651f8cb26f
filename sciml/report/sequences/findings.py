"""Sentences about generated sequences, derived from the numbers: what is gained, and what cannot be trusted."""

from collections.abc import Sequence
from itertools import pairwise
from math import isfinite

from sciml.report.numbers import number, whole
from sciml.report.sequences.columns import divergence, reward_title, three_decimals, two_decimals
from sciml.report.sequences.compare import copies, is_sound, judge_of, judged, real_mean, reward_mean
from sciml.report.sequences.doubts import doubts
from sciml.report.sequences.runs import SequenceDataset, SequenceModel
from sciml.report.sequences.scores import TRUE
from sciml.report.sequences.solvers import fewest_calls


def findings(dataset: SequenceDataset) -> list[str]:
    """Who gains most within the band of real sequences, what the truth says, and every reason to doubt it."""
    gains = (_best(dataset), _truth(dataset), _frontier(dataset))
    sentences = (*gains, *doubts(dataset), _words(dataset), _calls(dataset), fewest_calls(dataset), _chance(dataset))
    return [sentence for sentence in sentences if sentence]


def _best(dataset: SequenceDataset) -> str:
    """Of the methods that make new sequences within the band of real ones, the one with the highest held-out reward."""
    judge = judge_of(dataset)
    if judge is None:
        return "No held-out oracle judged these sequences: a gain in reward may be the oracle's mistake."
    sound = [model for model in judged(dataset, judge) if is_sound(model)]
    if not sound:
        return (
            "No method makes new sequences within the band of real ones by every oracle and its likelihood: trust no gain."
        )
    best = max(sound, key=lambda model: reward_mean(model, judge))
    before = [model for model in dataset.models if model.first.kind == "pretrained" and model is not best]
    others = [f"{two_decimals(reward_mean(model, judge))} of {model.name}" for model in before]
    others.append(f"{two_decimals(real_mean(dataset, f'rewards.{judge}'))} of real sequences")
    return (
        f"Of {len(dataset.models)} methods {len(sound)} make new sequences that stay within the band of real ones by every "
        f"oracle and by their likelihood. Among these {best.name} has the highest median of the {reward_title(judge)}: "
        f"{two_decimals(reward_mean(best, judge))}, beside {' and '.join(others)}."
    )


def _truth(dataset: SequenceDataset) -> str | None:
    """Whether the true activity, where it is known, agrees with the held-out oracle."""
    judge, known = judge_of(dataset), [model for model in judged(dataset, TRUE) if not any(map(copies, model.runs))]
    if judge is None or not known:
        return None
    best = max(known, key=lambda model: reward_mean(model, TRUE))
    chosen = max(judged(dataset, judge), key=lambda model: reward_mean(model, judge), default=best)
    other = "so it is" if chosen is best else f"{chosen.name}, at {two_decimals(reward_mean(chosen, TRUE))}, is"
    return (
        f"By the true activity, which no oracle was told, {best.name} is highest of those that copy nothing, at "
        f"{two_decimals(reward_mean(best, TRUE))}, beside {two_decimals(real_mean(dataset, f'rewards.{TRUE}'))} of real "
        f"sequences; {other} by the {reward_title(judge)}."
    )


def _frontier(dataset: SequenceDataset) -> str | None:
    """Whether reward and divergence rise together as alpha falls."""
    judge = judge_of(dataset)
    if judge is None:
        return None
    found = []
    for model in (model for model in judged(dataset, judge) if _has_fixed_alpha(model)):
        alpha, distance = (model.average(of).mean for of in (lambda run: run.alpha, lambda run: divergence(run).value))
        if isfinite(alpha) and isfinite(distance):
            found.append((alpha, distance, reward_mean(model, judge)))
    if len({alpha for alpha, *_ in found}) < 2:
        return None
    alphas, distances, rewards = zip(*sorted(found, reverse=True), strict=True)
    return (
        f"From α {alphas[0]:.3g} to {alphas[-1]:.3g} the divergence goes from {number(distances[0])} to "
        f"{number(distances[-1])} nats{_rising(distances)}, and the median of the {reward_title(judge)} from "
        f"{two_decimals(rewards[0])} to {two_decimals(rewards[-1])}{_rising(rewards)}."
    )


def _has_fixed_alpha(model: SequenceModel) -> bool:
    """Whether it was fine-tuned to the end with one alpha."""
    stopped = any(run.alarm for run in model.runs)
    return model.first.kind == "finetuned" and model.first.settings.get("target") is None and not stopped


def _rising(values: Sequence[float]) -> str:
    return "" if all(a <= b for a, b in pairwise(values)) else ", not rising all the way"


def _words(dataset: SequenceDataset) -> str | None:
    """Whose words are as frequent as those of real sequences."""
    floor = real_mean(dataset, "kmer_pearson")
    if floor != floor:
        return None
    reached = [
        model.name
        for model in dataset.models
        if all(run.estimate("kmer_pearson").high >= run.estimate("kmer_pearson").floor for run in model.runs)
    ]
    who = f"{', '.join(reached)} reach{'es' * (len(reached) == 1)}" if reached else "no method reaches"
    return (
        f"Words of three letters are as frequent in some real sequences as in others with a correlation of "
        f"{three_decimals(floor)}; {who} this within the interval."
    )


def _calls(dataset: SequenceDataset) -> str | None:
    calls = {model.name: model.average(lambda run: run.nfe).mean for model in dataset.models}
    least, most = min(calls, key=calls.__getitem__), max(calls, key=calls.__getitem__)
    if not calls[most] > calls[least]:
        return None
    return f"A sequence takes {whole(calls[least])} network calls with {least}, {whole(calls[most])} with {most}."


def _chance(dataset: SequenceDataset) -> str | None:
    if all(len(model.runs) > 1 for model in dataset.models):
        return None
    return "Where a method was run with one seed, how much another seed would change its numbers is not known."
