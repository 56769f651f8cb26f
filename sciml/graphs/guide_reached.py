"""How near generated graphs come to the value of a property that was asked for."""

from collections.abc import Mapping
from typing import Any

import torch

from sciml.config.graph_settings import GraphEvaluationConfig
from sciml.graphs.conditions import property_of
from sciml.graphs.data.graph_set import GraphSet
from sciml.io.errors import InputError


def asked_of(made: Mapping[str, Any], config: GraphEvaluationConfig, origin: str) -> float | None:
    """The value that samples were led to, None if to none.

    Args:
        made: how they were made; without `value` they were led to none.
        config: may say the same of `sampling.value` and `property`, and nothing else.
        origin: what to call the samples in an error.

    Raises:
        InputError: the configuration names another value or property.
    """
    value, name = made.get("value"), made.get("property")
    led = "to no value" if value is None else f"to {name} {value:g}"
    if config.sampling.value not in (None, value):
        raise InputError(f"{origin}: was led {led}, `evaluation.sampling.value` says {config.sampling.value:g}")
    if value is not None and config.property not in (None, name):
        raise InputError(f"{origin}: was led {led}, `evaluation.property` says {config.property}")
    return None if value is None else float(value)


def reached(name: str | None, asked: float | None, graphs: GraphSet, test: GraphSet) -> dict[str, Any] | None:
    """Mean and deviation of a property, beside those of real graphs, and the mean distance from what was asked for.

    Args:
        name: of the property.
        asked: value of it that was asked for, if any was.
        graphs: generated.
        test: real ones.

    Returns:
        plain values; None where no property is named.

    Raises:
        InputError: graphs that are no molecules have no such property.
    """
    if name is None:
        return None
    values, real = (_known(name, one) for one in (graphs, test))
    return {
        "property": name,
        "asked": asked,
        "count": len(values),
        "mean": values.mean().item(),
        "deviation": values.std(correction=0).item(),
        "mean_absolute_error": None if asked is None else (values - asked).abs().mean().item(),
        "test_mean": real.mean().item(),
        "test_deviation": real.std(correction=0).item(),
    }


def _known(name: str, graphs: GraphSet) -> torch.Tensor:
    """Of the graphs of which it can be told."""
    values = property_of(name, graphs, field="evaluation.property")
    return values[torch.isfinite(values)]
