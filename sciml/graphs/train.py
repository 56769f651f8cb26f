"""Train one generator on a prepared set of graphs."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from sciml.config.graph_models import GraphModelConfig
from sciml.graphs.conditions import SIZE, property_of
from sciml.graphs.data.graph_set import GraphSet
from sciml.graphs.gdss import blank_representation, build, objective, size_counts
from sciml.graphs.generator import GraphGenerator
from sciml.io.errors import InputError
from sciml.training.batches import hash_seed
from sciml.training.fit import FitReport, fit


@dataclass(frozen=True)
class TrainedGenerator:
    """A fitted generator, what its training took, and where its checkpoints and events lie."""

    generator: GraphGenerator
    report: FitReport
    parameters: int
    run: Path


def train_generator(
    config: GraphModelConfig,
    graphs: GraphSet,
    *,
    seed: int,
    run_directory: Path,
    fingerprint: str,
    time_limit: float | None = None,
    properties: Mapping[str, Tensor] | None = None,
) -> TrainedGenerator:
    """Fit codes, sizes and moments, then the network.

    Args:
        config: what to train and how.
        graphs: the training set.
        seed: of weights, shuffles and noise.
        run_directory: checkpoints and events lie in a folder of it named by the fingerprint.
        fingerprint: of configuration, data and seed.
        time_limit: wall seconds after which to save and stop.
        properties: numbers known of the graphs, by name, that `condition` may ask for.

    Raises:
        InputError: no graph has two nodes, there are fewer graphs than a batch, or no such property as is asked for, or
            one that never varies.
        Stopped, NonFiniteLoss: see `fit`.
    """
    torch.manual_seed(hash_seed(seed, 0))
    values = None if config.condition == "none" else property_of(config.condition, graphs, properties)
    generator = fitted(config, graphs, values)
    run = run_directory / fingerprint
    report = fit(
        objective(config, generator.denoiser),
        examples(generator, config, graphs, values),
        config.training,
        seed=seed,
        directory=run,
        fingerprint=fingerprint,
        time_limit=time_limit,
    )
    generator.to("cpu").precision = report.precision
    parameters = sum(parameter.numel() for parameter in generator.parameters())
    return TrainedGenerator(generator.eval(), report, parameters, run)


def fitted(config: GraphModelConfig, graphs: GraphSet, values: Tensor | None = None) -> GraphGenerator:
    """A generator that knows codes, sizes and moments of the data, its network untrained.

    Args:
        values: (graph,) of the property that `condition` names; None where it names none.

    Raises:
        InputError: no graph has two nodes, or a property other than the size never varies.
    """
    if (values is None) != (config.condition == "none"):
        raise ValueError(f"`values` must be given just where there is a `condition`, got {config.condition}")
    if int(graphs.sizes.max()) < 2:
        raise InputError("no training graph has two nodes: there are no pairs to learn")
    kinds = 4 if graphs.molecules else max(2, int(graphs.edges.max()) + 1)
    representation = blank_representation(config, graphs.atoms, kinds)
    representation.fit(graphs, standardise=config.codes == "standard")
    moments = representation.moments(graphs) if config.matched_prior else None
    generator = build(config, representation, size_counts(graphs.sizes, graphs.labels.shape[1]), moments)
    if values is not None:
        generator.property_scale.copy_(_scale(config.condition, values[torch.isfinite(values)]))
    return generator


def _scale(name: str, known: Tensor) -> Tensor:
    """Mean and deviation."""
    if name != SIZE and (not len(known) or known.min() == known.max()):
        raise InputError(f"`condition` {name} must have different values over the training set to be asked for one")
    deviation = known.std(correction=0)  # 0 of graphs of one size, which may be asked for
    return torch.stack([known.mean(), deviation if deviation > 0 else torch.full_like(deviation, 1e-6)])


def examples(
    generator: GraphGenerator, config: GraphModelConfig, graphs: GraphSet, values: Tensor | None = None
) -> tuple[Tensor, ...]:
    """What the loss is computed on, a row a graph: categories or codes, mask, and the property if one can be asked for."""
    if config.parameterisation == "categorical":
        rows: tuple[Tensor, ...] = (*generator.representation.categories(graphs), graphs.mask)
    else:
        state = generator.representation.encode(graphs)
        rows = (state.x, state.adj, state.mask)
    return rows if values is None else (*rows, generator.condition(values))
