"""Guidance against Gaussians, where the guided flow is known, under every deterministic solver."""

from functools import lru_cache

import pytest
import torch
from torch import Tensor

from sciml.denoisers.counting import Counting
from sciml.denoisers.denoiser import Denoiser, Dirac
from sciml.denoisers.gaussian import GaussianDenoiser
from sciml.guidance.classifier_free import ClassifierFree
from sciml.processes.vp import VPLinear
from sciml.solvers.catalog import SOLVERS
from sciml.solvers.grids import log_snr_grid
from sciml.solvers.integrate import integrate

F64 = torch.float64
START, COND = torch.tensor([[-1.0], [0.3], [2.0]], dtype=F64), torch.tensor(0.7, dtype=F64)
DETERMINISTIC = sorted(name for name, make in SOLVERS.items() if not make().stochastic)


class Shifted(Denoiser):
    """Data from N(cond, .2), or from N(0, 1.2) without a condition: as if cond were drawn from N(0, 1)."""

    def forward(self, x_t: Tensor, t: Tensor, cond: Tensor | None = None) -> Dirac[Tensor]:
        e, mean = (1.2, 0.0) if cond is None else (0.2, cond)
        alpha, sigma = self.process.alpha(t), self.process.sigma(t)
        return Dirac(mean + alpha * e / (alpha**2 * e + sigma**2) * (x_t - alpha * mean))


@pytest.mark.parametrize("w", [0.0, 1.0, 2.5])
def test_the_score_is_the_weighted_one(w):
    process, t = VPLinear(), torch.tensor(0.4, dtype=F64)
    x, cond = torch.randn(5, 1, dtype=F64, generator=torch.Generator().manual_seed(0)), torch.tensor(0.7, dtype=F64)
    alpha, sigma = process.alpha(t), process.sigma(t)
    without, given = -x / (alpha**2 * 1.2 + sigma**2), -(x - alpha * cond) / (alpha**2 * 0.2 + sigma**2)
    mean = ClassifierFree(Shifted(process), w)(x, t, cond).mean
    torch.testing.assert_close((alpha * mean - x) / sigma**2, (1 - w) * without + w * given)


@lru_cache
def fine_solution() -> Tensor:
    """Where the guided flow takes three states, by 400 steps of Heun's method."""
    grid = log_snr_grid(VPLinear(), 400, t_start=0.8, t_end=0.05)
    return integrate(SOLVERS["heun"](), ClassifierFree(Shifted(VPLinear()), 1.5), START, grid, cond=COND)


@pytest.mark.parametrize("name", DETERMINISTIC)
def test_every_solver_follows_the_guided_flow(name):
    """A guided Gaussian's flow is linear; its slope is known, its shift is compared with a fine solution."""
    process, w = VPLinear(), 1.5
    guided, fine = ClassifierFree(Shifted(process), w), fine_solution()
    coarse = integrate(SOLVERS[name](), guided, START, log_snr_grid(process, 100, t_start=0.8, t_end=0.05), cond=COND)
    first_order = {"ddim", "euler"}
    torch.testing.assert_close(coarse, fine, rtol=0, atol=3e-2 if name in first_order else 2e-3)
    slopes = (coarse[1] - coarse[0]) / 1.3, (coarse[2] - coarse[1]) / 1.7
    lambdas = process.lambda_(torch.tensor([0.8, 0.05], dtype=F64))
    scales = torch.exp(-2 * lambdas)
    grown = torch.stack([(e + scales[1]) / (e + scales[0]) for e in (1.2, 0.2)]).sqrt()
    alphas = process.alpha(torch.tensor([0.8, 0.05], dtype=F64))
    exact = alphas[1] / alphas[0] * grown[0] ** (1 - w) * grown[1] ** w
    tolerance = 5e-2 if name in first_order else 3e-3
    torch.testing.assert_close(torch.cat(slopes), exact.expand(2), rtol=tolerance, atol=0)


def test_a_weight_of_zero_or_one_needs_one_call():
    process, t = VPLinear(), torch.tensor(0.4, dtype=F64)
    x, cond = torch.ones(1, 1, dtype=F64), torch.tensor(0.7, dtype=F64)
    for w, calls in ((0.0, 1), (1.0, 1), (2.0, 2)):
        counting = Counting(Shifted(process))
        ClassifierFree(counting, w)(x, t, cond)
        assert counting.nfe == calls
    with pytest.raises(ValueError, match="`weight` must be finite, got nan"):
        ClassifierFree(GaussianDenoiser(process, torch.zeros(1), torch.eye(1)), float("nan"))
