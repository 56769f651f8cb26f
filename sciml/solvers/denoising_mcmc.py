"""Denoising MCMC: a Markov chain over states and noise levels at once, whose states a solver then denoises.

The chain lives on p(y, i) = p_i(y) / K, p_i the law of y = x / alpha at the i-th of K times, s_i = sigma_i / alpha_i. It
takes turns of Gibbs and of Langevin steps,

    i ~ p(i | y) = p_i(y) / sum_j p_j(y),      y <- y + h score_i(y) + sqrt(2 h) z,  h = 2 (r s_i)^2:

at high noise it wanders between modes, at low noise within. Each state taken from it is at some level, from which a solver
needs few steps, fewer than from pure noise, which it hardly ever visits again.

p(i | y) comes from `Levels`, see `noise_levels`; the paper trains a classifier for it.

Reference: Kim and Ye (2022), arXiv 2209.14593, whose Langevin-Gibbs chain this is.
"""

from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float, Float64, Int64
from torch import Tensor

from sciml.denoisers.counting import Counting
from sciml.denoisers.denoiser import Denoiser, gaussian_process
from sciml.numerics.broadcasting import broadcast_time
from sciml.numerics.noise import gaussian_noise
from sciml.solvers.grids import Grid, karras_grid
from sciml.solvers.integrate import integrate
from sciml.solvers.noise_levels import Levels
from sciml.solvers.solver import Solver


@dataclass(frozen=True)
class LangevinGibbs:
    """The chain and what follows it.

    Args:
        times: the levels, decreasing within (0, 1], at least 2; equal steps in lambda serve.
        langevin: Langevin steps between two Gibbs steps, at least 1; each is a call of the denoiser.
        snr: r, in (0, 1/2].
        burn_in: turns before the first sample is taken.
        turns: turns from one sample of a chain to its next, at least 1.
        steps: of the solver, from wherever a state is down to t_end.
        t_end: where the solver stops; `process.t_min` by default.
    """

    times: Grid
    langevin: int = 1
    snr: float = 0.3
    burn_in: int = 100
    turns: int = 5
    steps: int = 5
    t_end: float | None = None

    def __post_init__(self) -> None:
        if len(self.times) < 2 or bool((self.times.diff() >= 0).any()) or not 0 < self.times[-1] < self.times[0] <= 1:
            raise ValueError(f"`times` must be two or more and decrease within (0, 1], got {self.times.tolist()}")
        if not 0 < self.snr <= 0.5:
            raise ValueError(f"`snr` must lie in (0, 0.5], got {self.snr}")
        for name, least in (("langevin", 1), ("burn_in", 0), ("turns", 1), ("steps", 1)):
            if getattr(self, name) < least:
                raise ValueError(f"`{name}` must be at least {least}, got {getattr(self, name)}")


@dataclass(frozen=True, eq=False)
class Draws:
    """What a run yields.

    Args:
        samples: states at t_end.
        calls: of the denoiser for each sample, burn-in and solver included; those that `Levels` makes are not.
    """

    samples: Float[Tensor, "samples *space"]
    calls: float


@torch.no_grad()
def denoising_mcmc(
    chain: LangevinGibbs,
    denoiser: Denoiser,
    levels: Levels,
    solver: Solver[Any, Any],
    x: Float[Tensor, "chains *space"],
    *,
    rounds: int,
    generator: torch.Generator,
) -> Draws:
    """Runs chains side by side, and denoises a state of each in every round.

    Args:
        chain: how.
        denoiser: the model; it takes a time for each sample.
        levels: log p_i(y), for instance `exact_levels(oracle)` or `denoiser_levels(denoiser)`.
        solver: denoises.
        x: a state for each chain at time chain.times[0], for instance noise.
        rounds: samples of each chain, at least 1.
        generator: source of randomness.

    Returns:
        rounds x chains samples, round by round, of which those of one chain are correlated.
    """
    if rounds < 1:
        raise ValueError(f"`rounds` must be at least 1, got {rounds}")
    counting, process = Counting(denoiser), gaussian_process(denoiser)
    y, calls, samples = x / process.alpha(chain.times[0]).to(x.dtype), 0.0, []
    level = torch.zeros(len(x), dtype=torch.int64, device=x.device)
    for turn in range(1, chain.burn_in + rounds * chain.turns + 1):
        y, level = _turn(chain, counting, levels, y, generator)
        if turn > chain.burn_in and (turn - chain.burn_in) % chain.turns == 0:
            end, cost = _denoise(chain, denoiser, solver, y, level, generator)
            samples.append(end)
            calls += cost
    return Draws(torch.cat(samples), calls / (rounds * len(x)) + counting.nfe / rounds)


def _turn(
    chain: LangevinGibbs, denoiser: Denoiser, levels: Levels, y: Tensor, generator: torch.Generator
) -> tuple[Tensor, Int64[Tensor, " chains"]]:
    """A Gibbs step in the level, then Langevin steps at it."""
    process = gaussian_process(denoiser)
    weights = levels(y, chain.times).softmax(1)
    level = torch.multinomial(weights, 1, generator=generator)[:, 0]
    t = chain.times[level.cpu()]
    alpha, s = (c.to(y) for c in _coefficients(process.alpha(t), process.sigma(t), y))
    for _ in range(chain.langevin):
        mean = denoiser(alpha * y, t).mean
        y = y + 2 * chain.snr**2 * (mean - y) + 2 * chain.snr * s * gaussian_noise(y, generator)
    return y, level


def _coefficients(alpha: Float64[Tensor, " n"], sigma: Float64[Tensor, " n"], y: Tensor) -> tuple[Tensor, Tensor]:
    """alpha and sigma / alpha, one for each sample."""
    return broadcast_time(alpha, y), broadcast_time(sigma / alpha, y)


def _denoise(
    chain: LangevinGibbs, denoiser: Denoiser, solver: Solver[Any, Any], y: Tensor, level: Tensor, generator: torch.Generator
) -> tuple[Tensor, float]:
    """States at t_end and the calls they took, summed over the states; those at one level go together."""
    process, ends, calls = gaussian_process(denoiser), torch.empty_like(y), 0.0
    for i in level.unique().tolist():
        here, counting, t = level == i, Counting(denoiser), chain.times[i].item()
        grid = karras_grid(process, chain.steps, t_start=t, t_end=chain.t_end)
        state = process.alpha(grid[0]).to(y.dtype) * y[here]
        ends[here] = integrate(solver, counting, state, grid, generator=generator)
        calls += counting.nfe * int(here.sum())
    return ends, calls
