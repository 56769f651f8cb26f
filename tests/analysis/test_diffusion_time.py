"""The cost of an early start: against quadrature in one dimension, and what is recommended from it."""

import math

import pytest
import torch
from scipy.integrate import quad

from sciml.analysis.diffusion_time import (
    AuxiliaryPrior,
    gap_in_nats,
    gaussian_prior,
    mixture_prior,
    recommend_time,
    standard_prior,
    terminal_gap,
)
from sciml.denoisers.mixture import MixtureDenoiser
from sciml.denoisers.statistics import DataStatistics, cosine_statistics, principal_statistics
from sciml.numerics.modes import dense_modes
from sciml.processes.vp import VPLinear
from sciml.solvers.dpm_solver import dpm_solver_pp_multistep
from sciml.solvers.grids import karras_grid
from sciml.solvers.integrate import integrate

F64 = torch.float64
PROCESS = VPLinear()
WEIGHTS, MEANS, DEVIATIONS = (0.3, 0.7), (-2.0, 1.0), (0.3, 0.5)
MEAN = sum(w * m for w, m in zip(WEIGHTS, MEANS, strict=True))
VARIANCE = sum(w * (s**2 + m**2) for w, m, s in zip(WEIGHTS, MEANS, DEVIATIONS, strict=True)) - MEAN**2
# T: (gap to N(0, 1), gap to the Gaussian with the moments of p_T), as measured by a sum over 40,001 points
ANCHORS = {0.3: (0.0599, 0.0213), 0.4: (0.0133, 0.00230), 0.6: (3.37e-4, 5.61e-6)}


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


@pytest.fixture
def oracle() -> MixtureDenoiser:
    variances = torch.tensor(DEVIATIONS, dtype=F64) ** 2
    return MixtureDenoiser(PROCESS, torch.tensor(WEIGHTS, dtype=F64), torch.tensor(MEANS, dtype=F64)[:, None], variances)


def moments() -> DataStatistics:
    one = torch.ones(1, dtype=F64)
    return DataStatistics(MEAN * one, VARIANCE * one, dense_modes(torch.eye(1, dtype=F64)))


def quadrature(t, *, auxiliary):
    """KL(p_T || q_T) by adaptive integration of densities written out here."""
    total = 0.1 * t + 19.9 * t**2 / 2
    alpha, sigma2 = math.exp(-total / 2), -math.expm1(-total)

    def normal(x, mean, variance):
        return math.exp(-((x - mean) ** 2) / (2 * variance)) / math.sqrt(2 * math.pi * variance)

    def integrand(x):
        parts = zip(WEIGHTS, MEANS, DEVIATIONS, strict=True)
        p = sum(w * normal(x, alpha * m, alpha**2 * s**2 + sigma2) for w, m, s in parts)
        q = normal(x, alpha * MEAN, alpha**2 * VARIANCE + sigma2) if auxiliary else normal(x, 0, 1)
        return q - p - p * math.log(q / p)

    return quad(integrand, -9, 9, epsabs=1e-13, epsrel=1e-10, limit=400)[0]


def quantiles(t, n=400_000):
    """States that divide p_T evenly: the quantiles of each component, as many as its weight asks for."""
    alpha, sigma, parts = PROCESS.alpha(t), PROCESS.sigma(t), []
    for w, m, s in zip(WEIGHTS, MEANS, DEVIATIONS, strict=True):
        count = round(w * n)
        level = (torch.arange(count, dtype=F64) + 0.5) / count
        parts.append(alpha * m + (alpha**2 * s**2 + sigma**2).sqrt() * torch.special.ndtri(level))
    return torch.cat(parts)[:, None]


@pytest.mark.parametrize("t", sorted(ANCHORS))
def test_the_gap_matches_quadrature_to_one_per_cent(oracle, t):
    time = torch.tensor(t, dtype=F64)
    x = quantiles(time)
    for prior, anchor in zip((standard_prior(PROCESS, x), gaussian_prior(PROCESS, moments())), ANCHORS[t], strict=True):
        exact = quadrature(t, auxiliary=anchor == ANCHORS[t][1])
        assert exact == pytest.approx(anchor, rel=0.01)
        assert gap_in_nats(oracle.log_prob(x, time), prior.log_prob(x, time)) == pytest.approx(exact, rel=0.01)


@pytest.mark.parametrize("t", [0.25, 0.4])
def test_the_gap_of_data(oracle, generator, t):
    """4000 data stand for the law; the same data give the auxiliary its moments."""
    data = oracle.sample(4000, generator=generator)
    gaps = [
        terminal_gap(prior, data, torch.tensor(t, dtype=F64), draws=4000, generator=generator)
        for prior in (standard_prior(PROCESS, data), gaussian_prior(PROCESS, principal_statistics(data)))
    ]
    assert gaps[0] == pytest.approx(quadrature(t, auxiliary=False), rel=0.15)
    assert gaps[1] == pytest.approx(quadrature(t, auxiliary=True), rel=0.15)


def test_a_mixture_closes_what_a_gaussian_leaves(oracle, generator):
    data, t = oracle.sample(4000, generator=generator), torch.tensor(0.2, dtype=F64)
    mixture = mixture_prior(PROCESS, data, 2, generator=generator)
    assert sorted(mixture.weights.tolist()) == pytest.approx([0.3, 0.7], abs=0.03)
    assert sorted(mixture.means.flatten().tolist()) == pytest.approx([-2, 1], abs=0.06)
    x = PROCESS.perturb(oracle.sample(100_000, generator=generator), t, generator=generator)
    log_p = oracle.log_prob(x, t)
    gaussian = gaussian_prior(PROCESS, principal_statistics(data))
    assert gap_in_nats(log_p, mixture.log_prob(x, t)) < 0.01 * gap_in_nats(log_p, gaussian.log_prob(x, t))


def test_the_recommended_time_is_where_the_gap_is_the_tolerance(oracle, generator):
    data = oracle.sample(3000, generator=generator)
    times = []
    for prior, auxiliary in (
        (standard_prior(PROCESS, data), False),
        (gaussian_prior(PROCESS, principal_statistics(data)), True),
    ):
        t = recommend_time(prior, data, 0.01, draws=3000, generator=generator)
        assert quadrature(t, auxiliary=auxiliary) < 0.0125 and quadrature(t - 0.01, auxiliary=auxiliary) > 0.0075
        times.append(t)
    assert times[1] < times[0] - 0.05


def test_densities_and_draws_of_fields(generator):
    """In cosine modes: log q_t against the dense normal law, the draws against its covariance."""
    fields = torch.randn(300, 1, 6, generator=generator, dtype=F64).cumsum(2) + 1
    known = cosine_statistics(fields)
    prior, t = gaussian_prior(PROCESS, known), torch.tensor(0.3, dtype=F64)
    basis = known.modes.bases[1]
    alpha, sigma = PROCESS.alpha(t), PROCESS.sigma(t)
    covariance = alpha**2 * (basis * known.variances[0]) @ basis.T + sigma**2 * torch.eye(6, dtype=F64)
    law = torch.distributions.MultivariateNormal(alpha * known.mean[0], covariance)
    torch.testing.assert_close(prior.log_prob(fields, t), law.log_prob(fields[:, 0]))
    draws = prior.sample(40_000, t, generator=generator)
    assert draws.shape == (40_000, 1, 6)
    torch.testing.assert_close(draws.mean(0)[0], law.mean, rtol=0, atol=0.03)
    torch.testing.assert_close(torch.cov(draws[:, 0].T), covariance, rtol=0, atol=0.05)


def test_a_sampler_that_starts_early_is_right_from_the_auxiliary_only(oracle, generator):
    t, data = 0.12, oracle.sample(5000, generator=generator)
    grid = karras_grid(PROCESS, 20, t_start=t)
    ends = []
    for prior in (standard_prior(PROCESS, data), mixture_prior(PROCESS, data, 2, generator=generator)):
        x = prior.sample(20_000, torch.tensor(t, dtype=F64), generator=generator)
        ends.append(integrate(dpm_solver_pp_multistep(2), oracle, x, grid))
    errors = [abs((end < -0.8).double().mean().item() - 0.3) for end in ends]
    assert errors[1] < 0.015 < 0.045 < errors[0]


def test_the_estimate_of_the_gap_is_never_negative(generator):
    log_p, log_q = torch.randn(2, 50, generator=generator, dtype=F64)
    assert gap_in_nats(log_p, log_q) > 0 and gap_in_nats(log_p, log_p) == 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda q, x, g: mixture_prior(PROCESS, x, 5, generator=g), r"`components` must lie in \[1, 4\], .* got 5"),
        (lambda q, x, g: mixture_prior(PROCESS, x, 2, generator=g, iterations=0), "`iterations` must be at least 1, got 0"),
        (lambda q, x, g: mixture_prior(PROCESS, x, 2, generator=g, floor=0.0), "`floor` must be positive, got 0.0"),
        (lambda q, x, g: recommend_time(q, x, 0.0, generator=g), "`tolerance` must be positive, got 0.0"),
        (
            lambda q, x, g: recommend_time(q, x, 1e-9, generator=g),
            "`tolerance` must be at least the gap at t = 1, .* got 1e-09",
        ),
        (lambda q, x, g: recommend_time(q, x, 0.1, precision=0.0, generator=g), "`precision` must be positive, got 0.0"),
        (lambda q, x, g: terminal_gap(q, x, torch.tensor(0.5), draws=0, generator=g), "`draws` must be at least 1, got 0"),
    ],
)
def test_bad_arguments_are_named(call, message, generator):
    x = 5 + torch.arange(4, dtype=F64)[:, None]
    prior: AuxiliaryPrior = standard_prior(PROCESS, x)
    with pytest.raises(ValueError, match=message):
        call(prior, x, generator)
