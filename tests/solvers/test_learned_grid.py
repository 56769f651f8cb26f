"""A learned grid is better where it was learnt and where it was not, and never worse than what it began with."""

import pytest
import torch

from sciml.denoisers.mixture import MixtureDenoiser
from sciml.denoisers.reference import exact_flow
from sciml.processes.vp import VPLinear
from sciml.solvers.ddim import ddim
from sciml.solvers.exponential.form import NOISE
from sciml.solvers.exponential.plain import exponential
from sciml.solvers.grids import log_snr_grid, uniform_grid
from sciml.solvers.integrate import integrate
from sciml.solvers.learned_grid import distance, learn_grid

F64 = torch.float64


@pytest.fixture
def narrow() -> MixtureDenoiser:
    weights, variances = torch.tensor([[0.4, 0.6], [0.01, 0.02]], dtype=F64)
    return MixtureDenoiser(VPLinear(), weights, torch.tensor([[1.0, 0.0], [-1.0, 0.5]], dtype=F64), variances)


def test_a_learned_grid_serves_samples_it_has_not_seen(narrow):
    process, solver = narrow.process, exponential(NOISE, 2)
    start = log_snr_grid(process, 5)
    x = process.prior((48, 2), generator=torch.Generator().manual_seed(0), dtype=F64)
    exact = exact_flow(narrow, x, start[0], start[-1], steps=100)
    learned = learn_grid(solver, narrow, x[:16], exact[:16], start, iterations=40)
    assert torch.equal(learned[[0, -1]], start[[0, -1]]) and (learned.diff() < 0).all() and not learned.requires_grad
    before, after = (distance(integrate(solver, narrow, x[16:], grid), exact[16:]) for grid in (start, learned))
    assert after < 0.8 * before


def test_a_grid_that_cannot_be_bettered_is_kept(narrow):
    """Of one step there is nothing to choose."""
    process = narrow.process
    x = process.prior((4, 2), generator=torch.Generator().manual_seed(0), dtype=F64)
    start = log_snr_grid(process, 1)
    assert torch.equal(learn_grid(ddim(), narrow, x, x, start, iterations=3), start)


def test_bad_arguments_are_named(narrow):
    x, start = torch.ones(2, 2, dtype=F64), log_snr_grid(narrow.process, 3)
    with pytest.raises(ValueError, match="`solver` must be deterministic, got ExponentialIntegrator with fresh noise"):
        learn_grid(ddim(0.5), narrow, x, x, start)
    with pytest.raises(ValueError, match="`reference` must have as many states as `x`, at least 1, got 1 for 2"):
        learn_grid(ddim(), narrow, x, x[:1], start)
    with pytest.raises(ValueError, match="`start` must end where some noise is left, got 0.0, where lambda is infinite"):
        learn_grid(ddim(), narrow, x, x, uniform_grid(narrow.process, 3, t_end=0.0))
