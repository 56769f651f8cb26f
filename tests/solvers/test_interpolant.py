"""From mixture to mixture: the oracle against sampling, the same law with any noise, the order, a learnt drift."""

import pytest
import torch

from sciml.denoisers.bridge import BridgeDenoiser
from sciml.denoisers.gaussian import GaussianDenoiser
from sciml.denoisers.mixture_bridge import Mixture, MixtureBridge
from sciml.losses.interpolant import noise_loss, velocity_loss
from sciml.metrics.wasserstein import sliced_wasserstein
from sciml.processes.interpolant import Interpolant
from sciml.processes.vp import VPLinear
from sciml.solvers.integrate import integrate
from sciml.solvers.interpolant import InterpolantSolver

F64 = torch.float64
PATHS = ["linear", "trigonometric", "encoding_decoding"]


def tensor(*values):
    return torch.tensor(values, dtype=F64)


DATA = Mixture(
    tensor(0.3, 0.7), tensor([2.0, 0.0], [-1.0, 1.0]), tensor([[0.1, 0.05], [0.05, 0.2]], [[0.3, 0.0], [0.0, 0.05]])
)
BASE = Mixture(
    tensor(0.5, 0.2, 0.3),
    tensor([0.0, -2.0], [2.0, 2.0], [-2.0, 2.0]),
    0.2 * torch.eye(2, dtype=F64).expand(3, 2, 2).contiguous(),
)

GRID = torch.linspace(1, 0, 101, dtype=F64)


def flow(path="linear"):
    bridge = MixtureBridge(Interpolant(path), DATA, BASE)
    return BridgeDenoiser(bridge.interpolant, bridge.velocity, bridge.noise)


def transport(denoiser, x, grid, *, eps=0.0, generator=None):
    return integrate(InterpolantSolver(eps), denoiser, x, grid, generator=generator)


@pytest.mark.parametrize("t", [0.2, 0.45, 0.9])
@pytest.mark.parametrize("path", PATHS)
def test_the_oracle_is_the_conditional_mean(generator, path, t):
    """For any test function h, E h(x_t) b(x_t) = E h(x_t) dx_t/dt, and E h(x_t) E[z | x_t] = E h(x_t) z."""
    known, n, t = flow(path), 60_000, torch.tensor(t, dtype=F64)
    x_0, x_1 = DATA.sample(n, generator=generator), BASE.sample(n, generator=generator)
    z, p = torch.randn(n, 2, generator=generator, dtype=F64), known.process
    x_t = p.interpolate(x_0, x_1, z, t)
    slope = p.drift_without_noise(x_0, x_1, t) + p.gamma_dot(t) * z
    features = torch.stack([torch.ones(n, dtype=F64), x_t[:, 0].tanh(), x_t[:, 1].sin()])
    for exact, seen in ((known.velocity(x_t, t), slope), (known.noise(x_t, t), z)):
        difference = features @ (exact - seen) / n
        error = (features[:, :, None] * (exact - seen)).std(1) / n**0.5
        assert (difference.abs() < 4.5 * error).all()


@pytest.mark.parametrize("path", PATHS)
def test_the_drift_is_finite_and_continuous_at_the_ends(path):
    x, known = tensor([0.3, 0.5], [-2.0, 1.0]), flow(path)
    for end, near in ((0.0, 1e-9), (1.0, 1 - 1e-9)):
        ends = [known.velocity(x, torch.tensor(t, dtype=F64)) for t in (end, near)]
        torch.testing.assert_close(*ends, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("eps", [0.0, 0.5, 2.0])
@pytest.mark.parametrize("path", PATHS)
def test_ode_and_sde_reach_the_data(generator, path, eps):
    """Moments and mode weights within four standard errors, and no farther from the data than a sample of it may be."""
    n, many = 1500, DATA.sample(10_000, generator=generator)
    y = transport(flow(path), BASE.sample(n, generator=generator), GRID, eps=eps, generator=generator)
    assert ((y.mean(0) - many.mean(0)).abs() < 4 * many.std(0) / n**0.5).all()
    torch.testing.assert_close(torch.cov(y.T), torch.cov(many.T), rtol=0, atol=0.2)
    right = y[:, 0] > 0.5
    assert right.double().mean().item() == pytest.approx(0.3, abs=0.048)
    torch.testing.assert_close(torch.cov(y[right].T), DATA.covariances[0], rtol=0, atol=0.05)
    samples = [y, *(DATA.sample(n, generator=generator) for _ in range(6))]
    found, *usual = (sliced_wasserstein(sample, many, directions=30, generator=generator) for sample in samples)
    assert found < 1.5 * max(usual)


def test_order_of_the_ode():
    x = BASE.sample(64, generator=torch.Generator().manual_seed(0))
    ends = {n: transport(flow(), x, torch.linspace(0.9, 0.1, n + 1, dtype=F64)) for n in (40, 80, 640)}
    errors = [(ends[n] - ends[640]).norm() for n in (40, 80)]
    assert torch.log2(errors[0] / errors[1]).item() == pytest.approx(2, abs=0.2)


def test_order_in_law_of_the_sde():
    """One Gaussian to another: the variance reached is read off exactly, for a step is affine in the state and the noise."""
    data = Mixture(tensor(1.0), tensor([1.0]), tensor([[0.1]]))
    base = Mixture(tensor(1.0), tensor([-1.0]), tensor([[1.5]]))
    bridge = MixtureBridge(Interpolant(), data, base)
    known = BridgeDenoiser(bridge.interpolant, bridge.velocity, bridge.noise)
    errors = []
    for n in (20, 40):
        grid, states = torch.linspace(0.8, 0.2, n + 1, dtype=F64), tensor([0.0], [0.0], [1.0])
        z = torch.randn(3, 1, generator=torch.Generator().manual_seed(0), dtype=F64)
        variance = 0.04 * 0.1 + 0.64 * 1.5 + 2 * 0.8 * 0.2
        for i in range(n):
            y = transport(known, states, grid[i : i + 2], eps=1.0, generator=torch.Generator().manual_seed(0))
            sd = (y[1] - y[0]) / (z[1] - z[0])
            variance = ((y[2] - y[0] - sd * (z[2] - z[0])) ** 2 * variance + sd**2).item()
        errors.append(abs(variance - (0.64 * 0.1 + 0.04 * 1.5 + 2 * 0.8 * 0.2)))
    assert torch.tensor(errors[0] / errors[1]).log2().item() == pytest.approx(2, abs=0.2)


class Linear:
    """sum_k W_k phi_k(x, t): bumps, 1 and x, times polynomials of t; for the noise times gamma, as which it vanishes."""

    def __init__(self, weights, scale):
        self.weights, self.scale = weights, scale

    def __call__(self, x, t):
        t = t.to(x.dtype).reshape(-1, 1).expand(len(x), 1)
        bumps = torch.exp(-0.5 * ((x - torch.linspace(-2.6, 4.6, 11, dtype=F64)) / 0.8) ** 2)
        in_space = torch.cat([bumps, torch.ones_like(x), x], 1)
        in_time = torch.cos(torch.arange(4) * torch.acos(2 * t - 1))
        return self.scale(t) * ((in_space[:, :, None] * in_time[:, None]).flatten(1) @ self.weights)[:, None]


def minimiser(loss, interpolant, x_0, x_1, scale):
    """The loss is quadratic in the weights: one step of Newton's method from 0, its Hessian by differences of gradients."""

    def gradient(weights):
        weights.requires_grad_()
        value = loss(Linear(weights, scale), interpolant, x_0, x_1, generator=torch.Generator().manual_seed(2))
        return torch.autograd.grad(value, weights)[0]

    at_zero = gradient(torch.zeros(52, dtype=F64))
    hessian = torch.stack([gradient(unit) - at_zero for unit in torch.eye(52, dtype=F64)])
    return Linear(-torch.linalg.solve(hessian, at_zero), scale)


@pytest.mark.slow
def test_a_learnt_drift_is_within_five_per_cent(generator):
    data = Mixture(tensor(0.4, 0.6), tensor([0.8], [-0.8]), tensor([[0.4]], [[0.3]]))
    base = Mixture(tensor(0.5, 0.5), tensor([2.5], [1.5]), tensor([[0.5]], [[0.5]]))
    bridge, n = MixtureBridge(Interpolant(), data, base), 100_000
    p, pair = bridge.interpolant, (data.sample(n, generator=generator), base.sample(n, generator=generator))
    velocity = minimiser(velocity_loss, p, *pair, torch.ones_like)
    noise = minimiser(noise_loss, p, *pair, p.gamma)
    t, z = torch.linspace(0.01, 0.99, n, dtype=F64), torch.randn(n, 1, generator=generator, dtype=F64)
    x_t = p.interpolate(*pair, z, t)
    for learnt, exact in ((velocity(x_t, t), bridge.velocity(x_t, t)), (noise(x_t, t), bridge.noise(x_t, t))):
        assert (learnt - exact).norm() < 0.05 * exact.norm()
    for eps in (0.0, 0.5):
        grid = torch.linspace(1, 0, 61, dtype=F64)
        y = transport(BridgeDenoiser(p, velocity, noise), pair[1][:5000], grid, eps=eps, generator=generator)
        assert sliced_wasserstein(y, pair[0][:5000], directions=1, generator=generator) < 0.1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"eps": -1.0}, "`eps` must be finite and not negative, got -1.0"),
        ({"eps": 0.5}, "`generator` must be a torch.Generator: InterpolantSolver is stochastic; got None"),
    ],
)
def test_bad_arguments_are_named(arguments, message):
    arguments = {"grid": tensor(1.0, 0.0), **arguments}
    with pytest.raises(ValueError, match=message):
        transport(flow(), tensor([0.0, 0.0]), **arguments)


def test_the_mean_is_that_of_the_data(generator):
    """E h(x_t) E[x_0 | x_t] = E h(x_t) x_0 for any h."""
    known, n, t = flow("trigonometric"), 60_000, torch.tensor(0.4, dtype=F64)
    x_0, x_1 = DATA.sample(n, generator=generator), BASE.sample(n, generator=generator)
    x_t = known.process.interpolate(x_0, x_1, torch.randn(n, 2, generator=generator, dtype=F64), t)
    features = torch.stack([torch.ones(n, dtype=F64), x_t[:, 0].tanh(), x_t[:, 1].sin()])
    difference = known(x_t, t).mean - x_0
    error = (features[:, :, None] * difference).std(1) / n**0.5
    assert ((features @ difference / n).abs() < 4.5 * error).all()


def test_the_ode_does_not_ask_for_the_noise():
    asked = []
    known = flow()
    watched = BridgeDenoiser(known.process, known.velocity, lambda x, t: asked.append(t) or known.noise(x, t))
    solver, x, t = InterpolantSolver(), tensor([0.0, 0.0]), tensor(1.0, 0.5)
    solver._drift(watched, x, t[1])
    assert not asked
    InterpolantSolver(0.5)._drift(watched, x, t[1])
    assert len(asked) == 1


def test_what_cannot_be_is_refused():
    with pytest.raises(ValueError, match=r"`t_min` must lie in \[0, 0.5\), got 0.5"):
        InterpolantSolver(t_min=0.5)
    with pytest.raises(ValueError, match="`cond` must be None: bind the condition to the fields"):
        flow()(tensor([0.0, 0.0]), tensor(0.5)[0], 1.0)


def test_another_denoiser_is_refused():
    gaussian = GaussianDenoiser(VPLinear(), torch.zeros(2, dtype=F64), torch.eye(2, dtype=F64))
    with pytest.raises(TypeError, match="`denoiser` must be a BridgeDenoiser, got one that returns Gaussian"):
        transport(gaussian, tensor([0.0, 0.0]), tensor(1.0, 0.5))
