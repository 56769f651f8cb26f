"""Letters that were tilted, by guidance say, together with what they were before: a proposal that can be weighed.

Who draws from the tilted letters and wants the law of the plain ones weighs each draw by p_plain / p_tilted.
"""

from dataclasses import dataclass
from typing import Any

from torch import Tensor

from sciml.denoisers.denoiser import Denoiser
from sciml.denoisers.letters import Categorical


@dataclass(frozen=True)
class Tilted(Categorical):
    """Letters that are independent given x_t, after the tilt.

    Args:
        log_probabilities: of each letter at each position, after.
        plain: the same before.
    """

    plain: Categorical


class Proposing(Denoiser):
    """Any denoiser as a proposal for another: one that was fine-tuned, or guided without classifier.

    Args:
        proposal: whose letters are drawn.
        plain: whose law is meant; of the same process.
    """

    def __init__(self, proposal: Denoiser, plain: Denoiser) -> None:
        if proposal.process != plain.process:
            raise ValueError(f"`proposal` and `plain` must have one process, got {proposal.process} and {plain.process}")
        super().__init__(plain.process)
        self.proposal, self.plain = proposal, plain

    def forward(self, x_t: Tensor, t: Tensor, cond: Any = None) -> Tilted:
        """One call of each."""
        said, plain = self.proposal(x_t, t, cond), self.plain(x_t, t, cond)
        return Tilted(said.log_probabilities, plain)
