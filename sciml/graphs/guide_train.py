"""Train a guide on a prepared set of graphs, noised as the generator's process does it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Generator, Tensor, nn

from sciml.config.graph_models import GraphGuideConfig
from sciml.graphs.conditions import COMPUTED, property_of
from sciml.graphs.data.graph_set import GraphSet
from sciml.graphs.generator import GraphGenerator
from sciml.graphs.guide import GraphGuide
from sciml.io.errors import InputError
from sciml.losses.graph import trimmed
from sciml.losses.times import focused_times
from sciml.nets.graph_predictor import GraphPredictor
from sciml.numerics.graph_state import GraphState, pair_mask
from sciml.training.batches import hash_seed
from sciml.training.fit import FitReport, fit


@dataclass(frozen=True)
class TrainedGuide:
    """A fitted guide, what its training took, and where its checkpoints and events lie."""

    guide: GraphGuide
    report: FitReport
    parameters: int
    run: Path


class GuideObjective(nn.Module):
    """The mean of -log p(y | x_t), less its least value, over graphs x_0 and x_t ~ q(x_t | x_0); called as
    objective(generator, nodes, pairs, mask, y), categories and standardised values.

    Args:
        guide: in training.
        focus: share of the times at the noise levels of `focused_times`, of the adjacency's process; others are uniform.
    """

    def __init__(self, guide: GraphGuide, focus: float = 0.0) -> None:
        super().__init__()
        self.guide, parts = guide, guide.process.parts
        self.times = focused_times(parts["adj"], max(part.t_min for part in parts.values()) or 1e-3, focus)

    def forward(self, generator: Generator, nodes: Tensor, pairs: Tensor, mask: Tensor, y: Tensor) -> Float[Tensor, ""]:
        guide = self.guide
        x, adj = guide.nodes.codes[nodes.long()], guide.pairs.codes[pairs.long(), 0]
        x_0 = trimmed(GraphState(x * mask[..., None], adj * pair_mask(mask), mask))
        t = self.times(len(mask), generator)
        return guide.surprise(guide.process.perturb(x_0, t, generator=generator), t, y).mean()


def train_guide(
    config: GraphGuideConfig,
    generator: GraphGenerator,
    graphs: GraphSet,
    *,
    seed: int,
    run_directory: Path,
    fingerprint: str,
    time_limit: float | None = None,
    properties: Mapping[str, Tensor] | None = None,
) -> TrainedGuide:
    """Fit the scale of the property, then the network; graphs of which the property is not known are left out.

    Args:
        config: what to train and how.
        generator: that is to be led; its network is not used.
        graphs: the training set, that of the generator.
        seed: of weights, shuffles and noise.
        run_directory: checkpoints and events lie in a folder of it named by the fingerprint.
        fingerprint: of configuration, data, model and seed.
        time_limit: wall seconds after which to save and stop.
        properties: numbers known of the graphs, by name.

    Raises:
        InputError: a generator with a `condition`, no such property, one value throughout, graphs that the generator does
            not make, or fewer than a batch.
        Stopped, NonFiniteLoss: see `fit`.
    """
    if generator.conditional:
        raise InputError(
            f"the model was trained with `condition` {generator.asks_for}, which leads it: guides are for models without"
        )
    torch.manual_seed(hash_seed(seed, 0))
    _refuse_others(generator, graphs)
    values = _values(config.property, graphs, properties)
    guide, known, run = fitted_guide(config, generator, values), torch.isfinite(values), run_directory / fingerprint
    kept = graphs.take(known)
    report = fit(
        GuideObjective(guide, config.focus),
        (*generator.representation.categories(kept), kept.mask, guide.standardised(values[known])),
        config.training,
        seed=seed,
        directory=run,
        fingerprint=fingerprint,
        time_limit=time_limit,
    )
    parameters = sum(parameter.numel() for parameter in guide.parameters())
    return TrainedGuide(guide.to("cpu").eval().requires_grad_(False), report, parameters, run)


def fitted_guide(config: GraphGuideConfig, generator: GraphGenerator, values: Tensor) -> GraphGuide:
    """A guide that knows mean and deviation of the property, its network untrained.

    Args:
        values: of the property, (graph,); those that are not finite are passed over.
    """
    guide = build_guide(config, generator)
    known = values[torch.isfinite(values)]
    if not len(known) or known.min() == known.max():
        raise InputError(f"`property` {config.property} must have different values over the training set to lead to one")
    guide.property_scale.copy_(torch.stack([known.mean(), known.std(correction=0)]))
    return guide


def build_guide(config: GraphGuideConfig, generator: GraphGenerator) -> GraphGuide:
    """A guide of a generator; the weights of its network come from torch's global generator."""
    representation, net = generator.representation, config.net
    kinds = len(representation.nodes.codes), len(representation.pairs.codes)
    predictor = GraphPredictor(*kinds, net.width, net.pair_width, net.layers, net.heads, net.dropout)
    return GraphGuide(predictor, representation, generator.process, config.property, config.tolerance)


def _values(name: str, graphs: GraphSet, properties: Mapping[str, Tensor] | None) -> Tensor:
    known = dict(properties or {})
    offered = tuple(dict.fromkeys((*known, *(COMPUTED if graphs.molecules else ()))))
    if name not in offered:
        raise InputError(f"`property` of a guide must be among {', '.join(offered) or 'none'} for these data, got {name}")
    return property_of(name, graphs, known)


def _refuse_others(generator: GraphGenerator, graphs: GraphSet) -> None:
    """Whether the generator could have been trained on such graphs."""
    representation = generator.representation
    if graphs.atoms != representation.atoms:
        made, given = (", ".join(atoms) or "none" for atoms in (representation.atoms, graphs.atoms))
        raise InputError(
            f"the model makes graphs with elements {made}, the data have {given}: give it the data of its training"
        )
    kinds, most = len(representation.pairs.codes), len(generator.sizes) - 1
    if int(graphs.edges.max()) >= kinds or int(graphs.sizes.max()) > most:
        raise InputError(
            f"the model makes graphs of up to {most} nodes and {kinds - 1} kinds of edges, the data have up to "
            f"{int(graphs.sizes.max())} and {int(graphs.edges.max())}: give it the data of its training"
        )
