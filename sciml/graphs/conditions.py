"""What a generation may ask for: a property of the graph, told to the network with whether it is told.

It is `size`, a number known of each graph of the prepared data, or of molecules `logp` or `qed`; a known number goes before
a computed one of the same name.

A condition is a pair of numbers: the property less its mean over the training set, over its deviation, and 1; or 0 and 0
where nothing is asked for. In training a share of the graphs is not told, which classifier-free guidance needs.

Reference: Ho and Salimans (2022), arXiv 2207.12598, algorithm 1.
"""

from collections.abc import Iterable, Mapping

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from sciml.graphs.correction import decoded
from sciml.graphs.data.graph_set import GraphSet
from sciml.graphs.metrics.properties import properties
from sciml.graphs.molecules import to_molecules
from sciml.io.errors import InputError

SIZE = "size"
COMPUTED = ("logp", "qed")
CONDITION = "condition"


def property_of(
    name: str,
    graphs: GraphSet,
    known: Mapping[str, Float64[Tensor, " graph"]] | None = None,
    *,
    field: str = CONDITION,
) -> Float[Tensor, " graph"]:
    """The values of a property; NaN for a molecule of which it cannot be computed, even when corrected.

    Args:
        name: `size`, the number of nodes, whatever is known; a key of `known`; of molecules also `logp` and `qed`.
        graphs: of which it is asked.
        known: numbers stored with them, by name.
        field: setting that names the property, for the error.

    Raises:
        InputError: there is no such property.
    """
    known = known or {}
    check_property(name, graphs, known, field=field)
    if name == SIZE:
        return graphs.sizes.float()
    if name in known:
        return known[name].float()
    found = [decoded(molecule) for molecule in to_molecules(graphs)]
    computed = properties([molecule for molecule in found if molecule is not None], [name])[name]
    values = torch.full((len(found),), torch.nan)
    values[torch.tensor([molecule is not None for molecule in found])] = computed.float()
    return values


def check_property(name: str, graphs: GraphSet, known: Iterable[str] = (), *, field: str = CONDITION) -> None:
    """Refuse a property that such graphs do not have.

    Args:
        name: of the property.
        graphs: of which it is asked.
        known: names of the numbers stored with them.
        field: setting that names the property; `condition` may also be none.

    Raises:
        InputError: there is no such property.
    """
    offered = dict.fromkeys((SIZE, *known, *(COMPUTED if graphs.molecules else ())))
    if name not in offered:
        allowed = ", ".join((*(("none",) if field == CONDITION else ()), *offered))
        raise InputError(f"`{field}` must be among {allowed} for these data, got {name}")


def told(values: Float[Tensor, " graph"], mean: Tensor, deviation: Tensor) -> Float[Tensor, "graph 2"]:
    """The condition of graphs with these values; a value that is NaN is not told."""
    known = torch.isfinite(values)
    scaled = torch.where(known, (values - mean) / deviation, torch.zeros_like(values))
    return torch.stack([scaled, known.to(scaled)], 1)
