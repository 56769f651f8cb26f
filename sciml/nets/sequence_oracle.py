"""A network that reads a whole sequence and says one number, differentiable in relaxed letters.

    h = gelu(conv(x - 1/A));   then, for every further convolution, h = pool(h), h = h + gelu(conv(h));
    y = w . (mean_p h + max_p h) + b

Where strands are alike, y is the mean over the sequence and its reverse complement.

Reference: Zhou and Troyanskaya (2015), doi:10.1038/nmeth.3547, for convolutions that find motifs and pooling that forgets
where; Shrikumar, Greenside and Kundaje (2017), doi:10.1101/103663, on reverse complements.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn


class SequenceOracle(nn.Module):
    """One number a sequence of any length.

    Args:
        letters: A, size of the alphabet.
        width: channels.
        kernels: odd widths of the convolutions in positions, the first over letters.
        pool: positions that become one, by their maximum, between two convolutions.
        dropout: probability of dropping a pooled channel while training.
        complement: the letter that pairs with each letter, such as (3, 2, 1, 0) for ACGT, to make both strands give the same
            number; while training each sequence is read on one strand, drawn at random. None where sequences have one
            direction.
    """

    def __init__(
        self,
        letters: int,
        width: int = 64,
        kernels: Sequence[int] = (15, 5, 5),
        pool: int = 4,
        dropout: float = 0.0,
        complement: Sequence[int] | None = None,
    ) -> None:
        super().__init__()
        if not kernels or any(kernel < 1 or kernel % 2 == 0 for kernel in kernels):
            raise ValueError(f"`kernels` must be odd widths, at least one, got {tuple(kernels)}")
        if complement is not None and sorted(complement) != list(range(letters)):
            raise ValueError(f"`complement` must hold each of 0 to {letters - 1} once, got {tuple(complement)}")
        self.letters, self.pool = letters, pool
        self.complement = None if complement is None else list(complement)
        inputs = [letters, *[width] * (len(kernels) - 1)]
        self.convolutions = nn.ModuleList(
            nn.Conv1d(before, width, kernel, padding=kernel // 2) for before, kernel in zip(inputs, kernels, strict=True)
        )
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(width, 1)

    def forward(self, x: Float[Tensor, "batch position letter"]) -> Float[Tensor, " batch"]:
        """y of one-hot letters, or of relaxed ones: probabilities of the letters at each position."""
        if self.complement is None:
            return self._strand(x)
        other = x.flip(1)[..., self.complement]
        if self.training:
            return self._strand(torch.where(torch.rand(len(x), 1, 1, device=x.device) < 0.5, x, other))
        return self._strand(torch.cat([x, other])).view(2, -1).mean(0)

    def _strand(self, x: Tensor) -> Tensor:
        first, *rest = self.convolutions
        h = F.gelu(first((x - 1 / self.letters).transpose(1, 2)))
        for convolution in rest:
            h = F.max_pool1d(h, self.pool, ceil_mode=True)
            h = h + F.gelu(convolution(h))
        return self.head(self.dropout(h.mean(2) + h.amax(2))).squeeze(1)
