"""Letters that are drawn whole and have a gradient: one-hot vectors with the slope of a softmax.

A letter D is drawn from p, and a function f of it has the slope f'(D) at D only. The gradient of the mean of f(D) in log p
needs the differences f(j) - f(i), which that slope gives to first order. With the trapezoidal rule between the letter and p,

    gradient = 2 J((p + D) / 2) f'(D) - 1/2 J(p) f'(D),      J(q) = diag(q) - q q^T, of the softmax at q,

it is exact for f that is quadratic, where the slope of a Gumbel-softmax is off at any temperature.

Reference: Liu et al. (2023), Bridging discrete and backpropagation: straight-through and beyond, arXiv 2304.08612,
algorithm 2; Bengio et al. (2013), arXiv 1308.3432, for the rule of first order.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Generator, Tensor

LEAST = 1e-30  # probability of a letter, where its logarithm is taken


def gumbel(shape: tuple[int, ...], like: Tensor, generator: Generator) -> Tensor:
    """Standard Gumbel noise, float32, on the device of `like`."""
    return -torch.empty(shape, device=like.device).exponential_(generator=generator).clamp(min=1e-20).log()


def drawn(said: Float[Tensor, "place letter"], noise: Float[Tensor, "place letter"]) -> Float[Tensor, "place letter"]:
    """One-hot letters with the slope above.

    Args:
        said: log p, normalised.
        noise: standard Gumbel, which draws the letters.
    """
    letters, p = hard(said + noise), said.exp()
    halfway = ((p + letters) / 2).clamp(min=LEAST).log().detach()
    slope = 2 * (halfway + (said - said.detach())).softmax(-1) - p / 2
    return letters + (slope - slope.detach())


def straight_through(soft: Tensor) -> Tensor:
    """One-hot, with the gradient of what it was."""
    return hard(soft) + (soft - soft.detach())


def hard(x: Tensor) -> Tensor:
    """One-hot vectors of the largest values."""
    return F.one_hot(x.argmax(-1), x.shape[-1]).to(x)
