"""Levels: of the density, and of a denoiser against it."""

import pytest
import torch

from sciml.denoisers.mixture import MixtureDenoiser
from sciml.processes.vp import VPLinear
from sciml.solvers.noise_levels import denoiser_levels, exact_levels

F64 = torch.float64
WEIGHTS = torch.tensor([0.2, 0.5, 0.3], dtype=F64)


def mixture(process):
    means = torch.tensor([[1.0, 0.0], [-0.5, 0.6], [-0.5, -0.8]], dtype=F64)
    return MixtureDenoiser(process, WEIGHTS, means, torch.tensor([0.02, 0.03, 0.01], dtype=F64))


def levels_of(process, count=12):
    """sigma / alpha from 3.5, where the modes are one, to .09, the deviation of the narrowest."""
    return process.t_of_lambda(torch.linspace(-1.25, 2.4, count, dtype=F64))


def test_the_levels_of_a_denoiser_are_those_of_the_density(process, gaussian, generator):
    """By the heat equation, up to a constant; the Gaussian oracle knows its posterior variance. n = 2, y = x / alpha."""
    times, y = levels_of(process, 60), torch.randn(7, 2, generator=generator, dtype=F64)
    found, exact = denoiser_levels(gaussian)(y, times), []
    for t in times:
        mean, covariance = gaussian.marginal(t)
        law = torch.distributions.MultivariateNormal(mean / process.alpha(t), covariance / process.alpha(t) ** 2)
        exact.append(law.log_prob(y))
    exact = torch.stack(exact, 1)
    torch.testing.assert_close(found, exact - exact[:, :1], rtol=0, atol=0.01)


def test_probes_make_up_for_a_posterior_without_variance(process, generator):
    """The mixture's posterior is a Dirac: with many probes its levels are those of the density, without any they are not."""
    times, y, oracle = levels_of(process, 40), torch.randn(4, 2, generator=generator, dtype=F64), mixture(process)
    exact = exact_levels(oracle)(y, times)
    exact = exact - exact[:, :1]
    found = denoiser_levels(oracle, probes=150, generator=generator)(y, times)
    torch.testing.assert_close(found, exact, rtol=0.02, atol=0.06)
    assert (denoiser_levels(oracle)(y, times) - exact)[:, -1].abs().min() > 1


def test_exact_levels_are_densities_of_the_scaled_state(process, generator):
    y, times, oracle = torch.randn(5, 2, generator=generator, dtype=F64), levels_of(process), mixture(process)
    variances = torch.tensor([0.02, 0.03, 0.01], dtype=F64) + (process.sigma(times) / process.alpha(times))[:, None] ** 2
    square = torch.cdist(y, oracle.means) ** 2
    log_density = torch.log(WEIGHTS / (2 * torch.pi * variances)) - square[:, None] / (2 * variances)
    torch.testing.assert_close(exact_levels(oracle)(y, times), log_density.logsumexp(-1))


def test_probes_are_checked():
    with pytest.raises(ValueError, match="`probes` must not be negative, got -1"):
        denoiser_levels(mixture(VPLinear()), probes=-1)
    with pytest.raises(ValueError, match="`generator` must be a torch.Generator where there are `probes`, got None"):
        denoiser_levels(mixture(VPLinear()), probes=1)
