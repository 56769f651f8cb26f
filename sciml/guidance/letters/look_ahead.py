"""Look-ahead guidance of letters: a reward is asked about the letters that the denoiser foresees, and each is weighed by it.

With m = E[x_0 | x_t] in one-hot vectors, the probabilities, V = r(m) / alpha. The letter k at position i counts

    exp( dV / dm_ik )                                        by the gradient of the reward alone, or
    exp( dV / dx_t,ik - dV / dx_t,i mask )                   by the gradient through the denoiser,

p(x_0,i | x_t) times it normalised, whereby the mask's part goes. The first is to first order in r / alpha what x_0,i = k
does to E[exp(r / alpha)] if positions are independent given x_t, and exact if the reward is a sum over them besides. The
second adds what the denoiser makes of the letter for the others; it costs the gradient of the network, which has seen no
states but one-hot vectors in training.

Reference: Wu et al. (2023), arXiv 2306.17775, for the twist at the posterior mean; Nisonoff et al. (2024), arXiv
2406.01572, for first order in letters. In published code for DNA the push depends on the size of the batch; here it does
not.
"""

from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from sciml.denoisers.denoiser import Denoiser
from sciml.denoisers.letters import Categorical, jump_process
from sciml.denoisers.reward import Reward, positive, rewards
from sciml.denoisers.tilted import Tilted
from sciml.guidance.letters.classifier import masking, slope_of, tilted


class LetterLookAhead(Denoiser):
    """The letters, pushed to where a reward of clean data grows; a Tilted posterior.

    Args:
        denoiser: of letters; with `through` of masked letters, differentiable, and taking states as one-hot vectors.
        reward: of one-hot vectors or mixtures of such, (batch, position, letter); differentiable.
        alpha: in units of the reward a nat, positive; large is gentle.
        through: whether the gradient is taken through the denoiser.
    """

    def __init__(self, denoiser: Denoiser, reward: Reward, alpha: float, *, through: bool = False) -> None:
        super().__init__(denoiser.process)
        (masking if through else jump_process)(denoiser)
        self.denoiser, self.reward, self.alpha, self.through = denoiser, reward, positive(alpha), through

    def forward(self, x_t: Tensor, t: Tensor, cond: Any = None) -> Tilted:
        """One call of the denoiser, with its gradient or without, and one of the reward with its gradient."""
        return self._through(x_t, t, cond) if self.through else self._direct(x_t, t, cond)

    def _direct(self, x_t: Tensor, t: Tensor, cond: Any) -> Tilted:
        plain: Categorical = self.denoiser(x_t, t, cond)
        with torch.enable_grad():
            mean = plain.mean.detach().requires_grad_()
            slope = slope_of(rewards(self.reward, mean), mean)
        return tilted(plain, slope / self.alpha)

    def _through(self, x_t: Tensor, t: Tensor, cond: Any) -> Tilted:
        process = masking(self.denoiser)
        with torch.enable_grad():
            x = F.one_hot(x_t, process.vocabulary).to(torch.get_default_dtype()).requires_grad_()
            said = self.denoiser(x, t, cond).log_probabilities
            slope = self._slope(x, said)
        plain = Categorical((said.detach() + process.evidence(x_t, t)).log_softmax(-1))
        return tilted(plain, slope[..., :-1] / self.alpha)

    def _slope(self, x: Tensor, said: Tensor) -> Float[Tensor, "batch position vocabulary"]:
        """By the state, of the reward of letters that are seen and of those foreseen under the mask."""
        return slope_of(rewards(self.reward, x[..., :-1] + x[..., -1:] * said.exp()), x)
