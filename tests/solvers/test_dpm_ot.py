"""Semi-discrete transport against linear programming, and few steps from where it leads against DDIM all the way."""

import pytest
import torch
from scipy.optimize import linear_sum_assignment

from sciml.denoisers.mixture import MixtureDenoiser
from sciml.processes.vp import VPLinear
from sciml.solvers.ddim import ddim
from sciml.solvers.dpm_ot import SemiDiscreteTransport, transport_start
from sciml.solvers.grids import quadratic_grid
from sciml.solvers.integrate import integrate

F64 = torch.float64


def noise(n, generator):
    return torch.randn(n, 2, generator=generator, dtype=F64)


@pytest.mark.parametrize(("targets", "dimension"), [(12, 2), (12, 5), (4, 1)])
def test_the_cost_is_that_of_linear_programming(generator, targets, dimension):
    """Sources that are a set themselves, ten to a target: an assignment problem."""
    points = torch.randn(targets, dimension, generator=generator, dtype=F64) + 0.5
    sources = torch.randn(10 * targets, dimension, generator=generator, dtype=F64)
    costs = torch.cdist(sources, points.repeat_interleave(10, dim=0)) ** 2
    rows, columns = linear_sum_assignment(costs.numpy())
    exact = costs[rows, columns].mean().item()
    found = SemiDiscreteTransport.fit(points, lambda n, g: sources, generator=generator, iterations=500)
    assert found.cost(sources) == pytest.approx(exact, rel=1e-3)
    assert found.cost(sources) <= exact * (1 + 1e-12)
    assigned = found.assign(sources)
    assert (sources - found.map(sources)).square().sum(1).mean().item() == pytest.approx(exact, rel=0.02)
    assert (assigned == torch.from_numpy(columns // 10)).double().mean() > 0.97


def test_without_heights_the_bound_is_below_the_cost(generator):
    points, x = noise(6, generator), noise(500, generator)
    rough = SemiDiscreteTransport(points, torch.zeros(6, dtype=F64), torch.zeros(6, 2, dtype=F64))
    fitted = SemiDiscreteTransport.fit(points, lambda n, g: x, generator=generator, iterations=300)
    assert rough.cost(x) < fitted.cost(x)


def test_cells_have_equal_mass_and_known_centres(generator):
    """On the line the map to n points is the quantile function: cells are n-tiles of the normal law."""
    points = torch.tensor([[3.0], [-1.0], [0.5], [1.2]], dtype=F64)
    transport = SemiDiscreteTransport.fit(
        points, lambda n, g: torch.randn(n, 1, generator=g, dtype=F64), generator=generator, iterations=600
    )
    x = torch.linspace(-3, 3, 601, dtype=F64)[:, None]
    quarter = torch.special.ndtri(torch.tensor([0.25, 0.5, 0.75], dtype=F64))
    expected = torch.tensor([-1.0, 0.5, 1.2, 3.0], dtype=F64)[torch.bucketize(x[:, 0], quarter)]
    assert (transport.map(x)[:, 0] == expected).double().mean() > 0.97
    density = torch.exp(-quarter.square() / 2) / (2 * torch.pi) ** 0.5
    inner = 4 * (density[0] - density[1])  # E[z; z < a] = -density(a)
    centres = torch.tensor([-4 * density[0], inner, -inner, 4 * density[2]], dtype=F64)
    torch.testing.assert_close(transport.centres[[1, 2, 3, 0], 0], centres, rtol=0, atol=0.03)


def test_the_extension_goes_between_points_of_a_mode_only(generator):
    """Two points side by side, and one at a right angle: the mean of the first two, or the third alone."""
    points = torch.tensor([[1.0, 0.1], [1.0, -0.1], [0.0, 1.0]], dtype=F64)
    transport = SemiDiscreteTransport.fit(points, noise, generator=generator, iterations=300)
    y = transport.map(noise(2000, generator), neighbours=3)
    third = (y == points[2]).all(1)
    assert 0.28 < third.double().mean() < 0.38
    torch.testing.assert_close(y[~third, 0], torch.ones(int((~third).sum()), dtype=F64))
    assert y[~third, 1].abs().max() <= 0.1 + 1e-12 and y[~third, 1].std() > 0.02
    assert (transport.map(noise(9, generator), neighbours=1)[:, None] == points).all(2).any(1).all()


def test_a_cell_that_was_never_seen_still_maps():
    nan = torch.full((2, 2), torch.nan, dtype=F64)
    points = torch.tensor([[1.0, 0.0], [1.0, 0.1]], dtype=F64)
    transport = SemiDiscreteTransport(points, torch.zeros(2, dtype=F64), nan)
    assert torch.equal(transport.map(torch.tensor([[0.0, 3.0]], dtype=F64), neighbours=2), points[1:])


def test_all_modes_and_less_between_them_than_ddim(generator):
    """25 modes on a grid, 10 calls: shares farther than five deviations from every mode."""
    side = torch.arange(-2.0, 3.0, dtype=F64)
    means, process = torch.cartesian_prod(side, side), VPLinear()
    weights, variances = torch.full((2, 25), 1 / 25, dtype=F64)
    oracle = MixtureDenoiser(process, weights, means, variances * 25 * 0.05**2)
    transport = SemiDiscreteTransport.fit(
        oracle.sample(500, generator=generator), noise, generator=generator, iterations=300
    )
    x = noise(4000, generator)
    start = transport_start(process, transport, x, 0.15, generator=generator, neighbours=4)
    ends = {
        "ot": integrate(ddim(), oracle, start, quadratic_grid(process, 10, t_start=0.15)),
        "ddim": integrate(ddim(), oracle, x, quadratic_grid(process, 10)),
    }
    distances = {name: torch.cdist(end, means).min(1) for name, end in ends.items()}
    between = {name: (d.values > 0.25).double().mean().item() for name, d in distances.items()}
    share = torch.bincount(distances["ot"].indices, minlength=25) / len(x)
    assert between["ot"] < 0.5 * between["ddim"]
    assert share.min() > 0.4 / 25 and share.max() < 2 / 25


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda t, p, g: SemiDiscreteTransport.fit(p[:1], noise, generator=g),
            "`points` must hold at least 2, got 1",
        ),
        (
            lambda t, p, g: SemiDiscreteTransport.fit(p, noise, generator=g, iterations=0),
            "`iterations` must .* got 0",
        ),
        (lambda t, p, g: t.map(p, neighbours=4), r"`neighbours` must lie in \[1, 3\], the number of points, got 4"),
        (
            lambda t, p, g: transport_start(VPLinear(), t, p, 0.0, generator=g),
            r"`t_start` must lie in \(0, 1\], got 0.0",
        ),
    ],
)
def test_bad_arguments_are_named(call, message):
    points = torch.eye(3, 2, dtype=F64)
    with pytest.raises(ValueError, match=message):
        call(SemiDiscreteTransport(points, torch.zeros(3, dtype=F64), points), points, torch.Generator())
