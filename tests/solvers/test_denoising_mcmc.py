"""The chain over states and noise levels: its samples against the law, and its cost against that of an SDE."""

import pytest
import torch

from sciml.denoisers.gaussian import GaussianDenoiser
from sciml.denoisers.mixture import MixtureDenoiser
from sciml.metrics.wasserstein import sliced_wasserstein
from sciml.processes.ve import VE
from sciml.processes.vp import VPLinear
from sciml.solvers.ddim import ddim
from sciml.solvers.denoising_mcmc import LangevinGibbs, denoising_mcmc
from sciml.solvers.euler_maruyama import EulerMaruyama
from sciml.solvers.grids import karras_grid
from sciml.solvers.heun import Heun
from sciml.solvers.integrate import integrate
from sciml.solvers.noise_levels import denoiser_levels, exact_levels

F64 = torch.float64
WEIGHTS = torch.tensor([0.2, 0.5, 0.3], dtype=F64)


def mixture(process):
    means = torch.tensor([[1.0, 0.0], [-0.5, 0.6], [-0.5, -0.8]], dtype=F64)
    return MixtureDenoiser(process, WEIGHTS, means, torch.tensor([0.02, 0.03, 0.01], dtype=F64))


def levels_of(process, count=12):
    """sigma / alpha from 3.5, where the modes are one, to .09, the deviation of the narrowest."""
    return process.t_of_lambda(torch.linspace(-1.25, 2.4, count, dtype=F64))


def run(oracle, seed, solver, *, chains=800, rounds=10, **options):
    generator = torch.Generator().manual_seed(seed)
    chain = LangevinGibbs(levels_of(oracle.process), snr=0.3, burn_in=20, **options)
    x = oracle.process.perturb(torch.zeros(chains, 2, dtype=F64), chain.times[0], generator=generator)
    return denoising_mcmc(chain, oracle, exact_levels(oracle), solver, x, rounds=rounds, generator=generator)


@pytest.mark.slow
@pytest.mark.parametrize("process", [VPLinear(), VE()], ids=lambda p: type(p).__name__)
def test_weights_and_moments(process):
    """Of 8000 samples, of which perhaps one in three counts, for those of a chain are correlated: four standard errors."""
    oracle = mixture(process)
    samples = run(oracle, 0, Heun(), turns=5, steps=6).samples
    assert samples.shape == (8000, 2) and samples.dtype == F64
    share = torch.bincount(torch.cdist(samples, oracle.means).argmin(1), minlength=3) / len(samples)
    torch.testing.assert_close(share.double(), WEIGHTS, rtol=0, atol=0.035)
    many = oracle.sample(100_000, generator=torch.Generator().manual_seed(9))
    torch.testing.assert_close(samples.mean(0), many.mean(0), rtol=0, atol=0.05)
    torch.testing.assert_close(torch.cov(samples.T), torch.cov(many.T), rtol=0, atol=0.04)


def test_levels_of_the_denoiser_do_where_it_knows_its_variance(generator):
    process = VPLinear()
    covariance = torch.tensor([[0.8, 0.3], [0.3, 0.4]], dtype=F64)
    oracle = GaussianDenoiser(process, torch.tensor([1.0, -0.5], dtype=F64), covariance)
    chain = LangevinGibbs(levels_of(process)[:8], snr=0.3, burn_in=100, turns=4, steps=8)
    x = process.perturb(torch.zeros(2000, 2, dtype=F64), chain.times[0], generator=generator)
    samples = denoising_mcmc(chain, oracle, denoiser_levels(oracle), Heun(), x, rounds=5, generator=generator).samples
    torch.testing.assert_close(samples.mean(0), torch.tensor([1.0, -0.5], dtype=F64), rtol=0, atol=0.08)
    torch.testing.assert_close(torch.cov(samples.T), covariance, rtol=0, atol=0.08)


@pytest.mark.slow
def test_fewer_calls_than_the_reverse_sde_at_no_greater_distance():
    """14 calls a sample against 24, on grids of the same kind; means of three runs."""
    oracle, process = mixture(VPLinear()), VPLinear()
    many = oracle.sample(100_000, generator=torch.Generator().manual_seed(9))

    def distance(samples):
        return sliced_wasserstein(samples, many, directions=8, generator=torch.Generator().manual_seed(0))

    chain, sde = [], []
    for seed in range(3):
        draws, generator = run(oracle, seed, Heun(), chains=1000, turns=4, steps=4), torch.Generator().manual_seed(seed)
        x = process.prior((10_000, 2), generator=generator, dtype=F64)
        end = integrate(EulerMaruyama(), oracle, x, karras_grid(process, 24), generator=generator)
        chain.append(distance(draws.samples))
        sde.append(distance(end))
        assert draws.calls == 14
    assert sum(chain) < sum(sde)


def test_calls_are_counted():
    """Burn-in is shared by the rounds: (20 + 4 rounds x 3 turns) x 2 Langevin / 4 rounds, and 5 of the solver."""
    draws = run(mixture(VPLinear()), 0, ddim(), chains=10, rounds=4, langevin=2, turns=3, steps=5)
    assert draws.samples.shape == (40, 2) and draws.calls == (20 + 12) * 2 / 4 + 5


def test_the_generator_is_obeyed():
    oracle = mixture(VPLinear())
    runs = [run(oracle, seed, ddim(), chains=5, rounds=2).samples for seed in (1, 1, 2)]
    assert torch.equal(runs[0], runs[1]) and not torch.equal(runs[0], runs[2])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"times": torch.tensor([0.5], dtype=F64)}, "`times` must be two or more and decrease"),
        ({"times": torch.tensor([0.1, 0.5], dtype=F64)}, "`times` must be two or more and decrease"),
        ({"snr": 0.0}, r"`snr` must lie in \(0, 0.5\], got 0.0"),
        ({"turns": 0}, "`turns` must be at least 1, got 0"),
        ({"burn_in": -1}, "`burn_in` must be at least 0, got -1"),
    ],
)
def test_bad_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        LangevinGibbs(**{"times": torch.tensor([0.5, 0.1], dtype=F64), **arguments})


def test_a_run_needs_a_round():
    with pytest.raises(ValueError, match="`rounds` must be at least 1, got 0"):
        run(mixture(VPLinear()), 0, ddim(), chains=5, rounds=0)
