"""Letters that are drawn whole and have a gradient: one-hot vectors with the slope of a softmax.

A letter is the largest of log p + g with Gumbel noise g; its slope is that of softmax((log p + g) / temperature). The slope
is noisy: other noise that draws the same letter gives another one. So it may be averaged over several, drawn given the
letter k that was,

    log p_k + g_k = -log e_k,        log p_j + g_j = -log(e_j / p_j + e_k) for all others,        e exponential,

which has the same mean, less variance, and costs no call of a network.

Reference: Jang et al. (2017), arXiv 1611.01144; Paulus et al. (2021), arXiv 2010.04838, equations 7 and 8.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Generator, Tensor


def gumbel(shape: tuple[int, ...], like: Tensor, generator: Generator) -> Tensor:
    """Standard Gumbel noise, float32, on the device of `like`."""
    return -torch.empty(shape, device=like.device).exponential_(generator=generator).clamp(min=1e-20).log()


def drawn(
    said: Float[Tensor, "place letter"],
    noise: Float[Tensor, "place letter"],
    temperature: float,
    exponentials: Float[Tensor, "draw place letter"] | None = None,
) -> Float[Tensor, "place letter"]:
    """One-hot letters with a slope.

    Args:
        said: log p, normalised.
        noise: g, which draws the letters.
        temperature: of the softmax, positive.
        exponentials: e, of each noise that the slope is averaged over; none: it is that of `noise` itself.
    """
    if exponentials is None:
        return straight_through(((said + noise) / temperature).softmax(-1))
    letters = hard(said + noise)
    perturbed = given(said.detach(), letters, exponentials) + (said - said.detach())
    soft = (perturbed / temperature).softmax(-1).mean(0)
    return letters + (soft - soft.detach())


def given(
    said: Float[Tensor, "place letter"],
    letters: Float[Tensor, "place letter"],
    exponentials: Float[Tensor, "draw place letter"],
) -> Float[Tensor, "draw place letter"]:
    """log p + g, drawn given that `letters`, one-hot, are the largest."""
    times = exponentials.clamp(min=1e-20).log()
    first = (times * letters).sum(-1, keepdim=True)
    return -torch.where(letters > 0, first, torch.logaddexp(times - said, first))


def straight_through(soft: Tensor) -> Tensor:
    """One-hot, with the gradient of what it was."""
    return hard(soft) + (soft - soft.detach())


def hard(x: Tensor) -> Tensor:
    """One-hot vectors of the largest values."""
    return F.one_hot(x.argmax(-1), x.shape[-1]).to(x)
