"""From a configuration to generated graphs."""

import time
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from sciml.config.graph_settings import GraphSamplingConfig
from sciml.graphs.conditions import SIZE
from sciml.graphs.generator import Generated, GraphGenerator, GraphSampler
from sciml.graphs.scaffold import read_scaffold
from sciml.guidance.classifier_free import ClassifierFree
from sciml.io.errors import InputError
from sciml.solvers.configured import configured, solver_label
from sciml.training.batches import hash_seed


@dataclass(frozen=True)
class Sampled:
    """Generated graphs, and processor seconds for each."""

    generated: Generated
    seconds_per_graph: float


def sample_graphs(
    generator: GraphGenerator, config: GraphSamplingConfig, *, seed: int, origin: str = "the model"
) -> Sampled:
    """New graphs, on the GPU if there is one.

    Args:
        generator: trained.
        config: how many, and how.
        seed: of the noise.
        origin: what to call the model in an error.

    Raises:
        InputError: a property is asked for that the model was not trained with, a size that training never had, or a
            scaffold that it cannot make.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    generator.to(device)
    source = Generator(device).manual_seed(hash_seed(seed, 6))
    atoms = generator.representation.atoms
    sizes = _sizes(generator, config.value, origin)
    substructure = read_scaffold(config.scaffold, atoms, sizes) if config.scaffold else None
    began = time.process_time()
    denoiser, cond = generator.denoiser, None
    if generator.conditional:
        wanted = torch.full((config.count,), torch.nan if config.value is None else config.value)
        cond = generator.condition(wanted)
        if config.guidance != 1:
            denoiser = ClassifierFree(denoiser, config.guidance, null=None)
    elif config.value is not None:
        raise InputError(f"{origin}: was not trained with a `condition`, so no `value` can be asked for; got {config.value}")
    with torch.autocast(device.type, dtype=torch.bfloat16, enabled=generator.precision == "bf16"):
        generated = generator.sample(
            config.count,
            sampler(generator, config),
            generator=source,
            batch=config.batch,
            denoiser=denoiser,
            cond=cond,
            substructure=substructure,
            sizes=sizes,
        )
    return Sampled(generated, (time.process_time() - began) / config.count)


def sampler(generator: GraphGenerator, config: GraphSamplingConfig) -> GraphSampler:
    """Solver and grid; the adjacency's process leads, and no part goes nearer to the data than it can."""
    parts = generator.process.parts
    solver, grid = configured(config.solver, parts["adj"], t_end=max(part.t_min for part in parts.values()))
    return GraphSampler(solver, grid, config.denoise, solver_label(config.solver))


def _sizes(generator: GraphGenerator, value: float | None, origin: str) -> Tensor:
    """Numbers of graphs with 0, 1, 2, ... nodes to draw sizes from: all are of one where a size is asked for."""
    counts = generator.sizes
    if generator.asks_for != SIZE or value is None:
        return counts
    asked = torch.where(torch.arange(len(counts), device=counts.device) == value, counts, 0)
    if not asked.any():
        raise InputError(f"{origin}: `value` must be a size seen in training, {_listed(counts)}, got {value:g}")
    return asked


def _listed(counts: Tensor) -> str:
    """Sizes that there are, neighbours as a range."""
    seen = counts.nonzero().flatten().tolist()
    firsts = [size for size in seen if size - 1 not in seen]
    lasts = [size for size in seen if size + 1 not in seen]
    return ", ".join(f"{a}" if a == b else f"{a} to {b}" for a, b in zip(firsts, lasts, strict=True))
