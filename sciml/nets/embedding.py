"""Fourier features of the diffusion time."""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn


def refuse_untold(cond: Tensor | None) -> None:
    """For networks without classes.

    Raises:
        ValueError: they are given one.
    """
    if cond is not None:
        raise ValueError(f"`cond` must be left out: this network has no `classes`, got shape {tuple(cond.shape)}")


class TimeEmbedding(nn.Module):
    """Sines and cosines of t at geometric frequencies, followed by a two-layer perceptron.

    Args:
        width: size of the embedding, even.
        highest: the highest angular frequency; t lies in [0, 1], so 1000 resolves a thousand steps.

    Reference: Vaswani et al. 2017, arXiv 1706.03762, section 3.5; Ho et al. 2020, arXiv 2006.11239, appendix B.
    """

    frequency: Tensor

    def __init__(self, width: int, highest: float = 1000.0) -> None:
        super().__init__()
        if width < 4 or width % 2:
            raise ValueError(f"`width` must be even and at least 4, got {width}")
        half = width // 2
        spectrum = torch.exp(torch.linspace(0.0, math.log(highest), half))
        self.register_buffer("frequency", spectrum, persistent=False)
        self.mlp = nn.Sequential(nn.Linear(width, width), nn.SiLU(), nn.Linear(width, width), nn.SiLU())

    def forward(self, t: Float[Tensor, " batch"]) -> Float[Tensor, "batch width"]:
        angle = t[:, None] * self.frequency.to(t.dtype)
        return self.mlp(torch.cat([angle.sin(), angle.cos()], dim=-1))
