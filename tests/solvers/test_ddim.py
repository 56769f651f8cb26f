"""Identities of DDIM."""

import pytest
import torch

from sciml.denoisers.gaussian import GaussianDenoiser
from sciml.solvers.ddim import ddim
from sciml.solvers.ddpm import DDPM
from sciml.solvers.euler import Euler
from sciml.solvers.grids import karras_grid, uniform_grid
from sciml.solvers.heun import Heun
from sciml.solvers.integrate import integrate

F64 = torch.float64


@pytest.mark.parametrize("steps", [1, 7, 60])
def test_eta_one_is_ddpm(process, mixture, steps):
    x = process.prior((5, 2), generator=torch.Generator().manual_seed(1), dtype=F64)
    grid = uniform_grid(process, steps)
    by_ddim, by_ddpm = (
        integrate(solver, mixture, x, grid, generator=torch.Generator().manual_seed(2)) for solver in (ddim(eta=1.0), DDPM())
    )
    torch.testing.assert_close(by_ddim, by_ddpm, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("eta", [0.0, 0.5, 1.0])
def test_the_step_onto_no_noise_returns_the_data(process, mixture, generator, eta, dtype):
    t, s = torch.tensor(0.3, dtype=F64), torch.zeros((), dtype=F64)
    x_t = process.prior((5, 2), generator=generator, dtype=dtype)
    x_0 = mixture(x_t, t).mean
    x_s = integrate(ddim(eta), mixture, x_t, torch.stack([t, s]), generator=generator)
    if process.sigma(s) == 0:
        assert torch.equal(x_s, x_0)
    elif eta == 0:  # VE keeps sigma_min eps
        eps = (x_t - x_0) / process.sigma(t).to(dtype)
        torch.testing.assert_close(x_s, x_0 + process.sigma(s).to(dtype) * eps)


@pytest.mark.parametrize("solver", [ddim(), ddim(1.0), Euler(), Heun()])
def test_down_to_time_zero(process, mixture, generator, solver):
    """A Karras grid may end at the data itself; no step may divide by sigma_0 = 0."""
    x = process.prior((5, 2), generator=generator)
    assert torch.isfinite(integrate(solver, mixture, x, karras_grid(process, 8, t_end=0.0), generator=generator)).all()


def test_one_step_is_exact_when_the_prediction_does_not_change(process, generator):
    """Data at a point: x_0 is known, and one step is the flow."""
    point = GaussianDenoiser(process, torch.tensor([1.0, 2.0], dtype=F64), torch.zeros(2, 2, dtype=F64))
    x = process.prior((5, 2), generator=generator, dtype=F64)
    t, s = torch.tensor(1.0, dtype=F64), torch.tensor(0.01, dtype=F64)
    torch.testing.assert_close(integrate(ddim(), point, x, torch.stack([t, s])), point.flow(x, t, s))


@pytest.mark.parametrize("eta", [-0.1, 1.3, float("nan")])
def test_eta_is_checked(eta):
    with pytest.raises(ValueError, match=rf"`eta` must lie in \[0, 1\], got {eta}"):
        ddim(eta)
