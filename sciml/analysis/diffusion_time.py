"""How much diffusion is enough: what it costs, in nats, to start from a model of p_T instead of p_T itself.

The evidence bound of a diffusion model that starts at T from a law q contains -KL(p_T || q). With q the usual noise the gap
closes only as T grows; an auxiliary model of the data, however coarse, diffused to T closes most of it at once, because
diffusion blurs what the model lacks. Here it is a Gaussian or a mixture of Gaussians, which stays one at every time:

    x_0 ~ sum_k w_k N(m_k, U diag(v_k) U^T),      q_t = sum_k w_k N(alpha m_k, U diag(alpha^2 v_k + sigma^2) U^T).

Reference: Franzese et al. (2022), arXiv 2206.05173.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from sciml.denoisers.statistics import DataStatistics, principal_statistics
from sciml.numerics.modes import Modes, dense_modes
from sciml.numerics.noise import gaussian_noise
from sciml.processes.gaussian import GaussianProcess


@dataclass(frozen=True, eq=False)
class AuxiliaryPrior:
    """The law q_t of the module, in float64: a start for samplers, and the measure of how good a start.

    Args:
        process: the forward process.
        weights: w, positive, adding up to one.
        means: m.
        variances: v, not negative, for each component those of the modes.
        modes: U, common to all components.
    """

    process: GaussianProcess
    weights: Float64[Tensor, " K"]
    means: Float64[Tensor, "K *space"]
    variances: Float64[Tensor, "K *layout"]
    modes: Modes

    def sample(self, n: int, t: Tensor, *, generator: torch.Generator) -> Float64[Tensor, "n *space"]:
        """n draws of x_t, from which a solver starts at time t.

        Args:
            n: how many.
            t: one time.
            generator: source of randomness.
        """
        k = torch.multinomial(self.weights, n, replacement=True, generator=generator)
        spread = self.variances[k].sqrt()
        x_0 = self.means[k] + self.modes.inverse(spread * gaussian_noise(spread, generator), (n, *self.means.shape[1:]))
        return self.process.perturb(x_0, t, generator=generator)

    def log_prob(self, x: Float[Tensor, "batch *space"], t: Tensor) -> Float64[Tensor, " batch"]:
        """log q_t(x) in nats."""
        alpha, sigma = self.process.alpha(t), self.process.sigma(t)
        z, centres = self.modes.forward(x.to(torch.float64)).flatten(1), self.modes.forward(self.means).flatten(1)
        total = (alpha**2 * self.variances + sigma**2).flatten(1)
        square = torch.stack([((z - alpha * m) ** 2 / v).sum(1) for m, v in zip(centres, total, strict=True)], 1)
        constant = self.weights.log() - (total.log().sum(1) + z.shape[1] * math.log(2 * math.pi)) / 2
        return (constant - square / 2).logsumexp(1)


def standard_prior(process: GaussianProcess, like: Float[Tensor, "n *space"]) -> AuxiliaryPrior:
    """Data N(0, I), whose q_t = N(0, (alpha^2 + sigma^2) I) is the usual noise of a process that preserves variance.

    Args:
        process: the forward process.
        like: data of the wanted shape.
    """
    shape = tuple(like.shape[1:])
    zero = torch.zeros(1, *shape, dtype=torch.float64)
    return AuxiliaryPrior(process, torch.ones(1, dtype=torch.float64), zero, zero + 1, Modes(shape, (None,) * len(shape)))


def gaussian_prior(process: GaussianProcess, statistics: DataStatistics) -> AuxiliaryPrior:
    """The Gaussian with the mean and the spectrum of the data."""
    known = statistics.to(torch.zeros((), dtype=torch.float64))
    one = torch.ones(1, dtype=torch.float64)
    return AuxiliaryPrior(process, one, known.mean[None], known.variances.to(torch.float64)[None], known.modes)


def mixture_prior(
    process: GaussianProcess,
    data: Float[Tensor, "n *space"],
    components: int,
    *,
    generator: torch.Generator,
    iterations: int = 100,
    floor: float = 1e-3,
) -> AuxiliaryPrior:
    """A mixture fitted by expectation maximisation, with diagonal covariances in the principal modes of the data.

    Args:
        process: the forward process.
        data: the training data, of d elements each; takes d x d memory.
        components: K, at least 1 and at most n.
        generator: source of the first guess, which is means at data far apart.
        iterations: of expectation and maximisation, at least 1.
        floor: least variance of a mode in units of the largest of the data, positive.
    """
    if not 1 <= components <= len(data):
        raise ValueError(f"`components` must lie in [1, {len(data)}], the number of data, got {components}")
    if iterations < 1:
        raise ValueError(f"`iterations` must be at least 1, got {iterations}")
    if not floor > 0:
        raise ValueError(f"`floor` must be positive, got {floor}")
    modes = dense_modes(principal_statistics(data).modes.bases[0])  # type: ignore[arg-type]
    z = modes.forward(data.to(torch.float64))
    least = floor * z.var(0).max()
    weights = torch.full((components,), 1 / components, dtype=torch.float64)
    means, variances = _far_apart(z, components, generator), z.var(0).expand(components, -1)
    for _ in range(iterations):
        square = torch.stack([((z - m) ** 2 / v).sum(1) for m, v in zip(means, variances, strict=True)], 1)
        share = (weights.log() - variances.log().sum(1) / 2 - square / 2).softmax(1)
        mass = share.sum(0).clamp(min=1e-12)
        weights, means = mass / mass.sum(), share.T @ z / mass[:, None]
        variances = (share.T @ z**2 / mass[:, None] - means**2).clamp(min=least)
    return AuxiliaryPrior(process, weights, modes.inverse(means, (components, *data.shape[1:])), variances, modes)


def gap_in_nats(log_p: Float[Tensor, " draws"], log_q: Float[Tensor, " draws"]) -> float:
    """KL(p || q) = E_p[q/p - 1 - log(q/p)] from the densities at draws of p: no draw counts below 0, so the mean is steady.

    Args:
        log_p: log p at draws of p.
        log_q: log q there.
    """
    log_ratio = log_q - log_p
    return float((torch.expm1(log_ratio) - log_ratio).mean())


def terminal_gap(
    prior: AuxiliaryPrior, data: Float[Tensor, "n *space"], t: Tensor, *, draws: int = 2000, generator: torch.Generator
) -> float:
    """KL(p_t || q_t) in nats, p_t that of the data at hand: the mixture of N(alpha x_i, sigma^2 I).

    In the mean this is no less than for the law the data come from, so that it errs on the safe side, and by little once the
    noise bridges the data.

    Args:
        prior: q; `standard_prior` for the usual noise.
        data: some thousands.
        t: one time, sigma_t > 0.
        draws: states at which the densities are compared, spread evenly over the data.
        generator: source of randomness.
    """
    if draws < 1:
        raise ValueError(f"`draws` must be at least 1, got {draws}")
    process, x_0 = prior.process, data.to(torch.float64)
    index = (torch.arange(draws, dtype=torch.float64) * len(data) / draws).long()
    x = process.perturb(x_0[index], t, generator=generator)
    flat, centres, variance = x.flatten(1), process.alpha(t) * x_0.flatten(1), process.sigma(t) ** 2
    square = torch.cdist(flat, centres, compute_mode="donot_use_mm_for_euclid_dist") ** 2
    log_p = (-square / (2 * variance)).logsumexp(1) - math.log(len(data))
    log_p = log_p - flat.shape[1] / 2 * math.log(2 * math.pi * float(variance))
    return gap_in_nats(log_p, prior.log_prob(x, t))


def recommend_time(
    prior: AuxiliaryPrior,
    data: Float[Tensor, "n *space"],
    tolerance: float,
    *,
    draws: int = 2000,
    precision: float = 0.01,
    generator: torch.Generator,
) -> float:
    """The smallest t_start at which the gap is within a tolerance, by bisection: it falls with t.

    Args:
        prior: q, from which samplers would start, by `AuxiliaryPrior.sample`.
        data: see `terminal_gap`.
        tolerance: in nats, positive.
        draws: see `terminal_gap`; at every time the same.
        precision: of the time, positive.
        generator: source of randomness.

    Returns:
        A time in (t_min, 1], above the exact one by no more than `precision`.

    Raises:
        ValueError: if the gap is above the tolerance even at t = 1.
    """
    if not tolerance > 0:
        raise ValueError(f"`tolerance` must be positive, got {tolerance}")
    if not precision > 0:
        raise ValueError(f"`precision` must be positive, got {precision}")
    seed = int(torch.randint(2**31, (), generator=generator))

    def gap(t: float) -> float:
        time = torch.tensor(t, dtype=torch.float64)
        return terminal_gap(prior, data, time, draws=draws, generator=torch.Generator().manual_seed(seed))

    low, high = max(prior.process.t_min, 1e-6), 1.0
    if gap(high) > tolerance:
        raise ValueError(f"`tolerance` must be at least the gap at t = 1, {gap(high)}, got {tolerance}")
    while high - low > precision:
        middle = (low + high) / 2
        low, high = (low, middle) if gap(middle) <= tolerance else (middle, high)
    return high


def _far_apart(z: Float64[Tensor, "n d"], count: int, generator: torch.Generator) -> Float64[Tensor, "count d"]:
    """Some of the rows, each drawn in proportion to its squared distance from those before.

    Reference: Arthur and Vassilvitskii (2007), k-means++.
    """
    chosen = [z[int(torch.randint(len(z), (), generator=generator))]]
    square = torch.full((len(z),), math.inf, dtype=torch.float64)
    for _ in range(count - 1):
        square = torch.minimum(square, ((z - chosen[-1]) ** 2).sum(1))
        chosen.append(z[int(torch.multinomial(square + 1e-300, 1, generator=generator))])
    return torch.stack(chosen)
