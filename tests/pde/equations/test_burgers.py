"""The finite volumes against Cole-Hopf, manufactured solutions, and the properties of the equation."""

import math

import pytest
import torch

from sciml.io.errors import InputError
from sciml.pde.equations.burgers import nodes, solve
from sciml.pde.equations.cole_hopf import cole_hopf

PI = math.pi


def cole_hopf_error(points, sign, t, nu=0.01):
    """Relative L2 error for u_0 = sign * sin(2 pi x): a shock at x = 1/2 (+1) or a layer at either wall (-1)."""
    x = nodes(points)
    u0 = sign * torch.sin(2 * PI * x)[None]
    found = solve(u0, torch.zeros(1, 2, points, dtype=torch.float64), viscosity=nu, duration=t)[0, -1]
    exact = cole_hopf(
        x,
        t,
        velocity=lambda y: sign * torch.sin(2 * PI * y),
        potential=lambda y: -sign * torch.cos(2 * PI * y) / (2 * PI),
        largest=1.0,
        viscosity=nu,
    )
    return float((found - exact).norm() / exact.norm())


@pytest.mark.parametrize("sign", [-1, 1])
def test_second_order_before_the_shock(sign):
    coarse, fine = cole_hopf_error(119, sign, 0.1), cole_hopf_error(239, sign, 0.1)
    assert fine <= 3e-5
    assert math.log2(coarse / fine) >= 1.9


@pytest.mark.parametrize("sign", [-1, 1])
def test_second_order_after_the_shock(sign):
    coarse, fine = cole_hopf_error(119, sign, 0.5), cole_hopf_error(239, sign, 0.5)
    assert fine <= 4e-4  # the prototype with minmod slopes: 1.9e-3
    assert math.log2(coarse / fine) >= 1.9


def manufactured_error(points, intervals):
    """u = (1 + t) sin(pi x) sin(x): smooth, not odd at the wall x = 1; f from the equation, taken at mid-interval."""
    nu, duration = 0.05, 0.5
    x = nodes(points)
    g = torch.sin(PI * x) * torch.sin(x)
    dg = PI * torch.cos(PI * x) * torch.sin(x) + torch.sin(PI * x) * torch.cos(x)
    ddg = -(PI**2 + 1) * g + 2 * PI * torch.cos(PI * x) * torch.cos(x)
    a = 1 + (torch.arange(intervals, dtype=torch.float64)[:, None] + 0.5) * duration / intervals
    f = (g + a**2 * g * dg - nu * a * ddg)[None]
    frames = solve(g[None], f, viscosity=nu, duration=duration)
    return float((frames[0, -1] - (1 + duration) * g).abs().max())


def test_second_order_with_forcing():
    errors = [manufactured_error(points, intervals) for points, intervals in ((29, 10), (59, 20), (119, 40))]
    assert errors[-1] < 2e-4
    assert math.log2(errors[-2] / errors[-1]) >= 1.8
    assert math.log2(errors[0] / errors[-1]) / 2 >= 1.8


def test_no_overshoot_at_shocks():
    """Two square pulses that steepen and collide at a cell Reynolds number of about 80."""
    x = nodes(120)
    u0 = ((x - 0.3).abs() < 0.1).double() - 0.8 * ((x - 0.7).abs() < 0.1).double()
    frames = solve(u0[None], torch.zeros(1, 20, 120, dtype=torch.float64), viscosity=1e-4, duration=1.0)
    assert frames.max() <= 1.0 + 1e-12 and frames.min() >= -0.8 - 1e-12
    variation = frames[0].diff(dim=-1).abs().sum(-1)
    assert (variation.diff() <= 1e-12).all()


@pytest.mark.parametrize(("points", "tolerance"), [(239, 3e-3), (959, 1.2e-3)])
def test_inviscid_riemann_problems(points, tolerance):
    """A pulse of height 1: a shock at speed 1/2 ahead, a rarefaction behind; the mean error is of first order."""
    x, dx, back, front, t = nodes(points), 1 / (points + 1), 0.202, 0.398, 0.2
    u0 = ((x + dx / 2).clamp(back, front) - (x - dx / 2).clamp(back, front))[None] / dx  # means over volumes
    frames = solve(u0, torch.zeros(1, 1, points, dtype=torch.float64), viscosity=0.0, duration=t)
    exact = ((x - back) / t).clamp(0, 1) * (x < front + t / 2)
    assert (frames[0, -1] - exact).abs().mean() < tolerance
    assert frames[0, -1].sum() * dx == pytest.approx(front - back, abs=1e-12)


def test_mean_is_conserved_away_from_the_walls():
    x = nodes(120)
    u0 = torch.exp(-(((x - 0.4) / 0.05) ** 2))[None]
    frames = solve(u0, torch.zeros(1, 10, 120, dtype=torch.float64), viscosity=1e-3, duration=0.2)
    torch.testing.assert_close(frames.mean(-1), u0.mean(-1)[:, None].expand(1, 11), atol=1e-12, rtol=0)


def test_mirror_symmetry_holds():
    """u(x) -> -u(1 - x), f likewise, maps solutions to solutions."""
    generator = torch.Generator().manual_seed(0)
    u0 = torch.randn(2, 40, generator=generator, dtype=torch.float64)
    f = torch.randn(2, 3, 40, generator=generator, dtype=torch.float64)
    there = solve(u0, f, duration=0.3)
    torch.testing.assert_close(solve(-u0.flip(-1), -f.flip(-1), duration=0.3), -there.flip(-1), atol=1e-12, rtol=0)


def test_gradient_with_respect_to_state_and_forcing():
    x = nodes(12)
    u0 = (torch.sin(PI * x) + 0.3 * torch.sin(2.3 * x))[None].requires_grad_()  # no ties: smooth here
    f = torch.cos(3 * x).expand(1, 2, 12).clone().requires_grad_()
    assert torch.autograd.gradcheck(
        lambda u, f: solve(u, f, viscosity=0.05, duration=0.1, speed=5.0)[:, -1], (u0, f), atol=1e-6
    )


def test_common_speed_makes_trajectories_independent_of_their_batch():
    generator = torch.Generator().manual_seed(1)
    u0 = torch.rand(5, 30, generator=generator)
    f = torch.randn(5, 4, 30, generator=generator)
    together = solve(u0, f, duration=0.4, speed=4.0)
    alone = solve(u0[3:4], f[3:4], duration=0.4, speed=4.0)
    torch.testing.assert_close(together[3:4], alone, atol=1e-6, rtol=0)


def test_bad_input_is_named():
    u0, f = torch.zeros(2, 10), torch.zeros(2, 3, 10)
    for arguments, message in (
        ({"viscosity": -1.0}, "`viscosity` must be finite and at least 0, got -1.0"),
        ({"viscosity": math.nan}, "`viscosity`"),
        ({"duration": 0.0}, "`duration` must be finite and above 0, got 0.0"),
        ({"cfl": 1.5}, r"`cfl` must lie in \(0, 1\], got 1.5"),
    ):
        with pytest.raises(InputError, match=message):
            solve(u0, f, **arguments)
    broken = f.clone()
    broken[1, 2, 3] = math.inf
    with pytest.raises(InputError, match="`forcing` of trajectory 1 is not finite"):
        solve(u0, broken)
    with pytest.raises(InputError, match="interval 0: .* stages are needed"):
        solve(u0 + 1e12, f)
