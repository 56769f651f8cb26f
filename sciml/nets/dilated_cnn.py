"""The dilated convolutional network for sequences: residual layers of growing reach, told the time and a class.

    h <- h + relu( conv_d( norm( h + time ) ) ),   dilations repeated in turn,

on one-hot letters, or on mixtures of such, for the input is a float.

Reference: Stark et al. (2024), arXiv 2402.05841, appendix; Wang et al. (2024), arXiv 2410.13643, appendix F.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from jaxtyping import Float, Integer
from torch import Tensor, nn

from sciml.nets.embedding import TimeEmbedding, refuse_untold


class DilatedCNN(nn.Module):
    """Letters in, logits out.

    Args:
        vocabulary: values of an input letter.
        letters: logits of a position.
        width: channels, even.
        kernel: positions that a convolution sees, odd.
        dilations: of each layer.
        classes: that a sample can be conditioned on; class -1 is none; 0 for no condition.
        timed: whether it is told the time, which masked models do not need.
        dropout: probability of dropping an activation while training.
    """

    def __init__(
        self,
        vocabulary: int,
        letters: int,
        width: int = 128,
        kernel: int = 9,
        dilations: Sequence[int] = (1, 1, 4, 16, 64),
        classes: int = 0,
        timed: bool = True,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        if kernel % 2 == 0:
            raise ValueError(f"`kernel` must be odd, got {kernel}")
        self.time = TimeEmbedding(width) if timed else None
        self.told = nn.Embedding(classes + 1, width) if classes else None
        self.first = nn.Conv1d(vocabulary, width, kernel, padding=kernel // 2)
        self.layers = nn.ModuleList(
            nn.Conv1d(width, width, kernel, padding=kernel // 2 * dilation, dilation=dilation) for dilation in dilations
        )
        self.norms = nn.ModuleList(nn.GroupNorm(1, width) for _ in dilations)
        embedded = timed or classes > 0
        self.shifts = nn.ModuleList(nn.Linear(width, width) for _ in dilations) if embedded else None
        self.dropout = dropout
        self.out = nn.Sequential(nn.Conv1d(width, width, 1), nn.ReLU(), nn.Conv1d(width, letters, 1))

    def forward(
        self,
        x: Float[Tensor, "batch position vocabulary"],
        t: Float[Tensor, " batch"],
        cond: Integer[Tensor, " batch"] | None = None,
    ) -> Float[Tensor, "batch position letter"]:
        embedding = self._embedding(t, cond)
        h = F.relu(self.first(x.transpose(1, 2)))
        for k, (layer, norm) in enumerate(zip(self.layers, self.norms, strict=True)):
            seen = h if embedding is None else h + self.shifts[k](embedding)[..., None]  # type: ignore[index]
            h = h + F.relu(layer(F.dropout(norm(seen), self.dropout, self.training)))
        return self.out(h).transpose(1, 2)

    def _embedding(self, t: Tensor, cond: Tensor | None) -> Tensor | None:
        found = self.time(t) if self.time is not None else None
        if self.told is None:
            refuse_untold(cond)
            return found
        if cond is None:
            cond = torch.full(t.shape, -1, device=t.device)
        told = self.told(cond + 1)
        return told if found is None else found + told
