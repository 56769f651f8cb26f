"""What a reward has to say of letters that are still in doubt.

Samples steered by a reward r are to follow p(x_0) exp(r(x_0) / alpha), normalised. How promising a state on the way is, is
known from its value,

    V(x_t) = log E[ exp(r(x_0) / alpha) | x_t ],

of which a denoiser gives two estimates: r at the posterior mean over alpha, which neglects the spread of x_0; and the
logarithm of the mean over draws from the letters' own probabilities, which neglects how they depend on each other.

Reference: Wu et al. (2023), arXiv 2306.17775; Li et al. (2024), arXiv 2408.08252; Singhal et al. (2025), arXiv 2501.06848.
"""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from jaxtyping import Float, Float64
from torch import Tensor, nn

from sciml.io.errors import InputError
from sciml.numerics.letters import draw
from sciml.processes.jump import Letters, Probabilities

# Larger is better. Of one-hot vectors, and where a gradient is to lead, of mixtures of such.
Reward = Callable[[Float[Tensor, "batch position letter"]], Float[Tensor, " batch"]]


def rewards(reward: Reward, x_0: Probabilities) -> Float[Tensor, " batch"]:
    """The reward of each sample, one number each.

    Args:
        reward: of one-hot vectors, or of mixtures of such; a module is moved to where they are.
        x_0: (batch, position, letter); where a gradient by it is to be taken, the reward must have one.

    Raises:
        InputError: something else than one number for each sample, or numbers without the gradient that is to be taken.
        FloatingPointError: a reward that is not finite.
    """
    if isinstance(reward, nn.Module):
        reward.to(x_0.device)
    found = reward(x_0)
    if not isinstance(found, Tensor) or found.shape != x_0.shape[:1]:
        got = tuple(found.shape) if isinstance(found, Tensor) else type(found).__name__
        raise InputError(f"`reward` must return one number for each of {len(x_0)} samples, got {got}")
    if torch.is_grad_enabled() and x_0.requires_grad and not found.requires_grad:
        raise InputError("the reward must be differentiable in the letters: its gradient is what is followed")
    if not bool(torch.isfinite(found).all()):
        row = int((~torch.isfinite(found)).nonzero()[0])
        raise FloatingPointError(f"`reward` must be finite, got {found[row].item()} for sample {row}")
    return found


def rewards_of_letters(reward: Reward, x_0: Letters, letters: int, like: Tensor) -> Float64[Tensor, " batch"]:
    """The reward of whole numbers, written as one-hot vectors of the dtype of `like`."""
    return rewards(reward, F.one_hot(x_0, letters).to(like.dtype)).double()


def foreseen(
    reward: Reward, said: Probabilities, alpha: float, draws: int, generator: torch.Generator
) -> Float64[Tensor, " batch"]:
    """V(x_t), estimated.

    Args:
        reward: r.
        said: p(x_0 | x_t).
        alpha: in units of the reward a nat.
        draws: of x_0 that are averaged over; with 0 the reward is asked about the posterior mean.
        generator: source of randomness.
    """
    if draws == 0:
        return rewards(reward, said).double() / alpha
    x_0 = draw(said.expand(draws, *said.shape), generator)
    found = rewards_of_letters(reward, x_0.flatten(0, 1), said.shape[-1], said)
    return (found.reshape(draws, -1) / alpha).logsumexp(0) - math.log(draws)


def positive(alpha: float) -> float:
    """An alpha that one can divide by.

    Raises:
        ValueError: if it is not positive and finite.
    """
    if not 0 < alpha < math.inf:
        raise ValueError(f"`alpha` must be positive and finite, got {alpha}")
    return alpha
