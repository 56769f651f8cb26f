"""From a configuration to generated graphs."""

import time
from dataclasses import dataclass

import torch
from torch import Generator

from sciml.config.graph_settings import GraphSamplingConfig
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
        InputError: a property is asked for that the model was not trained with, or a scaffold that it cannot make.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    generator.to(device)
    source = Generator(device).manual_seed(hash_seed(seed, 6))
    atoms = generator.representation.atoms
    substructure = read_scaffold(config.scaffold, atoms, generator.sizes) if config.scaffold else None
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
        )
    return Sampled(generated, (time.process_time() - began) / config.count)


def sampler(generator: GraphGenerator, config: GraphSamplingConfig) -> GraphSampler:
    """Solver and grid; the adjacency's process leads."""
    solver, grid = configured(config.solver, generator.process.parts["adj"])
    return GraphSampler(solver, grid, config.denoise, solver_label(config.solver))
