"""What the network of an oracle is trained with, called as objective(generator, tokens, values).

A classifier of masked states, which guides a sampler, sees a share of the letters, drawn anew for each sequence from 0 to 1;
where one is masked its row is 0.

Classes: mean of log(1 + exp(y)) - v y, with y the logit and v the class. Numbers: mean of (y - v)^2, v standardised.
"""

from collections.abc import Callable

import torch
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
        masked: whether letters are hidden.
    """

    def __init__(self, net: SequenceOracle, task: str, *, masked: bool = False) -> None:
        super().__init__()
        self.net, self.loss, self.masked = net, LOSSES[task], masked

    def forward(self, generator: Generator, tokens: Tensor, values: Tensor) -> Float[Tensor, ""]:
        x = one_hot(tokens, self.net.letters)
        if self.masked:
            drawn = torch.rand(len(x), 1 + x.shape[1], generator=generator, device=x.device)
            x = x * (drawn[:, 1:] < drawn[:, :1])[..., None]
        return self.loss(self.net(x).float(), values)
