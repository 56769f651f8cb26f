"""Denoisers of letters.

What a position knows of itself is exact, the network adds what the others say:

    p(x_0,i = k | x_t) = softmax_k( network_k(x_t) + log q(x_t,i | x_0,i = k) ).

Under masking the second term is minus infinity for all but the letter that is seen, and 0 under the mask: what is unmasked
is carried over, and the network is asked about the mask alone (SUBS). Under uniform jumps it is what keeps a letter likely
to be right near t = 0.

Reference: Sahoo et al. (2024), arXiv 2406.07524, section 3.2.3, for SUBS; the rest is Bayes' rule.
"""

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from sciml.denoisers.denoiser import Denoiser
from sciml.numerics.broadcasting import sample_times
from sciml.processes.jump import JumpProcess


@dataclass(frozen=True)
class Categorical:
    """Letters that are independent given x_t.

    Args:
        log_probabilities: of each letter at each position.
    """

    log_probabilities: Float[Tensor, "batch position letter"]

    @property
    def mean(self) -> Float[Tensor, "batch position letter"]:
        """Probabilities: the mean of x_0 written as one-hot vectors."""
        return self.log_probabilities.exp()


class LetterDenoiser(Denoiser):
    """p(x_0 | x_t) by a network.

    Args:
        net: called as net(x, t, cond) with x one-hot, (batch, position, vocabulary), and t of shape (batch,); returns logits
            (batch, position, letter).
        process: the process it was, or will be, trained for.
    """

    process: JumpProcess

    def __init__(self, net: nn.Module, process: JumpProcess) -> None:
        super().__init__(process)
        self.net = net

    def logits(self, x: Float[Tensor, "batch position vocabulary"], t: Tensor, cond: Any = None) -> Tensor:
        """What the network says of a state written as one-hot vectors, or as mixtures of such, normalised over letters."""
        return self.net(x, sample_times(t, x).to(x.dtype), cond).float().log_softmax(-1)

    def forward(self, x_t: Tensor, t: Tensor, cond: Any = None) -> Categorical:
        """p(x_0 | x_t) of whole numbers (batch, position).

        A state may also be floats, (batch, position, vocabulary): one-hot vectors, or mixtures of such, that gradients pass.
        Of it each position is asked as if nothing were seen there; who relaxes a state carries over what is.
        """
        if x_t.is_floating_point():
            return Categorical(self.logits(x_t, t, cond))
        x = F.one_hot(x_t, self.process.vocabulary).to(torch.get_default_dtype())
        said = self.logits(x, t, cond)
        return Categorical((said + self.process.evidence(x_t, t)).log_softmax(-1))


def jump_process(denoiser: Denoiser) -> JumpProcess:
    """The process of a denoiser, for code that needs letters.

    Raises:
        TypeError: if the process is none of letters.
    """
    if not isinstance(denoiser.process, JumpProcess):
        raise TypeError(f"`denoiser.process` must be a JumpProcess, got {type(denoiser.process).__name__}")
    return denoiser.process
