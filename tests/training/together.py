"""Trainings of small models of every domain in float64, by one, two and three processes.

Argument: a folder for the runs and for what they came to, found.pt.
"""

import os
import signal
import sys
from pathlib import Path

import networkx as nx
import torch
from forked import shared
from torch import Generator, Tensor, nn
from toy import examples as toy_examples
from toy import toy

from sciml.config.base import parse
from sciml.config.graph_models import GraphModelConfig
from sciml.config.models import TrainingConfig
from sciml.config.sequence_models import SequenceModelConfig
from sciml.denoisers.network import NetworkDenoiser
from sciml.graphs import gdss
from sciml.graphs.data.graph_set import graph_set
from sciml.graphs.train import examples as graph_rows
from sciml.graphs.train import fitted
from sciml.io.lock import exclusive
from sciml.losses.letters import LetterObjective
from sciml.losses.objectives import DenoisingObjective
from sciml.nets.spectral import SpectralOperator
from sciml.nets.unet import UNet
from sciml.processes.parameterisation import Parameterisation
from sciml.processes.vp import VPCosine
from sciml.sequences import drakes
from sciml.training.fit import fit
from sciml.training.processes import Processes, Unanswered, current
from sciml.training.shares import nets_of
from sciml.training.signals import Stopped

TRAINING = {"steps": 1, "batch": 12}
Case = tuple[nn.Module, tuple[Tensor, ...]]


class Recorded(nn.Module):
    """An objective whose losses are kept, and how many rows the last layer of its network was given."""

    def __init__(self, objective: nn.Module, stop: tuple[int, int, int] | None = None) -> None:
        super().__init__()
        self.objective, self.stop = objective, stop
        self.losses: list[float] = []
        self.rows: list[int] = []
        leaf = [
            part for part in next(nets_of(objective)).modules() if isinstance(part, nn.Linear | nn.modules.conv._ConvNd)
        ][-1]
        leaf.register_forward_hook(lambda part, inputs, said: self.rows.append(len(said)))

    def forward(self, generator: Generator, *batch: Tensor) -> Tensor:
        if self.stop is not None and self.stop[:2] == (current().rank, len(self.losses)):
            os.kill(os.getpid(), self.stop[2])
        loss = self.objective(generator, *batch)
        self.losses.append(loss.item())
        return loss


def fields(net: nn.Module) -> Case:
    draw = Generator().manual_seed(2)
    states, cond = torch.randn(24, 2, 4, 8, generator=draw), torch.randn(24, 1, 4, 8, generator=draw)
    denoiser = NetworkDenoiser(net, VPCosine(), Parameterisation.V)
    return DenoisingObjective(denoiser, torch.tensor([0.5, 1.5]).reshape(2, 1, 1), 1.3), (states, cond)


class Turning(nn.Module):
    """A network with complex weights, as those of Fourier layers."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(3, 2, 8, dtype=torch.complex128))
        self.out = nn.Linear(2, 2)

    def forward(self, x: Tensor, t: Tensor, cond: Tensor) -> Tensor:
        modes = torch.fft.fft(torch.cat([x, cond], 1)) * t[:, None, None, None]
        mixed = torch.fft.ifft(torch.einsum("bihk,iok->bohk", modes, self.weight)).real
        return self.out(mixed.movedim(1, -1)).movedim(-1, 1)


def graphs(**settings: object) -> Case:
    """Graphs of other sizes: the loss is a mean over nodes, and over pairs, of all graphs of a batch."""
    networks = graph_set([make(n) for n in range(3, 9) for make in (nx.path_graph, nx.cycle_graph)] * 2)
    config = parse(GraphModelConfig, {"training": TRAINING, **settings}, "graphs")
    values = networks.sizes.double() if config.condition == "size" else None
    generator = fitted(config, networks, values).double()
    rows = graph_rows(generator, config, networks, values)
    return gdss.objective(config, generator.denoiser), tuple(r.double() if r.is_floating_point() else r for r in rows)


def letters(**settings: object) -> Case:
    config = parse(SequenceModelConfig, {"training": TRAINING, **settings}, "letters")
    draw = Generator().manual_seed(2)
    rows = (torch.randint(4, (24, 10), generator=draw), torch.randint(3, (24,), generator=draw))
    return LetterObjective(drakes.build(config, 4, 10, 3), 0.3), rows


TRANSFORMER = {"kind": "graph_transformer", "width": 8, "pair_width": 4, "layers": 2, "heads": 2, "dropout": 0.1}
PUBLISHED = {
    "net": {"kind": "score_networks", "depth": 1, "layers": 2, "hidden": 4, "attention": 4, "heads": 2},
    "adj": {"kind": "ve", "low": 0.2, "high": 1.0},
    "parameterisation": "score",
    "codes": "plain",
    "degrees": 5,
}
CASES = {
    "toy": lambda: (toy().double(), tuple(rows.double() for rows in toy_examples())),
    "unet": lambda: fields(UNet(2, 3, 2, width=8, multipliers=(1, 2), dropout=0.1)),
    "spectral": lambda: fields(SpectralOperator(3, 2, (3, 4), width=8, layers=2, dropout=0.1)),
    "complex": lambda: fields(Turning()),
    "graph_transformer": lambda: graphs(net=TRANSFORMER, condition="size", condition_dropout=0.3),
    "graph_numbers": lambda: graphs(net=TRANSFORMER, parameterisation="v"),
    "score_networks": lambda: graphs(**PUBLISHED),
    "dilated_cnn": lambda: letters(net={"kind": "dilated_cnn", "width": 8, "dilations": [1, 2], "dropout": 0.1}),
    "rotary": lambda: letters(
        net={"kind": "rotary_transformer", "width": 8, "layers": 1, "heads": 2, "dropout": 0.1},
        process={"kind": "uniform"},
        timed=True,
    ),
}


def train(case: str, directory: Path, steps: int = 8, stop: tuple[int, int, int] | None = None, **settings: object) -> dict:
    """The losses of the steps that were made, final weights and, if it did not end, why.

    Args:
        stop: (rank, step, signal) of the process that signals to itself.
    """
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(0)
    objective, rows = CASES[case]()
    recorded = Recorded(objective, stop)
    config = TrainingConfig(**{"rate": 5e-3, "precision": "32", **TRAINING, "steps": steps, **settings})
    stopped = ""
    try:
        fit(recorded, rows, config, seed=3, directory=directory, fingerprint="together")
    except (Stopped, Unanswered) as error:
        stopped = f"{type(error).__name__}: {error}"
    return {"losses": recorded.losses, "rows": recorded.rows, "weights": recorded.state_dict(), "stopped": stopped}


def curves(folder: Path) -> dict:
    """By number of processes, what the first and the last of them came to in each case; three do not try all."""
    found = {}
    for count in (1, 2, 3):
        cases = CASES if count < 3 else ("toy", "graph_transformer")
        each = shared(count, lambda _: {case: train(case, folder / f"{count}-{case}") for case in cases})  # noqa: B023
        found[count] = (each[0], each[-1])
    return found


def interrupted(folder: Path) -> dict:
    """One training by two processes, then one, then three; and one of which a process is killed."""
    unbroken = shared(1, lambda _: train("unet", folder / "unbroken"))
    parts = [
        shared(count, lambda _: train("unet", folder / "parts", stop=stop))  # noqa: B023
        for count, stop in ((2, (1, 3, signal.SIGTERM)), (1, (0, 1, signal.SIGUSR1)), (3, None))
    ]
    killed = [
        shared(2, lambda _: train("unet", folder / "killed", stop=stop, checkpoint_seconds=0))  # noqa: B023
        for stop in ((1, 3, signal.SIGKILL), (0, 3, signal.SIGKILL), None)
    ]
    return {"unbroken": unbroken, "parts": parts, "killed": killed}


def ended(folder: Path) -> dict:
    """How a training of two processes ends when it must not go on."""

    def fitted(processes: Processes, directory: str, batch: int = 12, **limits: float | None) -> int:
        objective, rows = CASES["toy"]()
        config = TrainingConfig(steps=100_000, batch=batch, precision="32")
        return fit(objective, rows, config, seed=3, directory=folder / directory, fingerprint="toy", **limits).steps

    def broken(processes: Processes) -> int:
        return fitted(processes, "broken")

    (folder / "broken").mkdir()
    (folder / "broken" / "checkpoint.pt").write_bytes(b"torn")
    with exclusive(folder / "held"):
        held = shared(2, lambda processes: fitted(processes, "held", time_limit=1.0))
    return {
        "one is late": shared(2, lambda p: fitted(p, "late", time_limit=0.3 if p.leads else None)),
        "held": held,
        "odd": shared(2, lambda p: fitted(p, "odd", batch=13)),
        "broken": shared(2, broken),
    }


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    torch.save({work.__name__: work(folder) for work in (curves, interrupted, ended)}, folder / "found.pt")
