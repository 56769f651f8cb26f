"""An oracle that a gradient can follow: a network on letters, in the unit of the label."""

from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor, nn

from sciml.config.sequence_oracles import ConvolutionalOracleConfig, OracleTargetConfig
from sciml.io.errors import InputError
from sciml.nets.sequence_oracle import SequenceOracle
from sciml.sequences.data.sequence_set import DNA

COMPLEMENT = (3, 2, 1, 0)  # of A, C, G, T


class ConvolutionalOracle(nn.Module):
    """reward = centre + scale net(x): the logit of class 1, or a number in the unit of the label.

    Args:
        config: the network.
        target: what is predicted.
        alphabet: the letters.
        masked: whether it was trained on sequences of which a share is masked, rows of 0, as guidance needs it.

    Raises:
        InputError: both strands of something that is no DNA.
    """

    kind: ClassVar[str] = "convolutional"
    centre: Tensor
    scale: Tensor

    def __init__(
        self, config: ConvolutionalOracleConfig, target: OracleTargetConfig, alphabet: str, *, masked: bool = False
    ) -> None:
        super().__init__()
        self.config, self.target, self.alphabet, self.masked = config, target, alphabet, masked
        self.net = SequenceOracle(
            len(alphabet), config.width, config.kernels, config.pool, config.dropout, complement_of(target, alphabet)
        )
        self.register_buffer("centre", torch.zeros(()))
        self.register_buffer("scale", torch.ones(()))

    def forward(self, x: Float[Tensor, "batch position letter"]) -> Float[Tensor, " batch"]:
        return self.centre + self.scale * self.net(x)


def complement_of(target: OracleTargetConfig, alphabet: str) -> tuple[int, ...] | None:
    """The letter that pairs with each, if both strands are to be alike.

    Raises:
        InputError: they are, and the alphabet is not that of DNA.
    """
    if not target.both_strands:
        return None
    if alphabet != DNA:
        raise InputError(f"`both_strands` is of DNA, whose letters are {DNA}, got letters {alphabet}")
    return COMPLEMENT
