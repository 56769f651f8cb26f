"""What a generation may ask for: a property of the graph, told to the network with whether it is told.

A condition is a pair of numbers: the property less its mean over the training set, over its deviation, and 1; or 0 and 0
where nothing is asked for. In training a share of the graphs is not told, which classifier-free guidance needs.

Reference: Ho and Salimans (2022), arXiv 2207.12598, algorithm 1.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from sciml.graphs.correction import decoded
from sciml.graphs.data.graph_set import GraphSet
from sciml.graphs.metrics.properties import properties
from sciml.graphs.molecules import to_molecules
from sciml.io.errors import InputError


def property_of(name: str, graphs: GraphSet) -> Float[Tensor, " graph"]:
    """The values of a property: `size`, the number of nodes; of molecules also `logp` and `qed`.

    NaN for a molecule that has none, even when corrected.

    Raises:
        InputError: a property of molecules is asked of other graphs.
    """
    if name == "size":
        return graphs.sizes.float()
    if not graphs.molecules:
        raise InputError(f"`condition` {name} is a property of molecules; these graphs have size only")
    found = [decoded(molecule) for molecule in to_molecules(graphs)]
    known = properties([molecule for molecule in found if molecule is not None], [name])[name]
    values = torch.full((len(found),), torch.nan)
    values[torch.tensor([molecule is not None for molecule in found])] = known.float()
    return values


def told(values: Float[Tensor, " graph"], mean: Tensor, deviation: Tensor) -> Float[Tensor, "graph 2"]:
    """The condition of graphs with these values; a value that is NaN is not told."""
    known = torch.isfinite(values)
    scaled = torch.where(known, (values - mean) / deviation, torch.zeros_like(values))
    return torch.stack([scaled, known.to(scaled)], 1)
