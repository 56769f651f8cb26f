"""The band in which real data lie, and whether generated values have left it: the alarm against a reward that is hacked."""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

LEVELS = (0.01, 0.99)


@dataclass(frozen=True)
class Band:
    """From `low` to `high`, in the unit of the values."""

    low: float
    high: float


@dataclass(frozen=True)
class Verdict:
    """Where the median of generated values lies.

    Args:
        median: of the generated values.
        band: of the real ones.
        side: of the band on which the median lies.
        excess: how far outside, in the unit of the values; 0 inside.
        widths: how far outside, in widths of the band; None if it has no width.
    """

    median: float
    band: Band
    side: Literal["below", "inside", "above"]
    excess: float
    widths: float | None

    @property
    def outside(self) -> bool:
        """Whether to stop."""
        return self.side != "inside"


def band(real: Float[Tensor, " sample"], levels: tuple[float, float] = LEVELS) -> Band:
    """The quantiles of real values at two levels, by default the 1st and 99th percentile.

    Args:
        real: rewards of a held-out oracle, or log-likelihoods, of real sequences.
        levels: ascending, in [0, 1].

    Raises:
        ValueError: no values, values that are not finite, or levels out of order.
    """
    if not 0 <= levels[0] < levels[1] <= 1:
        raise ValueError(f"`levels` must ascend within [0, 1], got {levels}")
    low, high = torch.quantile(_finite(real, "real"), torch.tensor(levels, dtype=torch.float64)).tolist()
    return Band(low, high)


def verdict(generated: Float[Tensor, " sample"], real: Band) -> Verdict:
    """Whether, on which side and by how much the median of generated values has left the band.

    Raises:
        ValueError: no values, or values that are not finite.
    """
    median = float(torch.quantile(_finite(generated, "generated"), 0.5))
    below, above = real.low - median, median - real.high
    side: Literal["below", "inside", "above"] = "below" if below > 0 else "above" if above > 0 else "inside"
    excess, width = max(below, above, 0.0), real.high - real.low
    return Verdict(median, real, side, excess, excess / width if width else None)


def _finite(values: Tensor, name: str) -> Tensor:
    if not len(values) or not torch.isfinite(values).all():
        raise ValueError(f"`{name}` must hold finite values and at least one, got {len(values)}")
    return values.detach().cpu().double()
