"""Stability as a reward for sequences of one protein's structure, in kcal/mol: larger is more stable.

    r(x) = - sum_i sum_a x_i(a) M_i(a),

M_i(a) the change of stability, positive where it destabilises, by letter a at site i of the native protein. So the native
sequence has r = 0, a single mutant minus its ddG, and many mutations the sum of theirs as if none knew of another. That
holds for few: what is said of a sequence far from the native one is beyond all that was measured.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn


class StabilityReward(nn.Module):
    """r(x); its gradient is -M, whatever x.

    Args:
        changes: M, in kcal/mol, see `StabilityModel.changes`.
    """

    table: Tensor

    def __init__(self, changes: Float[Tensor, "position letter"]) -> None:
        super().__init__()
        self.register_buffer("table", changes)

    def forward(self, x: Float[Tensor, "batch position letter"]) -> Float[Tensor, " batch"]:
        """Of one-hot letters, or of relaxed ones."""
        if x.shape[1:] != self.table.shape:
            raise ValueError(f"`x` must be (batch, {', '.join(map(str, self.table.shape))}), got {tuple(x.shape)}")
        return -torch.einsum("bpl,pl->b", x, self.table.to(x))
