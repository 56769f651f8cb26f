"""What the network of an oracle is trained with, called as objective(generator, tokens, values).

Classes: mean of log(1 + exp(y)) - v y, with y the logit and v the class. Numbers: mean of (y - v)^2, v standardised.
"""

from collections.abc import Callable

import torch.nn.functional as F
from jaxtyping import Float
from torch import Generator, Tensor, nn

from sciml.nets.sequence_oracle import SequenceOracle
from sciml.sequences.oracles.reward import one_hot

LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "classes": F.binary_cross_entropy_with_logits,
    "numbers": F.mse_loss,
}


class OracleObjective(nn.Module):
    """Mean loss of a batch.

    Args:
        net: in training.
        task: `classes` or `numbers`.
    """

    def __init__(self, net: SequenceOracle, task: str) -> None:
        super().__init__()
        self.net, self.loss = net, LOSSES[task]

    def forward(self, generator: Generator, tokens: Tensor, values: Tensor) -> Float[Tensor, ""]:
        return self.loss(self.net(one_hot(tokens, self.net.letters)).float(), values)
