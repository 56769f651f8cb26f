"""How good generated graphs are, with intervals, floors, counts and warnings."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from sciml.graphs.concatenation import concatenated
from sciml.graphs.data.graph_set import GraphSet
from sciml.graphs.descriptors.clustering import clustering_histogram
from sciml.graphs.descriptors.degree import degree_histogram
from sciml.graphs.descriptors.orbits import orbit_counts
from sciml.graphs.descriptors.spectrum import spectrum_histogram
from sciml.graphs.isolated import without_isolated
from sciml.graphs.metrics.isomorphism import isomorphism_classes
from sciml.graphs.metrics.shares import share
from sciml.graphs.metrics.validity import VALIDITY, is_connected
from sciml.metrics.gram import DenseGram
from sciml.metrics.kernels import gaussian, gaussian_emd
from sciml.metrics.mmd import interval, mean_interval, mmd_biased, mmd_deviations, mmd_of_subsets, mmd_unbiased, resamples

PUBLISHED_MEAN = ("degree", "clustering", "orbit")
LEAST_FLOOR = 0.5  # share of valid reference graphs below which a law is not that of the data


@dataclass(frozen=True)
class Descriptor:
    """Numbers of each graph and the kernel that compares them.

    Args:
        of: rows of numbers, one a graph.
        kernel: its matrix between two sets of rows.
    """

    of: Callable[[GraphSet], Tensor]
    kernel: Callable[[Tensor, Tensor], Tensor]


DESCRIPTORS = {
    "degree": Descriptor(degree_histogram, gaussian_emd),
    "clustering": Descriptor(clustering_histogram, lambda x, y: gaussian_emd(x, y, sigma=0.1, spacing=0.01)),
    "orbit": Descriptor(orbit_counts, lambda x, y: gaussian(x, y, sigma=30.0)),
    "spectrum": Descriptor(spectrum_histogram, gaussian_emd),
}


def score_graphs(
    generated: GraphSet,
    reference: GraphSet,
    train: GraphSet,
    *,
    seed: int,
    kind: str | None = None,
    drop_isolated: bool = False,
    most: int = 2048,
    draws: int = 1000,
) -> dict[str, Any]:
    """All scores of generic graphs as plain numbers; a share's interval is Wilson's, all others are bootstrapped, at 95%.

    `mmd` holds, for degree, clustering, orbit, spectrum and the mean of the first three, the unbiased squared MMD of
    generated against reference with its interval, the biased one, the floor (unbiased, training against reference) with its
    interval, and the published protocol: mean and deviation of the biased one over 200 random subsets of the reference's
    size, and the same mean of training graphs as its floor. `shares` are of the graphs as generated.

    Args:
        generated: at least 2 graphs, better 1024.
        reference: test graphs, at least 2.
        train: training graphs, at least 2.
        seed: of the bootstrap, the subsets and the choice of `most`.
        kind: name in `VALIDITY` of the law to check, for `valid` and `vun` (valid, unique and novel); None: neither.
        drop_isolated: leave out nodes without edges of generated graphs in `mmd`, as the published protocol does.
        most: graphs of each set at most, chosen at random if there are more.
        draws: bootstrap samples.

    Raises:
        ValueError: an unknown kind, or a set of fewer than 2 graphs.
    """
    if kind is not None and kind not in VALIDITY:
        raise ValueError(f"`kind` must be among {', '.join(VALIDITY)}, got {kind}")
    named = {"generated": generated, "reference": reference, "train": train}
    for name, graphs in named.items():
        if len(graphs) < 2:
            raise ValueError(f"`{name}` must have at least 2 graphs, got {len(graphs)}")
    generator = np.random.default_rng(seed)
    fewer = {name: _some(graphs, most, generator) for name, graphs in named.items()}
    isolated = float(((generated.edges == 0).all(2) & generated.mask).any(1).double().mean())
    shares, warnings = _shares(fewer, train, kind)
    if drop_isolated:
        fewer["generated"] = without_isolated(fewer["generated"])
    if isolated > 0:
        fate = ", dropped" if drop_isolated else ""
        warnings.append(f"{isolated:.1%} of the generated graphs have nodes without edges{fate}")
    return {
        "counts": {name: len(graphs) for name, graphs in fewer.items()},
        "mmd": _discrepancies(fewer, seed=seed, draws=draws),
        "shares": shares,
        "warnings": warnings,
    }


def _discrepancies(named: dict[str, GraphSet], *, seed: int, draws: int) -> dict[str, Any]:
    whole = concatenated(*named.values())
    lengths = [len(graphs) for graphs in named.values()]
    weights = resamples(lengths[0], lengths[1], draws=draws, seed=seed)
    floor_weights = resamples(lengths[2], lengths[1], draws=draws, seed=seed + 1)
    result: dict[str, Any] = {}
    errors, floor_errors = [], []
    for name, descriptor in DESCRIPTORS.items():
        generated, reference, train = descriptor.of(whole).split(lengths)
        yy = descriptor.kernel(reference, reference)
        gram, floor = (DenseGram(descriptor.kernel(x, x), yy, descriptor.kernel(x, reference)) for x in (generated, train))
        deviations, floor_deviations = mmd_deviations(gram, weights), mmd_deviations(floor, floor_weights)
        size = min(lengths[0], lengths[1])
        mean, deviation = mmd_of_subsets(gram, size=size, seed=seed)
        of_train, _ = mmd_of_subsets(floor, size=min(lengths[2], lengths[1]), seed=seed)
        value, least = mmd_unbiased(gram), mmd_unbiased(floor)
        result[name] = {
            "value": value,
            "interval": list(interval(value, deviations)),
            "biased": mmd_biased(gram),
            "floor": least,
            "floor_interval": list(interval(least, floor_deviations)),
            "published_protocol": {"mean": mean, "deviation": deviation, "size": size, "floor": of_train},
        }
        if name in PUBLISHED_MEAN:
            errors.append(deviations)
            floor_errors.append(floor_deviations)
    return result | {"mean": _mean([result[name] for name in PUBLISHED_MEAN], errors, floor_errors)}


def _mean(parts: list[dict[str, Any]], errors: list[Tensor], floor_errors: list[Tensor]) -> dict[str, Any]:
    value, bounds = mean_interval([part["value"] for part in parts], errors)
    floor, floor_bounds = mean_interval([part["floor"] for part in parts], floor_errors)
    return {
        "of": list(PUBLISHED_MEAN),
        "value": value,
        "interval": list(bounds),
        "biased": sum(part["biased"] for part in parts) / len(parts),
        "floor": floor,
        "floor_interval": list(floor_bounds),
        "published_protocol": {
            key: sum(part["published_protocol"][key] for part in parts) / len(parts) for key in ("mean", "floor")
        },
    }


def _shares(named: dict[str, GraphSet], train: GraphSet, kind: str | None) -> tuple[dict[str, Any], list[str]]:
    generated, reference = named["generated"], named["reference"]
    classes = isomorphism_classes(concatenated(generated, reference, train))
    own, test, known = np.split(classes, [len(generated), len(generated) + len(reference)])
    first = np.zeros(len(own), dtype=bool)
    first[np.unique(own, return_index=True)[1]] = True
    novel = ~np.isin(own, known)
    graphs = generated.to_networkx()
    shares = {
        "connected": share(np.array([is_connected(graph) for graph in graphs])),
        "unique": share(first),
        "novel": share(novel),
        "reference_in_train": share(np.isin(test, known)),
    }
    if kind is not None:
        valid = np.array([VALIDITY[kind](graph) for graph in graphs])
        shares |= {"valid": share(valid), "vun": share(valid & first & novel)}
        shares["valid"]["floor"] = float(np.mean([VALIDITY[kind](graph) for graph in reference.to_networkx()]))
    copies = int(np.isin(test, known).sum())
    texts = []
    if copies:
        texts.append(f"{copies} of {len(test)} reference graphs are isomorphic to training graphs: scores reward memory")
    if kind is not None and (floor := shares["valid"]["floor"]) < LEAST_FLOOR:
        texts.append(
            f"{floor:.1%} of the reference graphs are valid by `law` {kind}, which is not theirs: `valid` says little"
        )
    return shares, texts


def _some(graphs: GraphSet, most: int, generator: np.random.Generator) -> GraphSet:
    if len(graphs) <= most:
        return graphs
    return graphs.take(torch.from_numpy(np.sort(generator.permutation(len(graphs))[:most])))
