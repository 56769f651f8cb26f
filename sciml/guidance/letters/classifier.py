"""Classifier guidance of masked letters: each is weighed by what its appearance does to a classifier of masked states.

Let x_t[i = k] be the state in which position i, masked so far, shows letter k. Under masking that says of the data just
what x_0,i = k says, so that by Bayes' rule

    p(x_0,i = k | x_t, y) = p(x_0,i = k | x_t) p(y | x_t[i = k]) / p(y | x_t),

exactly; with a weight w the last factor is taken to the power w, and the letters are normalised, with w = 1 too, for a
classifier that was learned is not quite consistent with itself. That takes a call of the classifier for each masked
position and letter. To first order one gradient by the state, written as one-hot vectors, does for all:

    log p(y | x_t[i = k]) - log p(y | x_t) = d log p(y | x_t) / d x_t,ik - d log p(y | x_t) / d x_t,i mask.

What is common to the letters of a position, here the mask's part, goes when they are normalised. When letters are revealed
is left as it is, which is exact too, for it does not depend on them.

Reference: Nisonoff et al. (2024), arXiv 2406.01572, who guide rates, exactly and to first order; Schiff et al. (2024),
arXiv 2412.10193.
"""

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from sciml.denoisers.denoiser import Denoiser
from sciml.denoisers.letters import Categorical, jump_process
from sciml.denoisers.tilted import Tilted
from sciml.guidance.classifier import finite
from sciml.processes.absorbing import Absorbing

LogProbability = Callable[[Float[Tensor, "batch position vocabulary"], Tensor], Float[Tensor, " batch"]]


class LetterClassifierGuided(Denoiser):
    """The letters given what a classifier of masked states is to say; a Tilted posterior.

    Args:
        denoiser: of masked letters.
        log_probability: log p(y | x_t) of each sample, (batch,), up to a constant, called as log_probability(x_t, t) with
            the state as one-hot vectors (batch, position, vocabulary), the mask last; differentiable unless `exact`.
        weight: w, finite.
        exact: whether the classifier is asked about each letter at each position, or once and its gradient is taken.
    """

    def __init__(
        self, denoiser: Denoiser, log_probability: LogProbability, weight: float = 1.0, *, exact: bool = False
    ) -> None:
        super().__init__(denoiser.process)
        masking(denoiser)
        self.denoiser, self.log_probability, self.weight, self.exact = denoiser, log_probability, finite(weight), exact

    def forward(self, x_t: Tensor, t: Tensor, cond: Any = None) -> Tilted:
        """One call of the denoiser; of the classifier one and its gradient, or one a letter and position."""
        plain = self.denoiser(x_t, t, cond)
        if self.weight == 0:
            return Tilted(plain.log_probabilities, plain)
        like = plain.log_probabilities
        return tilted(plain, self.weight * (self._each(x_t, t, like) if self.exact else self._slope(x_t, t, like)))

    def _slope(self, x_t: Tensor, t: Tensor, like: Tensor) -> Float[Tensor, "batch position letter"]:
        with torch.enable_grad():
            x = F.one_hot(x_t, masking(self.denoiser).vocabulary).to(like.dtype).requires_grad_()
            return slope_of(self._asked(x, t), x)[..., :-1]

    def _each(self, x_t: Tensor, t: Tensor, like: Tensor) -> Float[Tensor, "batch position letter"]:
        """log p(y | x_t[i = k]) where i is masked, 0 elsewhere."""
        process, found = masking(self.denoiser), torch.zeros_like(like)
        for i in range(x_t.shape[1]):
            rows = (x_t[:, i] == process.mask).nonzero()[:, 0]
            if len(rows):
                shown = x_t[rows].repeat_interleave(process.letters, 0)
                shown[:, i] = torch.arange(process.letters, device=x_t.device).repeat(len(rows))
                time = t if t.ndim == 0 or len(t) == 1 else t[rows.to(t.device)].repeat_interleave(process.letters, 0)
                said = self._asked(F.one_hot(shown, process.vocabulary).to(like.dtype), time)
                found[rows, i] = said.reshape(len(rows), process.letters).to(like)
        return found

    def _asked(self, x: Tensor, t: Tensor) -> Float[Tensor, " batch"]:
        return one_a_sample(self.log_probability(x, t), x, "log_probability")


def tilted(plain: Categorical, log_factor: Float[Tensor, "batch position letter"]) -> Tilted:
    """Letters multiplied by a factor each, and normalised; what is impossible stays so.

    Raises:
        FloatingPointError: a factor that is none.
    """
    if not bool(torch.isfinite(log_factor).all()):
        row, position, letter = (~torch.isfinite(log_factor)).nonzero()[0].tolist()
        value = log_factor[row, position, letter].item()
        raise FloatingPointError(f"guidance must be finite, got {value} for letter {letter} at position {position} of {row}")
    return Tilted((plain.log_probabilities + log_factor.to(plain.log_probabilities)).log_softmax(-1), plain)


def slope_of(values: Float[Tensor, " batch"], x: Tensor) -> Tensor:
    """The derivative of each sample's value by its own x, whatever the size of the batch."""
    return torch.autograd.grad(values.sum(), x, allow_unused=True, materialize_grads=True)[0]


def one_a_sample(values: Tensor, x: Tensor, name: str) -> Float[Tensor, " batch"]:
    """What was returned under this name.

    Raises:
        ValueError: if it is not one number for each sample.
    """
    if values.shape != x.shape[:1]:
        raise ValueError(f"`{name}` must return one number for each of {len(x)} samples, got {tuple(values.shape)}")
    return values


def masking(denoiser: Denoiser) -> Absorbing:
    """The process of a denoiser of masked letters.

    Raises:
        TypeError: if it does not mask.
    """
    process = jump_process(denoiser)
    if not isinstance(process, Absorbing):
        raise TypeError(f"`denoiser.process` must be Absorbing, got {type(process).__name__}")
    return process
