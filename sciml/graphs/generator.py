"""A trained generator of graphs: how they are represented, how large they are, and the denoiser."""

from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import torch
from torch import Generator, Tensor, nn

from sciml.config.solvers import SolverConfig
from sciml.denoisers.denoiser import Denoiser
from sciml.denoisers.halving import Halving
from sciml.graphs.concatenation import concatenated
from sciml.graphs.conditions import told
from sciml.graphs.data.graph_set import GraphSet
from sciml.graphs.representation import GraphRepresentation
from sciml.graphs.scaffold import planted
from sciml.numerics.graph_state import GraphState
from sciml.numerics.states import all_finite
from sciml.processes.graph import GraphProcess
from sciml.solvers.grids import Grid
from sciml.solvers.integrate import integrate
from sciml.solvers.solver import Solver


@dataclass(frozen=True)
class GraphSampler:
    """How to sample.

    Args:
        solver: makes the steps.
        grid: from 1 down.
        denoise: whether the end is the denoiser's mean there, at one call more, for the noise that is left.
        label: what a table calls it.
    """

    solver: Solver[GraphState, object]
    grid: Grid
    denoise: bool = False
    label: str = ""


@dataclass(frozen=True)
class Generated:
    """What was sampled.

    Args:
        graphs: as quantised.
        nfe: network calls of each sample.
        label: the solver.
    """

    graphs: GraphSet
    nfe: int
    label: str


class GraphGenerator(nn.Module):
    """Generates graphs of the sizes of its training set.

    Args:
        representation: codes of categories.
        denoiser: of states of codes.
        sizes: number of training graphs with 0, 1, 2, ... nodes.
        asks_for: the property that it was trained to be asked for, or "none".

    Attributes:
        student: the solver that it was distilled for, if it was.
    """

    sizes: Tensor
    property_scale: Tensor

    def __init__(
        self, representation: GraphRepresentation, denoiser: Denoiser, sizes: Tensor, asks_for: str = "none"
    ) -> None:
        super().__init__()
        self.representation, self.denoiser, self.asks_for = representation, denoiser, asks_for
        self.register_buffer("sizes", sizes)
        self.register_buffer("property_scale", torch.tensor([0.0, 1.0]))  # mean, deviation of what may be asked for
        self.precision = "32"
        self.student: SolverConfig | None = None

    @property
    def conditional(self) -> bool:
        """Whether it was trained to be asked for a property."""
        return self.asks_for != "none"

    @property
    def process(self) -> GraphProcess:
        """The forward process."""
        assert isinstance(self.denoiser.process, GraphProcess)
        return self.denoiser.process

    def condition(self, values: Tensor) -> Tensor:
        """What tells the network the values (graph,) of the property that it was trained with."""
        return told(values.to(self.property_scale), *self.property_scale)

    @torch.no_grad()
    def sample(
        self,
        count: int,
        sampler: GraphSampler,
        *,
        generator: Generator,
        batch: int = 1024,
        denoiser: Denoiser | None = None,
        cond: Tensor | None = None,
        substructure: GraphSet | None = None,
        sizes: Tensor | None = None,
    ) -> Generated:
        """New graphs, of sizes drawn from those of the training set.

        Args:
            count: graphs.
            sampler: how to sample.
            generator: source of randomness, on the device of the model.
            batch: graphs in one network call, at most; samples depend on it, as the draws of noise do.
            denoiser: instead of its own, such as a guided one.
            cond: of each graph, (count, ...).
            substructure: one graph that each is to hold, see `scaffold`; sizes are drawn from those that can.
            sizes: numbers of graphs with 0, 1, 2, ... nodes to draw from, instead of the training set's.

        Raises:
            FloatingPointError: states, or what they are denoised to, are not finite.
        """
        counts = (self.sizes if sizes is None else sizes).double()
        if substructure is not None:
            counts = counts.clone()  # what is already float64 is the caller's own
            counts[: int(substructure.sizes[0])] = 0
        drawn = torch.multinomial(counts, count, replacement=True, generator=generator)
        parts, asked_about = [], 0

        def called(_: object, inputs: tuple[Any, ...], posterior: object) -> None:
            nonlocal asked_about
            asked_about += len(inputs[0].mask)

        # Graphs, counted at the network's own denoiser: guidance may ask twice about each, and memory about fewer at once.
        with ExitStack() as stack:
            stack.callback(self.denoiser.register_forward_hook(called).remove)
            halving = Halving(denoiser or self.denoiser)
            for first in range(0, count, batch):
                asked = None if cond is None else cond[first : first + batch]
                blank = self.representation.blank(_places(drawn[first : first + batch]))
                chosen = planted(halving, self.representation, substructure, blank) if substructure is not None else halving
                parts.append(self._draw(blank, sampler, generator, chosen, asked))
        return Generated(concatenated(*parts), round(asked_about / count), sampler.label)

    def _draw(
        self, blank: GraphState, sampler: GraphSampler, generator: Generator, denoiser: Denoiser, cond: Tensor | None
    ) -> GraphSet:
        x = self.process.prior(blank, generator=generator)
        x = integrate(sampler.solver, denoiser, x, sampler.grid, cond=cond, generator=generator)
        if sampler.denoise:
            x = denoiser(x, sampler.grid[-1], cond).mean
            if not all_finite(x):
                raise FloatingPointError(f"denoised graphs are not finite at t = {sampler.grid[-1].item()}")
        return self.representation.decode(x)


def _places(sizes: Tensor) -> Tensor:
    """Which nodes there are in graphs of these sizes."""
    return torch.arange(int(sizes.max()), device=sizes.device) < sizes[:, None]
