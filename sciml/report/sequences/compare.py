"""What methods are compared by: held-out rewards, averaged over seeds, beside those of real sequences."""

from collections.abc import Iterable
from math import nan

from sciml.report.grouping import average
from sciml.report.sequences.runs import SequenceDataset, SequenceModel, SequenceRun, rewards_of
from sciml.report.sequences.scores import HELD_OUT

UNIQUE = 0.99  # share of sequences, below which some are made again and again


def known_mean(values: Iterable[float]) -> float:
    """The mean of those numbers that are there; nan if none is."""
    found = [value for value in values if value == value]
    return average(found).mean if found else nan


def judge_of(dataset: SequenceDataset) -> str | None:
    """The held-out reward that methods are compared by; None if there is none."""
    return next((name for name in HELD_OUT if name in rewards_of(dataset)), None)


def reward_mean(model: SequenceModel, reward: str) -> float:
    """Mean over seeds of the medians; nan where a seed has none."""
    return model.average(lambda run: run.reward(reward).value).mean


def judged(dataset: SequenceDataset, reward: str) -> list[SequenceModel]:
    """The methods that have a reward in all seeds."""
    return [model for model in dataset.models if reward_mean(model, reward) == reward_mean(model, reward)]


def real_mean(dataset: SequenceDataset, score: str) -> float:
    """What real sequences score in the place of generated ones, averaged over runs."""
    return known_mean(run.estimate(score).floor for run in dataset.runs)


def repeats(run: SequenceRun) -> bool:
    """Whether sequences were made more than once, of more than there are few."""
    return not run.facts.exhaustive and run.estimate("unique").value < UNIQUE


def copies(run: SequenceRun) -> bool:
    """Whether more of its sequences are training sequences than of real ones, of more than there are few."""
    return not run.facts.exhaustive and run.estimate("novel").high < run.estimate("novel").floor_low


def is_sound(model: SequenceModel) -> bool:
    """Whether all seeds make new sequences that stay in the band of real ones."""
    return all(run.sound and not repeats(run) and not copies(run) for run in model.runs)


def band_width(run: SequenceRun, reward: str) -> float:
    """Of the band in which the rewards of real sequences lie; nan if not known."""
    verdict = run.score.verdicts.get(reward)
    return nan if verdict is None else verdict.high - verdict.low
