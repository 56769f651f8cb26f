"""The closed-form denoisers against independent formulas, autograd and one another."""

import pytest
import torch

from sciml.denoisers.denoiser import Gaussian
from sciml.denoisers.gaussian import GaussianDenoiser
from sciml.denoisers.low_rank import LowRankGaussianDenoiser
from sciml.denoisers.mixture import MixtureDenoiser
from sciml.denoisers.reference import exact_flow

F64 = torch.float64
TIMES = [1e-3, 0.1, 0.5, 1.0]


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=F64)


def covariance(n, seed=1):
    root = normal(n, n, seed=seed) / n**0.5
    return root @ root.T + 0.01 * torch.eye(n, dtype=F64)


def mixture(process, kind):
    weights = torch.tensor([0.2, 0.5, 0.3], dtype=F64)
    return MixtureDenoiser(process, weights, 2 * normal(3, 4, seed=5), spreads(kind))


def spreads(kind):
    """Variances, covariances, or covariances with one basis of modes, of three components."""
    if kind == "isotropic":
        return torch.tensor([0.3, 0.1, 0.02], dtype=F64)
    if kind == "full":
        return torch.stack([covariance(4, seed) for seed in (1, 2, 3)])
    basis = torch.linalg.qr(normal(4, 4, seed=8)).Q
    made = (
        basis * torch.tensor([[1.0, 0.3, 0.1, 0.0], [0.2, 0.2, 1.0, 0.4], [0.1, 0.7, 0.2, 0.3]], dtype=F64)[:, None]
    ) @ basis.T
    return (made + made.transpose(1, 2)) / 2


@pytest.mark.parametrize("time", TIMES)
def test_gaussian_mean_solves_the_normal_equations(process, time):
    t, mean, cov, x = torch.tensor(time, dtype=F64), normal(4), covariance(4), normal(6, 4, seed=2)
    alpha, sigma = process.alpha(t), process.sigma(t)
    gain = alpha * cov @ torch.linalg.inv(alpha**2 * cov + sigma**2 * torch.eye(4, dtype=F64))
    posterior = GaussianDenoiser(process, mean, cov)(x, t)
    torch.testing.assert_close(posterior.mean, mean + (x - alpha * mean) @ gain.T, rtol=1e-8, atol=1e-9)
    variance = (cov - alpha * gain @ cov).diagonal().expand(6, 4)
    assert isinstance(posterior, Gaussian)
    torch.testing.assert_close(posterior.variance, variance, rtol=1e-6, atol=1e-9)


def test_gaussian_marginal_and_flow_agree(process):
    """The flow carries the marginal of one time to that of another, and solves the ODE."""
    oracle = GaussianDenoiser(process, normal(4), covariance(4))
    t, s = torch.tensor(0.9, dtype=F64), torch.tensor(0.05, dtype=F64)
    x = normal(6, 4, seed=2)
    there = oracle.flow(x, t, s)
    torch.testing.assert_close(oracle.flow(there, s, t), x)
    torch.testing.assert_close(there, exact_flow(oracle, x, t, s, steps=200), rtol=1e-6, atol=1e-6)
    offset = oracle.flow(torch.zeros(1, 4, dtype=F64), t, s)
    slope = (oracle.flow(torch.eye(4, dtype=F64), t, s) - offset).T
    (mean_t, cov_t), (mean_s, cov_s) = oracle.marginal(t), oracle.marginal(s)
    torch.testing.assert_close(slope @ cov_t @ slope.T, cov_s)
    torch.testing.assert_close(slope @ mean_t + offset[0], mean_s)


@pytest.mark.parametrize("time", TIMES)
def test_low_rank_equals_the_full_gaussian(process, time):
    basis = torch.linalg.qr(normal(12, 3)).Q
    variances, mean, t = torch.tensor([2.0, 0.5, 0.1], dtype=F64), normal(12, seed=4), torch.tensor(time, dtype=F64)
    low = LowRankGaussianDenoiser(process, mean, basis, variances)
    cov = (basis * variances) @ basis.T
    full = GaussianDenoiser(process, mean, (cov + cov.T) / 2)
    x = process.sigma(t) * normal(5, 12, seed=6) + process.alpha(t) * mean
    torch.testing.assert_close(low(x, t).mean, full(x, t).mean, rtol=1e-9, atol=1e-9)
    torch.testing.assert_close(low(x, t).variance, full(x, t).variance, rtol=1e-9, atol=1e-9)
    s = torch.tensor(5e-4, dtype=F64)
    torch.testing.assert_close(low.flow(x, t, s), full.flow(x, t, s), rtol=1e-9, atol=1e-9)


def test_low_rank_flow_solves_the_ode(process):
    low = LowRankGaussianDenoiser(process, normal(4), torch.linalg.qr(normal(4, 2)).Q, torch.tensor([2.0, 0.1]).double())
    x, t, s = normal(3, 4, seed=6), torch.tensor(0.9, dtype=F64), torch.tensor(0.05, dtype=F64)
    torch.testing.assert_close(low.flow(x, t, s), exact_flow(low, x, t, s, steps=150), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("kind", ["isotropic", "full", "commuting"])
@pytest.mark.parametrize("time", TIMES)
def test_mixture_score_is_the_gradient_of_its_density(process, kind, time):
    """Tweedie: alpha x_0 = x_t + sigma^2 grad log p_t."""
    oracle, t = mixture(process, kind), torch.tensor(time, dtype=F64)
    x = process.perturb(oracle.sample(20, generator=torch.Generator().manual_seed(7)), t, generator=torch.Generator())
    x.requires_grad_()
    (score,) = torch.autograd.grad(oracle.log_prob(x, t).sum(), x)
    tweedie = (x + process.sigma(t) ** 2 * score) / process.alpha(t)
    torch.testing.assert_close(oracle(x, t).mean, tweedie, rtol=1e-8, atol=1e-8)


def test_mixture_density_adds_up_to_one(process):
    oracle = MixtureDenoiser(process, *(torch.tensor(v, dtype=F64) for v in ([0.3, 0.7], [[-1.0], [2.0]], [0.2, 0.05])))
    t = torch.tensor(0.2, dtype=F64)
    x = torch.linspace(-15, 15, 20001, dtype=F64)
    assert torch.trapezoid(oracle.log_prob(x[:, None], t).exp(), x) == pytest.approx(1, abs=1e-9)


def test_mixture_of_one_is_the_gaussian(process):
    mean, cov, x, t = normal(4), covariance(4), normal(6, 4, seed=2), torch.tensor(0.4, dtype=F64)
    one = MixtureDenoiser(process, torch.ones(1, dtype=F64), mean[None], cov[None])
    torch.testing.assert_close(one(x, t).mean, GaussianDenoiser(process, mean, cov)(x, t).mean)


def test_one_basis_for_all_is_found_and_changes_nothing(process):
    t, x = torch.tensor(0.3, dtype=F64), normal(6, 4, seed=2)
    found = mixture(process, "commuting")
    assert found.common is not None and mixture(process, "full").common is None
    parts = [
        MixtureDenoiser(process, torch.ones(1, dtype=F64), found.means[k : k + 1], spreads("commuting")[k : k + 1])
        for k in range(3)
    ]
    joint = torch.stack([found.weights[k].log() + part.log_prob(x, t) for k, part in enumerate(parts)], 1)
    torch.testing.assert_close(found.log_prob(x, t), joint.logsumexp(1))
    means = torch.stack([part(x, t).mean for part in parts], 1)
    torch.testing.assert_close(found(x, t).mean, (joint.softmax(1)[..., None] * means).sum(1))


def test_isotropic_equals_full(process):
    weights, means, x, t = torch.tensor([0.4, 0.6], dtype=F64), normal(2, 3), normal(6, 3, seed=2), torch.tensor(0.1)
    variances = torch.tensor([0.1, 0.4], dtype=F64)
    isotropic = MixtureDenoiser(process, weights, means, variances)
    full = MixtureDenoiser(process, weights, means, variances[:, None, None] * torch.eye(3, dtype=F64))
    torch.testing.assert_close(isotropic(x, t).mean, full(x, t).mean)
    torch.testing.assert_close(isotropic.log_prob(x, t), full.log_prob(x, t))


@pytest.mark.parametrize("kind", ["isotropic", "full", "commuting"])
def test_mixture_samples_have_its_moments(process, generator, kind):
    oracle = mixture(process, kind)
    draws = oracle.sample(40000, generator=generator)
    weights, means = oracle.weights, oracle.means
    mean = weights @ means
    spread = torch.einsum("k,ki,kj->ij", weights, means - mean, means - mean)
    if kind == "isotropic":
        within = (weights @ spreads(kind)) * torch.eye(4, dtype=F64)
    else:
        within = torch.einsum("k,kij->ij", weights, spreads(kind))
    torch.testing.assert_close(draws.mean(0), mean, rtol=0, atol=0.05)
    torch.testing.assert_close(torch.cov(draws.T), spread + within, rtol=0.05, atol=0.1)


def test_mixture_is_stable_far_from_every_mode(process):
    oracle = mixture(process, "full")
    x = torch.full((2, 4), 1e4)
    assert torch.isfinite(oracle(x, torch.tensor(1e-3)).mean).all()


def test_times_per_sample_and_shapes_of_a_field(process):
    """A batch with its own times equals its samples one by one; a sample may have any shape; float32 stays float32."""
    t = torch.tensor([0.01, 0.3, 1.0], dtype=F64)
    x = normal(3, 2, 2, seed=2).float()
    mean, cov = normal(2, 2), covariance(4)
    basis = torch.linalg.qr(normal(4, 2)).Q
    oracles = [
        GaussianDenoiser(process, mean, cov),
        LowRankGaussianDenoiser(process, mean, basis, torch.ones(2, dtype=F64)),
        MixtureDenoiser(process, torch.tensor([0.5, 0.5], dtype=F64), normal(2, 2, 2), torch.stack([cov, 2 * cov])),
    ]
    for oracle in oracles:
        together = oracle(x, t).mean
        alone = torch.cat([oracle(x[i : i + 1], t[i]).mean for i in range(3)])
        assert together.dtype == torch.float32 and together.shape == x.shape
        torch.testing.assert_close(together, alone)
        torch.testing.assert_close(oracle(x, t[:, None, None]).mean, together)
        with pytest.raises(ValueError, match="`t` must be one time per sample"):
            oracle(x, torch.full((3, 2), 0.5))


def test_exact_flow_converges_and_goes_back(process):
    oracle, x = mixture(process, "full"), normal(5, 4, seed=8)
    t, s = torch.tensor(1.0, dtype=F64), torch.tensor(0.05, dtype=F64)
    coarse, middle, fine = (exact_flow(oracle, x, t, s, steps=steps) for steps in (30, 60, 120))
    order = ((coarse - middle).abs().max() / (middle - fine).abs().max()).log2()
    assert order == pytest.approx(4, abs=0.4)
    torch.testing.assert_close(exact_flow(oracle, fine, s, t, steps=120), x, rtol=0, atol=1e-3)


def test_bad_arguments_are_named(process):
    eye = torch.eye(3, dtype=F64)
    with pytest.raises(ValueError, match="`covariance` must be symmetric"):
        GaussianDenoiser(process, normal(3), eye + normal(3, 3))
    with pytest.raises(ValueError, match="`covariance` must be positive semidefinite"):
        GaussianDenoiser(process, normal(3), -eye)
    with pytest.raises(ValueError, match="`basis` must have orthonormal columns"):
        LowRankGaussianDenoiser(process, normal(3), 2 * eye, torch.ones(3, dtype=F64))
    with pytest.raises(ValueError, match="`basis` must have 4 rows"):
        LowRankGaussianDenoiser(process, normal(4), eye, torch.ones(3, dtype=F64))
    with pytest.raises(ValueError, match="`variances` must not be negative"):
        LowRankGaussianDenoiser(process, normal(3), eye, -torch.ones(3, dtype=F64))
    with pytest.raises(ValueError, match="`weights` must be positive and add up to one"):
        MixtureDenoiser(process, torch.ones(2, dtype=F64), normal(2, 3), torch.ones(2, dtype=F64))
    with pytest.raises(ValueError, match="`covariances` must be positive semidefinite"):
        MixtureDenoiser(process, torch.full((2,), 0.5, dtype=F64), normal(2, 3), -torch.ones(2, dtype=F64))
