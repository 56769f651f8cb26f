"""An oracle for judging alone: a linear model of words and motifs, which no gradient can follow."""

from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor, nn

from sciml.config.sequence_oracles import FeatureOracleConfig, OracleTargetConfig
from sciml.sequences.data.sequence_set import DNA
from sciml.sequences.motifs import Motif
from sciml.sequences.oracles.convolutional import complement_of
from sciml.sequences.oracles.features import SequenceFeatures

WORDS = {True: (4, 5, 6), False: (1, 2)}  # of DNA, and not


class FeatureOracle(nn.Module):
    """reward = bias + weights . features: the logit of class 1, or a number in the unit of the label.

    Args:
        config: how it was fitted.
        target: what is predicted.
        features: of a sequence.
    """

    kind: ClassVar[str] = "features"
    weights: Tensor
    bias: Tensor

    def __init__(self, config: FeatureOracleConfig, target: OracleTargetConfig, features: SequenceFeatures) -> None:
        super().__init__()
        self.config, self.target, self.features = config, target, features
        self.alphabet = features.alphabet
        self.register_buffer("weights", torch.zeros(features.count, dtype=torch.float64))
        self.register_buffer("bias", torch.zeros((), dtype=torch.float64))

    @torch.no_grad()
    def forward(self, x: Float[Tensor, "batch position letter"]) -> Float[Tensor, " batch"]:
        """Of one-hot letters.

        Raises:
            ValueError: relaxed letters, or sequences of another length than the fitted ones where positions are used.
        """
        tokens = x.argmax(2).to(device="cpu", dtype=torch.uint8)
        if not (x.amax(2) == 1).all() or not (x.sum(2) == 1).all():
            raise ValueError("`x` must be one-hot: this oracle reads letters, not probabilities of them")
        if self.features.length not in (None, x.shape[1]):
            raise ValueError(f"`x` must have {self.features.length} positions, got {x.shape[1]}")
        values = self.features(tokens) @ self.weights.cpu().numpy() + float(self.bias)
        return torch.from_numpy(values).to(x.device)


def features_of(
    config: FeatureOracleConfig, target: OracleTargetConfig, alphabet: str, motifs: tuple[Motif, ...], length: int
) -> SequenceFeatures:
    """The features that a configuration asks for."""
    return SequenceFeatures(
        alphabet,
        WORDS[alphabet == DNA] if config.kmers is None else config.kmers,
        motifs,
        length=length if config.positions else None,
        complement=complement_of(target, alphabet),
    )
