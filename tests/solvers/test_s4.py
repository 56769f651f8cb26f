"""S4 by hand: transitions whose law is known, one step written out, and what it costs."""

import math

import pytest
import torch

from sciml.denoisers.counting import Counting
from sciml.denoisers.denoiser import Denoiser, Dirac
from sciml.denoisers.gaussian import GaussianDenoiser
from sciml.processes.ve import VE
from sciml.processes.vp import VPLinear
from sciml.solvers.grids import log_snr_grid, uniform_grid
from sciml.solvers.integrate import integrate
from sciml.solvers.s4 import S4

F64 = torch.float64
T, S = torch.tensor(0.7, dtype=F64), torch.tensor(0.5, dtype=F64)


class NoScore(Denoiser):
    """x_0 = x_t / alpha_t: no noise is seen, so the score is 0."""

    def forward(self, x_t, t, cond=None):
        return Dirac(x_t / self.process.alpha(t))


def draws(*seed_and_shape: int) -> torch.Tensor:
    seed, *shape = seed_and_shape
    return torch.randn(shape, dtype=F64, generator=torch.Generator().manual_seed(seed))


def b(t: float) -> float:
    """int_0^t beta of VPLinear()."""
    return 0.1 * t + 19.9 * t**2 / 2


@pytest.mark.parametrize(
    ("process", "gain", "variance"),
    [
        (VPLinear(), math.exp((b(0.7) - b(0.5)) / 2), math.exp(b(0.7) - b(0.5)) - 1),
        (VE(0.1, 2.0), 1.0, 0.01 * (20**1.4 - 20**1.0)),
    ],
    ids=["vp", "ve"],
)
def test_a_transition_without_score_is_that_of_the_linear_sde(process, gain, variance):
    """Backwards, VP grows by exp(int beta / 2) and gains the variance exp(int beta) - 1, VE sigma_t^2 - sigma_s^2."""
    x = draws(1, 4, 2)
    moved, _ = S4().step(NoScore(process), x, T, S, None, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(moved, gain * x + math.sqrt(variance) * draws(0, 4, 2))


def test_two_halves_of_a_transition_make_one():
    """The variance of t to m carried to s, and that of m to s, add up to what is drawn at once."""
    process, m = VPLinear(), torch.tensor(0.6, dtype=F64)
    sds = []
    for start, end in ((T, m), (m, S), (T, S)):
        moved, _ = S4().step(
            NoScore(process), torch.zeros(1, 1), start, end, None, generator=torch.Generator().manual_seed(0)
        )
        sds.append(moved.item() / torch.randn(1, generator=torch.Generator().manual_seed(0)).item())
    carried = math.exp(b(0.6) - b(0.5)) * sds[0] ** 2
    assert carried + sds[1] ** 2 == pytest.approx(sds[2] ** 2, rel=1e-6)


@pytest.mark.parametrize("kappa", [0.0, 0.7])
def test_a_step_written_out(kappa):
    """With the score of N(0, .5) data at the start used for the correction and for the move alike."""
    process, r, x = VPLinear(), 0.2, draws(1, 3, 1)
    oracle = GaussianDenoiser(process, torch.zeros(1, dtype=F64), torch.tensor([[0.5]], dtype=F64))
    found, _ = S4(r, kappa).step(oracle, x, T, S, None, generator=torch.Generator().manual_seed(0))
    generator = torch.Generator().manual_seed(0)
    z = [torch.randn(3, 1, dtype=F64, generator=generator) for _ in range(2)]
    alpha, sigma2 = math.exp(-b(0.7) / 2), 1 - math.exp(-b(0.7))
    score = -x / (alpha**2 * 0.5 + sigma2)
    h = 2 * r**2 * sigma2
    y = x + h * score + kappa * math.sqrt(2 * h) * z[0]
    y = math.exp((b(0.7) - b(0.6)) / 2) * y  # to the middle
    y = y + 0.2 * (0.1 + 19.9 * 0.7) * score  # g^2 at the start, over t - s
    y = math.exp((b(0.6) - b(0.5)) / 2) * y  # to the end
    torch.testing.assert_close(found, y + math.sqrt(math.exp(b(0.7) - b(0.5)) - 1) * z[1])


def test_one_call_a_step_with_or_without_correction():
    process = VPLinear()
    for snr in (0.0, 0.2):
        counting = Counting(NoScore(process))
        grid = uniform_grid(process, 5, t_end=0.5)
        integrate(S4(snr), counting, torch.zeros(2, 1), grid, generator=torch.Generator())
        assert counting.nfe == 5


def test_the_correction_brings_a_wrong_start_nearer():
    """Started with twice the deviation of the marginal, the variance at the end is less wrong than without correction."""
    process = VPLinear()
    oracle = GaussianDenoiser(process, torch.zeros(1, dtype=F64), torch.tensor([[0.5]], dtype=F64))
    grid = log_snr_grid(process, 100, t_start=0.4, t_end=0.2)
    x = 2 * oracle.marginal(grid[0])[1].sqrt() * draws(2, 20000, 1)
    wanted, errors = oracle.marginal(grid[-1])[1].item(), []
    for snr in (0.0, 0.15):
        ended = integrate(S4(snr), oracle, x, grid, generator=torch.Generator().manual_seed(0))
        errors.append(abs(ended.var().item() - wanted) / wanted)
    assert errors[0] > 0.3 and errors[1] < 0.3 * errors[0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((-0.1,), r"`snr` must lie in \[0, 0.5\], got -0.1"),
        ((float("nan"),), r"`snr` must lie in \[0, 0.5\], got nan"),
        ((0.1, -1.0), "`noise_scale` must be finite and at least 0, got -1.0"),
    ],
)
def test_bad_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        S4(*arguments)
