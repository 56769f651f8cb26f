"""Are generated sequences as likely under a model as real ones: neither less nor more?

    z = (mean_g log p - mean_r log p) / sd_r log p,

g generated, r real and held out. A sample of the model's mode has a log-likelihood far above every real sequence: high
likelihood alone is no sign of naturalness, and reward hacking may raise it.

Reference: Nalisnick et al. (2019), Detecting out-of-distribution inputs to deep generative models using typicality,
arXiv 1906.02994, equation 4, whose test is two-sided for the same reason.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Float64
from torch import Tensor

from sciml.sequences.metrics.bands import Band, band

CENTRAL = (0.025, 0.975)


@dataclass(frozen=True)
class TypicalSet:
    """Where the log-likelihoods of real sequences lie.

    Args:
        mean: nats.
        deviation: standard deviation, nats.
        band: the central 95%.
    """

    mean: float
    deviation: float
    band: Band

    def standardised(
        self, generated: Float[Tensor, " n"], w: Float64[Tensor, "draw n"] | None = None
    ) -> Float64[Tensor, " draw"]:
        """z for each row of weights, of ones by default; below 0: less likely than real ones, above 0: more."""
        values = generated.detach().cpu().double()
        w = torch.ones(1, len(values), dtype=torch.float64) if w is None else w
        return (w @ values / w.sum(1) - self.mean) / self.deviation

    def inside(self, generated: Float[Tensor, " n"]) -> Bool[Tensor, " n"]:
        """Which log-likelihoods lie in the central 95% of the real ones."""
        values = generated.detach().cpu().double()
        return (values >= self.band.low) & (values <= self.band.high)


def typical_set(real: Float[Tensor, " sample"]) -> TypicalSet:
    """From the log-likelihoods, in nats, of at least 2 real sequences that were not trained on.

    Raises:
        ValueError: fewer than 2, values that are not finite, or all equal.
    """
    values = real.detach().cpu().double()
    central = band(values, CENTRAL)
    if len(values) < 2 or not values.std() > 0:
        raise ValueError(f"`real` must hold at least 2 values that differ, got {len(values)}")
    return TypicalSet(float(values.mean()), float(values.std()), central)
