"""A denoiser called in the precision that its network was trained in."""

from typing import Any

import torch
from torch import Tensor

from sciml.denoisers.denoiser import Denoiser, Posterior


class Autocast(Denoiser):
    """Runs the network in bf16 where it was trained so, and nothing else: rewards, laws and draws keep their precision.

    Args:
        denoiser: what is called; states are tensors.
        precision: '32' or 'bf16'.

    Raises:
        ValueError: another precision.
    """

    def __init__(self, denoiser: Denoiser, precision: str) -> None:
        if precision not in ("32", "bf16"):
            raise ValueError(f"`precision` must be '32' or 'bf16', got {precision!r}")
        super().__init__(denoiser.process)
        self.denoiser, self.precision = denoiser, precision

    def forward(self, x_t: Tensor, t: Tensor, cond: Any = None) -> Posterior[Any]:
        """The posterior of the wrapped denoiser."""
        with torch.autocast(x_t.device.type, dtype=torch.bfloat16, enabled=self.precision == "bf16"):
            return self.denoiser(x_t, t, cond)
