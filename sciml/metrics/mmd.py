"""Maximum mean discrepancy of two sets of samples, and how certain it is.

    MMD^2 = E k(x, x') + E k(y, y') - 2 E k(x, y).

The field reports the square; so do we. Everything is computed from sums over one Gram matrix, never from new kernels.

Reference: Gretton et al. (2012), A kernel two-sample test, JMLR 13, eqs. 3 and 5.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from sciml.metrics.gram import Gram


@dataclass(frozen=True)
class Resamples:
    """Weights of bootstrap samples, to be shared by all scores of the same two sets.

    Args:
        w: how often each sample of the first set is drawn, summing to n.
        v: the same for the second set.
    """

    w: Float64[Tensor, "draw n"]
    v: Float64[Tensor, "draw m"]


def resamples(n: int, m: int, *, draws: int = 1000, seed: int) -> Resamples:
    """Draws with replacement of n from n samples and m from m."""
    generator = np.random.default_rng(seed)
    w, v = (torch.from_numpy(generator.multinomial(k, np.full(k, 1 / k), size=draws)).double() for k in (n, m))
    return Resamples(w, v)


def mmd_biased(gram: Gram) -> float:
    """The V-statistic, with the pairs i = j: the field's estimator; its bias is about (1/n + 1/m) (1 - E k)."""
    ones = torch.ones(1, gram.n, dtype=torch.float64), torch.ones(1, gram.m, dtype=torch.float64)
    return float(_biased(gram, *ones))


def mmd_unbiased(gram: Gram) -> float:
    """The U-statistic, without the pairs i = j: may be negative, and is 0 on average if the laws are equal."""
    ones = torch.ones(1, gram.n, dtype=torch.float64), torch.ones(1, gram.m, dtype=torch.float64)
    return float(_unbiased(gram, *ones))


def mmd_deviations(gram: Gram, draws: Resamples) -> Float64[Tensor, " draw"]:
    """Draws of the error of `mmd_unbiased`, by bootstrap over both sets.

    The statistic of resampled weights w = 1 + d has parts linear and quadratic in d, with variances L and Q. The statistic
    itself has variance L - Q, not L + Q: near equal laws a plain bootstrap is too wide by sqrt(3). The parts are told apart
    by the mirrored weights 1 - d, and the draws are scaled to the right variance.

    Reference: Arcones and Gine (1992), On the bootstrap of U and V statistics, doi:10.1214/aos/1176348650, on why the
            plain bootstrap fails there; the scale is ours.
    """
    centre = mmd_unbiased(gram)
    there, back = _unbiased(gram, draws.w, draws.v), _unbiased(gram, 2 - draws.w, 2 - draws.v)
    linear, quadratic = (there - back) / 2, (there + back) / 2 - centre
    variance = torch.maximum(linear.var() - quadratic.var(), quadratic.var())
    total = there.var()
    return (there - centre) * (variance / total).sqrt() if total > 0 else torch.zeros_like(there)


def interval(value: float, deviations: Float64[Tensor, " draw"], *, level: float = 0.95) -> tuple[float, float]:
    """The middle `level` of the draws of the error, about the value."""
    tails = torch.tensor([(1 - level) / 2, (1 + level) / 2], dtype=torch.float64)
    low, high = (value + torch.quantile(deviations, tails)).tolist()
    return low, high


def mmd_of_subsets(gram: Gram, *, size: int, subsets: int = 200, seed: int) -> tuple[float, float]:
    """Mean and standard deviation of the biased estimate over random subsets of the first set: the authors' protocol.

    Raises:
        ValueError: fewer than `size` samples in the first set.
    """
    if not 0 < size <= gram.n:
        raise ValueError(f"`size` must lie in [1, {gram.n}], the samples of the first set, got {size}")
    generator = np.random.default_rng(seed)
    chosen = torch.from_numpy(generator.permuted(np.tile(np.arange(gram.n) < size, (subsets, 1)), axis=1)).double()
    values = _biased(gram, chosen, torch.ones(subsets, gram.m, dtype=torch.float64))
    return float(values.mean()), float(values.std(correction=0))


def mean_interval(
    values: Sequence[float], deviations: Sequence[Float64[Tensor, " draw"]], *, level: float = 0.95
) -> tuple[float, tuple[float, float]]:
    """Mean of several scores whose deviations come from the same draws, and its interval."""
    mean = sum(values) / len(values)
    return mean, interval(mean, torch.stack(list(deviations)).mean(0), level=level)


def _biased(gram: Gram, w: Tensor, v: Tensor) -> Tensor:
    x, y, cross = gram.sums(w, v)
    own_x, own_y = gram.squares()
    n, m = w.sum(1), v.sum(1)
    return (x + w.square() @ own_x) / n**2 + (y + v.square() @ own_y) / m**2 - 2 * cross / (n * m)


def _unbiased(gram: Gram, w: Tensor, v: Tensor) -> Tensor:
    if min(gram.n, gram.m) < 2:
        raise ValueError(f"both sets must have at least 2 samples, got {gram.n} and {gram.m}")
    x, y, cross = gram.sums(w, v)
    n, m = w.sum(1), v.sum(1)
    return x / (n**2 - w.square().sum(1)) + y / (m**2 - v.square().sum(1)) - 2 * cross / (n * m)
