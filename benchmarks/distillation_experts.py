"""Mixtures of Gaussian experts as students of a score: forward and reverse divergence in nats, both by exact densities."""

import math
from typing import Any

import torch
from distillation_ring import PROCESS, TEACHERS
from torch import Generator, Tensor
from training import trained

from sciml.config.models import TrainingConfig
from sciml.denoisers.mixture import MixtureDenoiser
from sciml.distillation.experts import GaussianExperts
from sciml.distillation.variational import VariationalObjective

COUNT = 20_000
TRAINING = TrainingConfig(steps=1, batch=512, rate=2e-2, weight_decay=0.0, precision="32", ema=0.02, clip=1e3)


def unequal_ring(modes: int = 8, deviation: float = 0.25) -> MixtureDenoiser:
    """Modes on a circle of radius 2 whose weights span a factor e^2."""
    angle = torch.arange(modes, dtype=torch.float64) * 2 * math.pi / modes
    means = 2 * torch.stack([angle.cos(), angle.sin()], 1)
    weights = torch.linspace(-1, 1, modes, dtype=torch.float64).softmax(0)
    return MixtureDenoiser(PROCESS, weights, means, torch.full((modes,), deviation**2).double())


def experts(name: str, *, seed: int, count: int = 16, steps: int = 1500) -> dict[str, Any]:
    """Divergences of a student of so many experts.

    Args:
        name: `unequal`, or a bed of distillation_ring.
        seed: of starts, draws and training.
        count: experts.
        steps: of training.
    """
    teacher = unequal_ring() if name == "unequal" else TEACHERS[name]()
    data = teacher.sample(COUNT, generator=Generator().manual_seed(3)).float()
    student, spread = GaussianExperts(count, data.shape[1]), float(data.std())
    student.start(spread * torch.randn(count, data.shape[1], generator=Generator().manual_seed(seed)), spread / 2)
    objective = VariationalObjective(student, teacher, first=spread, last=0.02 * spread)
    seconds = trained(objective, (data,), TRAINING.model_copy(update={"steps": steps}), seed).cpu_seconds
    student.double()
    return {
        "forward_kl": _mean(teacher, student, teacher.sample(COUNT, generator=Generator().manual_seed(7))),
        "reverse_kl": -_mean(teacher, student, student.sample(COUNT, generator=Generator().manual_seed(8))),
        "experts": count,
        "cpu_s": seconds,
    }


@torch.no_grad()
def _mean(teacher: MixtureDenoiser, student: GaussianExperts, x: Tensor) -> float:
    """Mean of log p - log q, p without what noise the process has at its end."""
    end = torch.zeros((), dtype=torch.float64)
    return float((teacher.log_prob(x, end) - student.log_prob(x)).mean())
