"""Samples of small models of every domain in float64, by one, two and three processes.

Argument: a file for what each process drew.
"""

import sys
from typing import ClassVar

import networkx as nx
import torch
from forked import shared
from torch import Generator, Tensor, nn

from sciml.config.base import parse
from sciml.config.graph_models import GraphModelConfig
from sciml.config.graph_settings import GraphSamplingConfig
from sciml.config.jobs import TrainingJob
from sciml.config.sequence_models import SequenceModelConfig
from sciml.config.sequence_oracles import ConvolutionalOracleConfig, OracleTargetConfig
from sciml.config.sequence_settings import SequenceSamplingConfig
from sciml.config.solvers import SolverConfig
from sciml.denoisers.denoiser import Denoiser, Dirac
from sciml.graphs.data.graph_set import graph_set
from sciml.graphs.sampling import sample_graphs
from sciml.graphs.train import fitted
from sciml.pde.data.windows import trajectory_windows
from sciml.pde.evaluate import forecast_windows
from sciml.pde.geometry import geometry_of
from sciml.pde.wdno import build
from sciml.processes.vp import VPCosine
from sciml.sequences import drakes
from sciml.sequences.data.sequence_set import DNA
from sciml.sequences.generator import SequenceGenerator
from sciml.sequences.oracles.convolutional import ConvolutionalOracle
from sciml.sequences.sampling import sample_sequences
from sciml.solvers.ddpm import DDPM
from sciml.solvers.grids import uniform_grid
from sciml.solvers.integrate import integrate
from sciml.training.processes import Processes, current
from sciml.training.shares import shared_calls

TRAINING = {"steps": 1, "batch": 4}


def stirred(module: nn.Module) -> nn.Module:
    """With weights such that what the networks say matters."""
    draw = Generator().manual_seed(5)
    with torch.no_grad():
        for weight in module.parameters():
            weight.copy_(0.2 * torch.randn(weight.shape, generator=draw))
    return module.eval()


def fields(**solver: object) -> Tensor:
    """Seven windows, five of them and two in a network call, three members each."""
    draw = Generator().manual_seed(0)
    windows = trajectory_windows(torch.randn(7, 1, 9, 16, generator=draw), None, given=1)
    net = {"kind": "unet", "width": 8, "multipliers": [1, 2]}
    settings = {"window": {"given": 1, "predicted": 8}, "model": {"kind": "neural", "training": TRAINING, "net": net}}
    forecaster = build(parse(TrainingJob, settings, "fields").model, geometry_of(windows))
    forecaster.fit_statistics(windows)
    stirred(forecaster).double()
    return forecast_windows(forecaster, windows, SolverConfig(**solver), members=3, batch=15, seed=1).fields


def graphs(solver: dict, sampling: dict | None = None, **settings: object) -> Tensor:
    """Eleven graphs of other sizes, at most five in a network call."""
    networks = graph_set([make(n) for n in range(3, 7) for make in (nx.path_graph, nx.cycle_graph)] * 2)
    config = parse(GraphModelConfig, {"training": TRAINING, **settings}, "graphs")
    generator = stirred(fitted(config, networks)).double()
    chosen = GraphSamplingConfig(count=11, batch=5, solver=SolverConfig(**solver), **(sampling or {}))
    found = sample_graphs(generator, chosen, seed=1).generated
    return torch.cat([found.graphs.sizes[:, None], found.graphs.edges.flatten(1)], 1)


def letters(**sampling: object) -> Tensor:
    """Eleven sequences, led by an oracle where they are steered."""
    settings = {"training": TRAINING, "net": {"kind": "dilated_cnn", "width": 8, "dilations": [1, 2]}}
    generator = SequenceGenerator(drakes.build(parse(SequenceModelConfig, settings, "letters"), 4, 10), DNA, 10)
    oracle = None
    if "steering" in sampling:
        values = {"kind": "convolutional", "width": 8, "training": TRAINING}
        oracle = ConvolutionalOracle(parse(ConvolutionalOracleConfig, values, "o"), OracleTargetConfig(label="x"), DNA)
        stirred(oracle).requires_grad_(False)
    config = parse(SequenceSamplingConfig, {"count": 11, "batch": 8, "steps": 6, **sampling}, "sampling")
    return sample_sequences(stirred(generator), config, oracle, seed=1).generated.sequences.tokens


NET = {"kind": "graph_transformer", "width": 8, "pair_width": 4, "layers": 1, "heads": 2}
SCORES = {
    "net": {"kind": "score_networks", "depth": 1, "layers": 1, "hidden": 4, "attention": 4, "heads": 2},
    "parameterisation": "score",
    "codes": "plain",
    "degrees": 5,
}
CASES = {
    "fields": lambda: fields(name="ddim", eta=1.0, steps=4),
    "fields, deterministic": lambda: fields(name="unipc", steps=4),
    "graphs": lambda: graphs({"name": "ddim", "eta": 1.0, "steps": 4}, net=NET),
    "graphs, corrected": lambda: graphs({"name": "euler_maruyama", "steps": 4, "corrections": 1}, **SCORES),
    "letters": lambda: letters(),
    "letters, particles": lambda: letters(steering={"method": "smc", "particles": 3, "alpha": 0.1}),
    "letters, look ahead": lambda: letters(steering={"method": "look_ahead", "alpha": 0.1}),
}


def drawn(processes: Processes) -> dict[str, Tensor]:
    """The samples of every case."""
    torch.set_default_dtype(torch.float64)
    found = {}
    for name, draw in CASES.items():
        torch.manual_seed(0)
        found[name] = draw()
    return found


class Small(Denoiser):
    """Whose network has memory for three rows in the last process, and for any number in others."""

    def __init__(self) -> None:
        super().__init__(VPCosine())
        self.net = Remembering()

    def forward(self, x_t: Tensor, t: Tensor, cond: object = None) -> Dirac:
        return Dirac(self.net(x_t))


class Remembering(nn.Module):
    asked: ClassVar[list[int]] = []

    def forward(self, x: Tensor) -> Tensor:
        processes = current()
        self.asked.append(len(x))
        if len(x) > 3 and processes.rank == processes.count - 1:
            raise MemoryError("out of memory")
        return torch.tanh(x) + 0.1


def out_of_memory(processes: Processes) -> tuple[Tensor, list[int]]:
    """What is sampled where memory runs out in one process alone, and how many rows were asked about."""
    torch.set_default_dtype(torch.float64)
    denoiser, source = Small(), Generator().manual_seed(4)
    grid = uniform_grid(denoiser.process, 4)
    with torch.no_grad(), shared_calls(denoiser):
        x = integrate(DDPM(), denoiser, torch.randn(11, 5, generator=source), grid, generator=source)
    return x, denoiser.net.asked


if __name__ == "__main__":
    work = {"drawn": drawn, "out_of_memory": out_of_memory}
    torch.save({name: {count: shared(count, each) for count in (1, 2, 3)} for name, each in work.items()}, sys.argv[1])
