"""One-call students of exact teachers: modes on a ring, 25 modes on a lattice, or 64 dimensions.

Every student has the same network and optimiser. The teacher is exact, and so is where its flow leads, so a student is
measured by the distance of its map from the exact one and by the energy distance of its samples from data.
"""

import math
import time
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from kept_students import keep, take_up
from solver_problems import image, ring
from torch import Generator, Tensor, nn
from training import trained

from sciml.config.models import TrainingConfig
from sciml.denoisers.denoiser import Denoiser
from sciml.denoisers.mixture import MixtureDenoiser
from sciml.denoisers.network import NetworkDenoiser
from sciml.distillation.boot import BootObjective
from sciml.distillation.consistency import ConsistencyObjective
from sciml.distillation.consistency_training import ConsistencyTrainingObjective
from sciml.distillation.pid import PIDObjective
from sciml.distillation.progressive import ProgressiveObjective
from sciml.distillation.regression import PairObjective, teacher_states
from sciml.distillation.trajectory import Trajectory
from sciml.losses.denoising import denoising_loss
from sciml.losses.times import TimeDistribution, focused_times
from sciml.metrics.energy_distance import energy_distance
from sciml.metrics.wasserstein import sliced_wasserstein
from sciml.processes.parameterisation import ConditionalV
from sciml.processes.ve import VE
from sciml.solvers.ddim import ddim
from sciml.solvers.grids import karras_grid
from sciml.solvers.integrate import integrate

PROCESS = VE(0.002, 80.0)
PAIRS, PAIR_STEPS = 50_000, 48
WHOLE = torch.tensor([1.0, 0.0], dtype=torch.float64)
BATCH, STATES = 1024, 4  # of a step, and of them on one chain of consistency
COUNT = 4000  # of samples that a student is measured on


def lattice() -> MixtureDenoiser:
    """25 modes of deviation .05, a unit apart."""
    line = torch.arange(-2, 3, dtype=torch.float64)
    means = torch.cartesian_prod(line, line)
    return MixtureDenoiser(PROCESS, torch.full((25,), 0.04).double(), means, torch.full((25,), 0.0025).double())


def _mixture(law: Any) -> MixtureDenoiser:
    return MixtureDenoiser(PROCESS, law.weights, law.means, law.bases * law.spectra[:, None] @ law.bases.transpose(1, 2))


TEACHERS: dict[str, Callable[[], MixtureDenoiser]] = {
    "ring": lambda: _mixture(ring()),
    "lattice": lattice,
    "image": lambda: _mixture(image()),
}


@dataclass(frozen=True)
class Bed:
    """A teacher, starts, where its flow takes them, and data.

    Args:
        name: of the law.
    """

    name: str

    @cached_property
    def teacher(self) -> MixtureDenoiser:
        return TEACHERS[self.name]()

    @cached_property
    def data(self) -> Tensor:
        """Draws to train on, float32."""
        return self.teacher.sample(50_000, generator=Generator().manual_seed(3)).float()

    @cached_property
    def reference(self) -> Tensor:
        """Draws to compare with."""
        return self.teacher.sample(COUNT, generator=Generator().manual_seed(4))

    @cached_property
    def starts(self) -> Tensor:
        shape = (COUNT, self.teacher.means.shape[1])
        return PROCESS.prior(shape, generator=Generator().manual_seed(5), dtype=torch.float64)

    @cached_property
    def exact(self) -> Tensor:
        """Where the flow takes the starts, to 1e-5 of the data."""
        return teacher_states(self.teacher, self.starts, WHOLE, steps=300)[:, -1]

    def measured(self, x: Tensor, calls: int, seconds: float = 0.0) -> dict[str, float]:
        """What there is to say of samples from the starts."""
        x, means = x.double(), self.teacher.means
        nearest = torch.cdist(x, means).argmin(1)
        hit = torch.bincount(nearest, minlength=len(means)) > 0.1 * len(x) * self.teacher.weights
        return {
            "calls": calls,
            "map_rms": float((x - self.exact).square().mean().sqrt() / self.exact.square().mean().sqrt()),
            "energy": energy_distance(x, self.reference),
            "energy_biased": energy_distance(x, self.reference, biased=True),
            "sliced_wasserstein": sliced_wasserstein(x, self.reference, generator=Generator().manual_seed(6)),
            "modes": float(hit.double().mean()),
            "cpu_s": seconds,
        }

    def floor(self) -> dict[str, float]:
        """What the exact map scores."""
        return self.measured(self.exact, 300)

    def solver(self, calls: int) -> dict[str, float]:
        """What the teacher scores by DDIM."""
        with torch.no_grad():
            return self.measured(integrate(ddim(), self.teacher, self.starts, karras_grid(PROCESS, calls)), calls)


class Network(nn.Module):
    """A perceptron of the state and of Fourier features of log sigma, (batch, n) and (batch,) to (batch, n)."""

    frequency: Tensor

    def __init__(self, size: int, width: int = 256) -> None:
        super().__init__()
        self.register_buffer("frequency", 2 * torch.randn(16))
        sizes = [size + 32, width, width, width, width]
        hidden = [part for a, b in pairwise(sizes) for part in (nn.Linear(a, b), nn.SiLU())]
        self.layers = nn.Sequential(*hidden, nn.Linear(width, size))

    def forward(self, x: Tensor, t: Tensor, cond: Any = None) -> Tensor:
        angle = 0.25 * PROCESS.sigma(t.double()).log().to(x.dtype)[:, None] * self.frequency
        return self.layers(torch.cat([x, angle.sin(), angle.cos()], 1))


class Denoising(nn.Module):
    """The denoising loss, as an objective of the data alone."""

    def __init__(self, student: NetworkDenoiser, times: TimeDistribution) -> None:
        super().__init__()
        self.student, self.times = student, times

    def forward(self, generator: Generator, x_0: Tensor) -> Tensor:
        return denoising_loss(self.student, x_0, generator=generator, times=self.times)


def one_call(method: str, bed: Bed, *, steps: int, seed: int, intervals: int = 250) -> tuple[Denoiser, float]:
    """(a student, processor seconds that it took, pairs or pretraining and all).

    Args:
        method: regression, pid, boot, boot_first_order, or one of `ON_DATA`.
        bed: what is learned.
        steps: of training.
        seed: of weights and noise.
        intervals: of the grid of PID and BOOT.
    """
    torch.manual_seed(seed)
    student, size = beginner(method, bed), bed.teacher.means.shape[1]
    if isinstance(student, NetworkDenoiser):
        return student, ON_DATA[method](student, bed, steps, seed)
    blank, grid = (torch.zeros(8192, size),), karras_grid(PROCESS, intervals)
    if method == "regression":
        began = time.process_time()
        starts = PROCESS.prior((PAIRS, size), generator=Generator().manual_seed(9 + seed))
        pairs = teacher_states(bed.teacher, starts, WHOLE, steps=PAIR_STEPS).unbind(1)
        made = time.process_time() - began
        return student, made + seconds_of(PairObjective(student, WHOLE), pairs, steps, seed)
    if method == "pid":
        return student, seconds_of(PIDObjective(student, bed.teacher, grid), blank, steps, seed, batch=BATCH // 2)
    boot = BootObjective(student, bed.teacher, grid, second_order=method == "boot")
    return student, seconds_of(boot, blank, steps, seed)


def beginner(method: str, bed: Bed) -> NetworkDenoiser | Trajectory:
    """An untrained student of the kind that a method takes, with weights from torch's global generator."""
    net = Network(bed.teacher.means.shape[1])
    if method in ON_DATA:
        return NetworkDenoiser(net, PROCESS, ConditionalV(0.5))
    return Trajectory(net, PROCESS, t_end=0.0)


def _consistency(student: NetworkDenoiser, bed: Bed, steps: int, seed: int, reach: float = 1.0) -> float:
    objective = ConsistencyObjective(student, bed.teacher, states=STATES, reach=reach)
    return seconds_of(objective, (bed.data,), steps, seed, batch=BATCH // STATES)


def _consistency_training(student: NetworkDenoiser, bed: Bed, steps: int, seed: int) -> float:
    """A denoiser for a fifth of the steps, then consistency of it with itself."""
    times = focused_times(PROCESS, 0.0, 1.0, mean=-1.0, deviation=1.6)
    seconds = seconds_of(Denoising(student, times), (bed.data,), steps // 5, seed)
    return seconds + seconds_of(ConsistencyTrainingObjective(student, times, grid=WHOLE), (bed.data,), 4 * steps // 5, seed)


def _progressive(student: NetworkDenoiser, bed: Bed, steps: int, seed: int) -> float:
    """A denoiser for a fifth of the steps; then 32 steps of the teacher become 16, 8, 4, 2 and 1."""
    times = focused_times(PROCESS, 0.0, 1.0, mean=0.0, deviation=2.5)
    seconds = seconds_of(Denoising(student, times), (bed.data,), steps // 5, seed)
    teacher, grid = bed.teacher, karras_grid(PROCESS, 32)
    while len(grid) > 2:
        seconds += seconds_of(ProgressiveObjective(student, teacher, grid), (bed.data,), 4 * steps // 25, seed)
        teacher, grid = deepcopy(student), grid[::2]
    return seconds


ON_DATA: dict[str, Callable[[NetworkDenoiser, Bed, int, int], float]] = {
    "consistency": _consistency,
    "consistency_short": partial(_consistency, reach=0.25),
    "consistency_training": _consistency_training,
    "progressive": _progressive,
}


def seconds_of(objective: nn.Module, examples: tuple[Tensor, ...], steps: int, seed: int, batch: int = BATCH) -> float:
    """Processor seconds of training in place."""
    settings = TrainingConfig(
        steps=steps, batch=batch, rate=1e-3, weight_decay=0.0, precision="32", ema=0.02, clip=10.0, checkpoint_seconds=600
    )
    return trained(objective, examples, settings, seed).cpu_seconds


@torch.no_grad()
def sampled(student: Denoiser, bed: Bed) -> Tensor:
    """One step of DDIM from the starts."""
    return integrate(ddim(), deepcopy(student).eval(), bed.starts.float(), WHOLE)


def measured(method: str, bed: Bed, kept: Path | None = None, **options: Any) -> dict[str, float]:
    """A student of a method, trained and measured; its weights go into the file `kept`."""
    student, seconds = one_call(method, bed, **options)
    if kept is not None:
        keep(kept, student, seconds)
    return _measured(method, bed, student, seconds)


def remeasured(method: str, bed: Bed, kept: Path) -> dict[str, float]:
    """A student whose weights were kept."""
    student = beginner(method, bed)
    return _measured(method, bed, student, take_up(kept, student))


def _measured(method: str, bed: Bed, student: Denoiser, seconds: float) -> dict[str, float]:
    found = bed.measured(sampled(student, bed), 1, seconds)
    if not math.isfinite(found["energy"]):
        raise FloatingPointError(f"{method}: the energy distance is {found['energy']}")
    return found
