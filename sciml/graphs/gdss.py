"""GDSS and its heir, assembled from a configuration; no mathematics here.

    score_networks + score + VP or VE: the system of SDEs as published
    graph_transformer + categorical or x0, eps, v: one network for both parts, told the time

Reference: Jo, Lee and Hwang (2022), arXiv 2202.02514.
"""

from copy import deepcopy

import torch
from torch import Tensor, nn

from sciml.config.graph_models import GraphModelConfig, GraphProcessConfig, GraphTransformerConfig, ScoreNetworksConfig
from sciml.denoisers.denoiser import Denoiser
from sciml.denoisers.graph import CategoricalGraphDenoiser, GraphNetworkDenoiser, GraphScoreDenoiser
from sciml.graphs.generator import GraphGenerator
from sciml.graphs.representation import GraphRepresentation
from sciml.losses.graph import GraphCategoricalObjective, GraphDenoisingObjective, GraphScoreObjective
from sciml.nets.gdss import ScoreNetworkA, ScoreNetworkX, ScoreNetworkXGMH
from sciml.nets.graph_transformer import GraphTransformer
from sciml.processes.catalog import PROCESSES
from sciml.processes.gaussian import GaussianProcess
from sciml.processes.graph import GraphMoments, GraphProcess
from sciml.processes.parameterisation import Parameterisation

CONDITION_INPUTS = 2  # the property, and whether it is told


def build(
    config: GraphModelConfig, representation: GraphRepresentation, sizes: Tensor, moments: GraphMoments | None = None
) -> GraphGenerator:
    """A generator; the weights of its network come from torch's global generator.

    Args:
        config: what it is made of.
        representation: codes of categories, fitted: the denoiser takes a copy of them.
        sizes: number of training graphs with 0, 1, 2, ... nodes.
        moments: of the data's codes, for a prior that has them.
    """
    process = GraphProcess(_process(config.x), _process(config.adj), moments)
    return GraphGenerator(representation, _denoiser(config, representation, process), sizes, config.condition)


def blank_representation(config: GraphModelConfig, atoms: tuple[str, ...], pair_categories: int) -> GraphRepresentation:
    """One that has seen no data: plain codes, equal shares."""
    return GraphRepresentation(atoms, len(atoms) or config.degrees, pair_categories)


def objective(config: GraphModelConfig, denoiser: Denoiser) -> nn.Module:
    """The loss that trains a denoiser."""
    untold = 0.0 if config.condition == "none" else config.condition_dropout
    match denoiser:
        case CategoricalGraphDenoiser():
            return GraphCategoricalObjective(denoiser, config.pair_weight, config.focus, untold)
        case GraphNetworkDenoiser():
            return GraphDenoisingObjective(denoiser, config.pair_weight, config.focus, untold)
        case GraphScoreDenoiser():
            return GraphScoreObjective(denoiser)
    raise TypeError(f"`denoiser` must be one of graphs, got {type(denoiser).__name__}")


def _process(config: GraphProcessConfig) -> GaussianProcess:
    bounds = () if config.low is None else (config.low, config.high)
    return PROCESSES[config.kind](*bounds)


def _denoiser(config: GraphModelConfig, representation: GraphRepresentation, process: GraphProcess) -> Denoiser:
    features, pairs = representation.nodes.codes.shape[1], len(representation.pairs.codes)
    if isinstance(config.net, ScoreNetworksConfig):
        return GraphScoreDenoiser(*score_networks(config.net, features), process)
    conditions = 0 if config.condition == "none" else CONDITION_INPUTS
    if config.parameterisation == "categorical":
        kinds = len(representation.nodes.codes)
        net = _transformer(config.net, (features + kinds, 1 + pairs), (kinds, pairs), conditions)
        return CategoricalGraphDenoiser(net, process, deepcopy(representation.nodes), deepcopy(representation.pairs))
    net = _transformer(config.net, (features, 1), (features, 1), conditions)
    return GraphNetworkDenoiser(net, process, Parameterisation(config.parameterisation))


def _transformer(
    net: GraphTransformerConfig, inputs: tuple[int, int], outputs: tuple[int, int], conditions: int
) -> GraphTransformer:
    return GraphTransformer(*inputs, *outputs, net.width, net.pair_width, net.layers, net.heads, conditions, net.dropout)


def score_networks(config: ScoreNetworksConfig, features: int) -> tuple[nn.Module, ScoreNetworkA]:
    """The network of the nodes, and that of the adjacency."""
    rest = (config.hidden, config.attention, config.channels, config.linears, config.heads)
    adj = ScoreNetworkA(features, config.layers, *rest)
    if config.x == "gmh":
        return ScoreNetworkXGMH(features, config.depth, *rest), adj
    return ScoreNetworkX(features, config.depth, config.hidden), adj


def size_counts(sizes: Tensor, nodes: int) -> Tensor:
    """Number of graphs with 0, 1, ..., `nodes` nodes."""
    return torch.bincount(sizes.long(), minlength=nodes + 1)
