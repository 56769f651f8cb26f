"""From a configuration to generated graphs."""

import time
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from sciml.config.graph_settings import GraphSamplingConfig
from sciml.denoisers.denoiser import Denoiser
from sciml.graphs.conditions import SIZE
from sciml.graphs.generator import Generated, GraphGenerator, GraphSampler
from sciml.graphs.guide import GraphGuide
from sciml.graphs.guide_sizes import led_sizes
from sciml.graphs.scaffold import read_scaffold
from sciml.guidance.classifier import ClassifierGuided
from sciml.guidance.classifier_free import ClassifierFree
from sciml.io.errors import InputError
from sciml.processes.gaussian import GaussianProcess
from sciml.solvers.configured import configured, solver_label
from sciml.training.batches import hash_seed
from sciml.training.processes import current
from sciml.training.shares import shared_calls


@dataclass(frozen=True)
class Sampled:
    """Generated graphs, and how they were made.

    Args:
        generated: the graphs.
        seconds_per_graph: of the processor.
        value: that they were led to; None if to none.
        property: that it is a value of.
    """

    generated: Generated
    seconds_per_graph: float
    value: float | None = None
    property: str | None = None


def sample_graphs(
    generator: GraphGenerator,
    config: GraphSamplingConfig,
    guide: GraphGuide | None = None,
    *,
    seed: int,
    origin: str = "the model",
) -> Sampled:
    """New graphs, on the GPU if there is one. Several processes share the work of the network; each returns all graphs.

    Args:
        generator: trained.
        config: how many, and how.
        guide: made for it, to lead it to the `value` of the configuration.
        seed: of the noise.
        origin: what to call the model in an error.

    Raises:
        InputError: a property is asked for that neither model nor guide knows, or that both would lead to, a guide with
            nothing to lead to, a size that training never had, or a scaffold that the model cannot make.
    """
    _check(generator, config, guide, origin)
    config = _as_distilled(generator, config)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    generator.to(device)
    source = Generator(device).manual_seed(hash_seed(seed, 6))
    atoms = generator.representation.atoms
    began = time.process_time()
    with shared_calls(generator), torch.autocast(device.type, torch.bfloat16, enabled=generator.precision == "bf16"):
        denoiser, sizes = _led(generator, config, guide, source, origin)
        generated = generator.sample(
            config.count,
            sampler(generator, config, guide),
            generator=source,
            batch=config.batch,
            denoiser=denoiser,
            cond=_condition(generator, config),
            substructure=read_scaffold(config.scaffold, atoms, sizes) if config.scaffold else None,
            sizes=sizes,
        )
    seconds = current().total(time.process_time() - began) / config.count
    return Sampled(generated, seconds, config.value, None if config.value is None else _asked(generator, guide))


def _as_distilled(generator: GraphGenerator, config: GraphSamplingConfig) -> GraphSamplingConfig:
    """With the solver that a student was made for, unless one is named."""
    if generator.student is None or "solver" in config.model_fields_set:
        return config
    return config.model_copy(update={"solver": generator.student, "denoise": False})


def _check(generator: GraphGenerator, config: GraphSamplingConfig, guide: GraphGuide | None, origin: str) -> None:
    """Whether what is asked for goes with what there is."""
    if guide is None and not generator.conditional and config.value is not None:
        raise InputError(
            f"{origin}: was not trained with a `condition`, so no `value` can be asked for but with a guide made by "
            f"`sciml guide` and given as `--guide`; got {config.value}"
        )
    if guide is not None and generator.conditional:
        raise InputError(
            f"{origin}: was trained with `condition` {generator.asks_for}, which leads it: `--guide` is for models without"
        )
    if guide is not None and config.value is None:
        raise InputError(f"`--guide` needs a `value` of {guide.asks_for} to lead to: `evaluation.sampling.value` is missing")


def _led(
    generator: GraphGenerator, config: GraphSamplingConfig, guide: GraphGuide | None, source: Generator, origin: str
) -> tuple[Denoiser, Tensor]:
    """The denoiser that is led to what is asked for, and weights of sizes."""
    if guide is not None and config.value is not None:
        log_probability = guide.to(source.device).led_to(config.value)
        sizes = led_sizes(generator, log_probability, config.guidance, generator=source)
        return ClassifierGuided(generator.denoiser, log_probability, config.guidance), sizes
    free = generator.conditional and config.guidance != 1
    denoiser = ClassifierFree(generator.denoiser, config.guidance, null=None) if free else generator.denoiser
    return denoiser, _sizes(generator, config.value, origin)


def _condition(generator: GraphGenerator, config: GraphSamplingConfig) -> Tensor | None:
    if not generator.conditional:
        return None
    return generator.condition(torch.full((config.count,), torch.nan if config.value is None else config.value))


def sampler(generator: GraphGenerator, config: GraphSamplingConfig, guide: GraphGuide | None = None) -> GraphSampler:
    """Solver and grid; the adjacency's process leads, and no part goes nearer to the data than it can."""
    solver, grid = configured(config.solver, leading(generator), t_end=time_of_end(generator))
    return GraphSampler(solver, grid, config.denoise, solver_label(config.solver) + _goal(generator, config, guide))


def leading(generator: GraphGenerator) -> GaussianProcess:
    """The process whose times solvers walk."""
    return generator.process.parts["adj"]


def time_of_end(generator: GraphGenerator) -> float:
    """The last of them, to which both processes can go."""
    return max(part.t_min for part in generator.process.parts.values())


def _goal(generator: GraphGenerator, config: GraphSamplingConfig, guide: GraphGuide | None) -> str:
    """What a table says of where samples are led to, and by what."""
    if config.value is None:
        return ""
    name, by = _asked(generator, guide), "" if guide is None else " by a guide"
    weight = f", weight {config.guidance:g}" if guide is not None or config.guidance != 1 else ""
    return f", to {name} {config.value:.3g}{by}{weight}"


def _asked(generator: GraphGenerator, guide: GraphGuide | None) -> str:
    """The property that a value is asked for of."""
    return generator.asks_for if guide is None else guide.asks_for


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
