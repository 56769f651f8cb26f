"""How near generated graphs come to the value of a property that was asked for."""

from typing import Any

import torch

from sciml.config.graph_settings import GraphEvaluationConfig
from sciml.graphs.conditions import property_of
from sciml.graphs.data.graph_set import GraphSet


def reached(config: GraphEvaluationConfig, graphs: GraphSet, test: GraphSet) -> dict[str, Any] | None:
    """Mean and deviation of a property, beside those of real graphs, and the mean distance from what was asked for.

    Args:
        config: says which property, and in `sampling.value` what was asked for, if anything was.
        graphs: generated.
        test: real ones.

    Returns:
        plain values; None where the configuration names no property.

    Raises:
        InputError: graphs that are no molecules have no such property.
    """
    if config.property is None:
        return None
    values, real = (_known(config.property, one) for one in (graphs, test))
    asked = config.sampling.value
    return {
        "property": config.property,
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
    values = property_of(name, graphs)
    return values[torch.isfinite(values)]
