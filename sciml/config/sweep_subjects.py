"""What of an experiment a row of a sweep is about: one model, and what that is made from."""

import copy
from typing import Any, get_args

from sciml.config.graph_settings import GraphExperimentConfig
from sciml.config.sequence_settings import PRETRAINED, SequenceExperimentConfig
from sciml.config.settings import ExperimentConfig
from sciml.config.sweep_columns import COLLECTIONS

Experiment = ExperimentConfig | GraphExperimentConfig | SequenceExperimentConfig

LEFT_OUT = ("comparison", "compared")  # tables of solvers belong to the experiment itself


def subjects(experiment: Experiment) -> dict[str, str]:
    """Everything of an experiment that is scored, by name, with where its settings are."""
    found = {PRETRAINED: "model"} if isinstance(experiment, SequenceExperimentConfig) else {}
    for collection in COLLECTIONS:
        if collection in type(experiment).model_fields:
            found |= {name: f"{collection}.{name}" for name in getattr(experiment, collection)}
    return found


def subject_type(experiment: Experiment, name: str) -> tuple[Any, Any]:
    """The class of a subject's settings, and the settings."""
    collection, _, entry = subjects(experiment)[name].partition(".")
    annotation, value = type(experiment).model_fields[collection].annotation, getattr(experiment, collection)
    return (get_args(annotation)[1], value[entry]) if entry else (annotation, value)


def alone(values: dict[str, Any], name: str) -> dict[str, Any]:
    """An experiment, as plain values, with one model and what that is learned from or leads; solvers are not compared."""
    kept = {name, *_origins(values, name)}
    found = {key: copy.deepcopy(value) for key, value in values.items() if key not in LEFT_OUT}
    for collection in COLLECTIONS:
        if entries := found.get(collection):
            chosen = {key: entry for key, entry in entries.items() if key in kept}
            found[collection] = entries if collection == "models" and not chosen else chosen
    return found


def _origins(values: dict[str, Any], name: str) -> list[str]:
    links = (("students", "teacher"), ("guides", "model"))
    entries = [(values.get(group, {}).get(name), link) for group, link in links]
    return [str(entry.get(link)) for entry, link in entries if isinstance(entry, dict)]
