"""Problems with exact answers for solvers: mixtures of Gaussians, whose probability flow is solved to 1e-11.

| name  | dimension | data                                                          | states |
| ring  | 2         | narrow modes on a circle                                      | 1024   |
| image | 64        | power-law spectra on slightly rotated axes                    | 256    |
| field | 256       | Gaussian random fields about fronts and waves, in cosine modes | 128    |

Sizes, numbers of modes and seeds may be chosen, so that no solver is tuned to a few problems. The error is the relative root
mean square difference at t_end, over all states of a batch that start as N(0, 1) at t = 1.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from scipy.integrate import solve_ivp
from torch import Generator, Tensor

from sciml.denoisers.mixture import MixtureDenoiser
from sciml.denoisers.statistics import DataStatistics, principal_statistics
from sciml.numerics.modes import cosine_basis
from sciml.processes.gaussian import GaussianProcess
from sciml.processes.ve import VE
from sciml.processes.vp import VPCosine, VPLinear

F64 = torch.float64
PUBLISHED_END = 1e-3  # of the schedules' own time


def schedule(name: str) -> tuple[GaussianProcess, float]:
    """(process, last time)."""
    processes: dict[str, GaussianProcess] = {"linear": VPLinear(), "cosine": VPCosine(), "ve": VE(0.01, 50.0)}
    process = processes[name]
    ends = {"linear": PUBLISHED_END, "cosine": PUBLISHED_END / VPCosine().end, "ve": 0.0}
    return process, ends[name]


@dataclass(frozen=True)
class Law:
    """The mixture: weights (K,), means (K, n), and for each component a spectrum (K, n) in a basis (K, n, n)."""

    weights: Tensor
    means: Tensor
    spectra: Tensor
    bases: Tensor


def ring(dimension: int = 2, modes: int = 8, seed: int = 7) -> Law:
    """Modes of deviation .06 on a circle of radius .7; other dimensions are noise of that deviation."""
    angle = torch.arange(modes, dtype=F64) * 2 * math.pi / modes
    means = torch.zeros(modes, dimension, dtype=F64)
    means[:, 0], means[:, 1] = 0.7 * angle.cos(), 0.7 * angle.sin()
    spectra = torch.full((modes, dimension), 0.06**2, dtype=F64)
    return Law(_equal(modes), means, spectra, torch.eye(dimension, dtype=F64).expand(modes, -1, -1))


def image(dimension: int = 64, modes: int = 12, seed: int = 7) -> Law:
    """Spectra that fall as the power -1.5 of the index, on axes rotated a little for each component."""
    g = Generator().manual_seed(seed)
    q = torch.linalg.qr(torch.randn(dimension, dimension, generator=g, dtype=F64))[0]
    skew = torch.randn(modes, dimension, dimension, generator=g, dtype=F64)
    bases = q @ torch.linalg.matrix_exp((skew - skew.transpose(1, 2)) * 0.15 / math.sqrt(dimension))
    index = torch.arange(1, dimension + 1, dtype=F64)
    spread = torch.exp(0.3 * torch.randn(modes, dimension, generator=g, dtype=F64))
    spectra = 1.5**2 * index**-1.5 * spread + 0.02**2
    means = torch.randn(modes, 6, generator=g, dtype=F64) @ q[:, :6].T
    return Law(torch.softmax(0.5 * torch.randn(modes, generator=g, dtype=F64), 0), means, spectra, bases)


def field(dimension: int = 256, modes: int = 6, seed: int = 7) -> Law:
    """Random fields on [0, 1] about fronts and waves. The first six components are fixed; further ones are drawn."""
    g = Generator().manual_seed(seed)
    centres, powers = [0.2, 0.35, 0.5, 0.65, 0.8, 0.5], [1.5, 2.0, 2.5, 3.0, 2.0, 4.0]
    if seed != 7 or modes != 6:
        centres = (0.15 + 0.7 * torch.rand(modes, generator=g, dtype=F64)).tolist()
        powers = (1.5 + 2.5 * torch.rand(modes, generator=g, dtype=F64)).tolist()
    x = (torch.arange(dimension, dtype=F64) + 0.5) / dimension
    means, spectra = [], []
    for centre, power in zip(centres, powers, strict=True):
        wave = centre == 0.5
        means.append(0.5 * torch.sin(2 * math.pi * power * x) if wave else 0.5 * torch.tanh((x - centre) / 0.03))
        shape = 1.0 / (1 + (torch.arange(dimension, dtype=F64) / 4) ** 2) ** (power / 2)
        spectra.append(0.3**2 * dimension * shape / shape.sum() + 0.005**2)
    basis = cosine_basis(dimension, dimension).expand(modes, -1, -1)
    return Law(_equal(modes), torch.stack(means), torch.stack(spectra), basis)


def _equal(modes: int) -> Tensor:
    return torch.full((modes,), 1 / modes, dtype=F64)


LAWS: dict[str, Callable[..., Law]] = {"ring": ring, "image": image, "field": field}
STATES = {"ring": 1024, "image": 256, "field": 128}


class Problem:
    """A law, a schedule and a batch of starts.

    Args:
        name: of the law.
        schedule_name: linear, cosine or ve.
        states: size of the batch.
        seed: of the starts.
        law: options of the law.
    """

    def __init__(
        self,
        name: str,
        schedule_name: str = "linear",
        *,
        states: int | None = None,
        seed: int = 0,
        law: dict[str, int] | None = None,
    ) -> None:
        self.law = LAWS[name](**law or {})
        self.process, self.t_end = schedule(schedule_name)
        covariances = self.law.bases * self.law.spectra[:, None] @ self.law.bases.transpose(1, 2)
        self.denoiser = MixtureDenoiser(self.process, self.law.weights, self.law.means, covariances)
        shape = (states or STATES[name], self.law.means.shape[1])
        self.x = self.process.prior(shape, generator=Generator().manual_seed(seed), dtype=F64)

    @cached_property
    def statistics(self) -> DataStatistics:
        """Mean and covariance of 8192 draws of the data."""
        return principal_statistics(self.denoiser.sample(8192, generator=Generator().manual_seed(11)))

    @cached_property
    def exact(self) -> Tensor:
        """Where the flow takes the batch, by an adaptive method of order 8 in lambda, to 1e-11."""
        ends = torch.tensor([1.0, self.t_end], dtype=F64)
        first, last = self.process.lambda_(ends).tolist()
        alpha_1, alpha_end = self.process.alpha(ends)
        return alpha_end * self._flow(self.x / alpha_1, first, last)

    @cached_property
    def clean(self) -> Tensor:
        """Where it takes it by sigma = 0, to 1e-9: the noise that is left is 1e-7, and counts squared."""
        end = torch.tensor(self.t_end, dtype=F64)
        return self._flow(self.exact / self.process.alpha(end), float(self.process.lambda_(end)), 7 * math.log(10))

    def _flow(self, y: Tensor, first: float, last: float) -> Tensor:
        """y = x / alpha, from one lambda to another."""
        p = self.process

        def slope(lambda_: float, flat: Any) -> Any:
            t = p.t_of_lambda(torch.tensor(lambda_, dtype=F64))
            state = torch.from_numpy(flat).reshape(y.shape)
            return (self.denoiser(p.alpha(t) * state, t).mean - state).flatten().numpy()

        solution = solve_ivp(slope, (first, last), y.flatten().numpy(), method="DOP853", rtol=1e-11, atol=1e-11)
        return torch.from_numpy(solution.y[:, -1].copy()).reshape(y.shape)

    def error(self, x: Tensor, *, clean: bool = False) -> float:
        """Relative root mean square difference from the exact end, or from the clean one."""
        return float(self._differences(x, clean).square().mean().sqrt())

    def median_error(self, x: Tensor, *, clean: bool = False) -> float:
        """Median over states of the same: a few states that end in another mode decide the mean of squares."""
        return float(self._differences(x, clean).median())

    def _differences(self, x: Tensor, clean: bool) -> Tensor:
        """Of each state, in units of the root mean square of the exact end."""
        exact = self.clean if clean else self.exact
        return (x.to(F64) - exact).square().mean(1).sqrt() / exact.square().mean().sqrt()
