"""The distribution, its independence of chunks, and the reduction to stored points."""

import numpy as np
import pytest
import torch

from sciml.io.errors import InputError
from sciml.pde.data import burgers
from sciml.pde.data.burgers import draw, forcing, initial, interpolation, simulate
from sciml.pde.equations.burgers import nodes

SMALL = {"points": 30, "intervals": 4, "solver_points": 30, "duration": 0.4}


def test_rows_depend_on_seed_and_index_only():
    assert torch.equal(draw(5, 3), draw(700, 3)[:5])
    assert not torch.equal(draw(5, 3), draw(5, 4))


def test_extreme_draws_give_the_extremes_of_the_distribution():
    """Rows of 0 and (almost) 1 put each parameter at either end of its range."""
    x = torch.tensor([0.2, 0.4, 0.6, 0.8], dtype=torch.float64)
    low, high = torch.zeros(1, 54, dtype=torch.float64), torch.ones(1, 54, dtype=torch.float64)
    g = lambda z, s: np.exp(-0.5 * (z / s) ** 2)  # noqa: E731
    np.testing.assert_allclose(initial(low, x)[0], -2 * g(x.numpy() - 0.6, 0.05))
    np.testing.assert_allclose(initial(high, x)[0], 2 * g(x.numpy() - 0.4, 0.15))
    times = np.array([[0.25], [0.5], [0.75]])
    np.testing.assert_allclose(forcing(low, x, 3)[0], -3 * 8 * g(x.numpy(), 0.1) * g(times, 0.1))
    np.testing.assert_allclose(forcing(high, x, 3)[0], 3 * g(x.numpy() - 1, 0.4) * g(times - 1, 0.4))  # one is on


def test_moments_of_many_draws():
    """E u_0(x) has antisymmetry about 1/2; E f = 0; E f^2 by Monte Carlo of the formula with numpy."""
    x, n = nodes(9), 20_000
    draws = draw(n, 0)
    mean = initial(draws, x).mean(0)
    torch.testing.assert_close(mean, -mean.flip(0), atol=0.02, rtol=0)
    f = forcing(draws, x, 5)
    assert f.mean(0).abs().max() < 0.05
    rng = np.random.default_rng(0)
    b, s, c, r = rng.random(n), rng.uniform(0.1, 0.4, n), rng.random(n), rng.uniform(0.1, 0.4, n)
    second = 3.0 * 4.5 * np.mean(np.exp(-(((0.5 - b) / s) ** 2) - ((0.5 - c) / r) ** 2))  # E (2a)^2 = 3; 1 + 7/2 on
    assert float((f[:, 2, 4] ** 2).mean()) == pytest.approx(second, rel=0.05)


def test_simulation_is_reproducible_and_independent_of_chunks():
    whole, chunked = simulate(5, seed=1, batch=5, **SMALL), simulate(5, seed=1, batch=2, **SMALL)
    np.testing.assert_array_equal(whole["forcing"], chunked["forcing"])
    np.testing.assert_allclose(whole["u"], chunked["u"], atol=1e-6)
    np.testing.assert_array_equal(whole["u"], simulate(5, seed=1, batch=5, **SMALL)["u"])
    np.testing.assert_allclose(whole["u"][:3], simulate(3, seed=1, **SMALL)["u"], atol=1e-6)


def test_dataset_describes_itself():
    reports = []
    dataset = simulate(3, seed=7, batch=2, progress=lambda *done: reports.append(done), **SMALL)
    assert reports == [(2, 3), (3, 3)]
    assert dict(dataset.sizes) == {"trajectory": 3, "time": 5, "x": 30, "interval": 4}
    assert dataset["u"].dims == ("trajectory", "time", "x") and dataset["u"].dtype == np.float32
    assert dataset["forcing"].dims == ("trajectory", "interval", "x") and dataset["forcing"].dtype == np.float32
    np.testing.assert_allclose(dataset["time"], [0, 0.1, 0.2, 0.3, 0.4])
    np.testing.assert_allclose(dataset["x"], np.arange(1, 31) / 31)
    assert all(dataset[name].attrs["units"] == "non-dimensional" for name in ("u", "forcing", "time", "x"))
    expected = {"viscosity": 0.01, "solver_points": 30, "seed": 7}
    assert expected.items() <= dataset.attrs.items() and {"equation", "solver", "package_version"} <= set(dataset.attrs)


def test_interpolation_keeps_nested_points_and_cubics():
    assert torch.equal(interpolation(5, 5), torch.eye(5, dtype=torch.float64))
    nested = interpolation(5, 11)  # 12 = 2 * 6
    torch.testing.assert_close(nested, torch.eye(11, dtype=torch.float64)[1::2], atol=1e-12, rtol=0)
    cubic = lambda x: x * (1 - x) * (x + 2)  # noqa: E731
    torch.testing.assert_close(interpolation(7, 16) @ cubic(nodes(16)), cubic(nodes(7)), atol=1e-12, rtol=0)


def test_a_finer_solver_changes_the_stored_fields_by_its_error_only():
    sizes = {"points": 59, "intervals": 4, "duration": 0.4, "seed": 2}
    coarse, fine, finer = (simulate(3, solver_points=n, **sizes) for n in (59, 119, 239))
    np.testing.assert_allclose(fine["forcing"], coarse["forcing"])
    error = float(abs(coarse["u"] - finer["u"]).mean()), float(abs(fine["u"] - finer["u"]).mean())
    assert error[1] < 0.3 * error[0] < 3e-3


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"trajectories": 0}, "`trajectories` must be at least 1, got 0"),
        ({"points": 2}, "`points` must be at least 3, got 2"),
        ({"intervals": 0}, "`intervals` must be at least 1"),
        ({"solver_points": 29}, "`solver_points` must be at least 30, got 29"),
        ({"batch": 0}, "`batch` must be at least 1"),
        ({"seed": -1}, "`seed` must be at least 0, got -1"),
        ({"viscosity": 0.0}, "`viscosity` must be finite and above 0, got 0.0"),
        ({"duration": -1.0}, "`duration` must be finite and above 0"),
    ],
)
def test_bad_parameters(changed, message):
    with pytest.raises(InputError, match=message):
        simulate(**({"trajectories": 2} | SMALL | changed))


def test_non_finite_result_names_the_trajectory(monkeypatch):
    def broken(u0, forcing, **_):
        frames = torch.zeros(len(u0), forcing.shape[1] + 1, u0.shape[1])
        if len(u0) == 1:  # the last batch of three
            frames[0, 1, 2] = float("nan")
        return frames

    monkeypatch.setattr(burgers, "solve", broken)
    with pytest.raises(FloatingPointError, match="u of trajectory 2 is not finite"):
        simulate(3, batch=2, **SMALL)
