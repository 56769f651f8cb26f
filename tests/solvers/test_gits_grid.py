"""GITS: its dynamic programme against all paths, its costs against single steps, its grid against equal steps."""

from itertools import combinations, pairwise

import pytest
import torch

from sciml.denoisers.denoiser import Denoiser, Dirac
from sciml.denoisers.gaussian import GaussianDenoiser
from sciml.denoisers.mixture import MixtureDenoiser
from sciml.denoisers.reference import exact_flow
from sciml.processes.sub_vp import SubVP
from sciml.processes.ve import VE
from sciml.processes.vp import VPCosine, VPLinear
from sciml.solvers.ddim import ddim
from sciml.solvers.exponential.form import DATA
from sciml.solvers.exponential.plain import exponential
from sciml.solvers.gits_grid import cheapest_path, gits_grid, step_costs
from sciml.solvers.grids import karras_grid, uniform_grid
from sciml.solvers.integrate import integrate

F64 = torch.float64


@pytest.mark.parametrize("growth", [1.0, 1.5, 0.7])
@pytest.mark.parametrize("steps", [1, 2, 3, 5, 7])
def test_the_dynamic_programme_finds_the_best_of_all_paths(generator, steps, growth):
    costs = torch.rand(8, 8, generator=generator, dtype=F64).triu(1)
    costs[costs == 0] = torch.inf

    def total(path):
        return sum(growth**n * costs[i, j].item() for n, (i, j) in enumerate(pairwise(path)))

    paths = [(0, *inner, 7) for inner in combinations(range(1, 7), steps - 1)]
    found = cheapest_path(costs, steps, growth)
    assert tuple(found) == min(paths, key=total)


def test_a_cost_is_the_error_of_a_step_of_ddim(process, mixture, generator):
    times, x = karras_grid(process, 200), process.prior((4, 2), generator=generator, dtype=F64)
    costs = step_costs(mixture, x, times)
    assert torch.isinf(costs.tril()[torch.ones_like(costs).tril() > 0]).all()
    i, j = 120, 160
    there = exact_flow(mixture, x, times[0], times[i], steps=100)
    reached = integrate(ddim(), mixture, there, times[[i, j]])
    exact = exact_flow(mixture, x, times[0], times[j], steps=100)
    expected = ((reached - exact) / process.alpha(times[j])).norm(dim=1).mean()
    assert costs[i, j].item() == pytest.approx(expected.item(), rel=0.05)


@pytest.mark.parametrize(
    ("process", "solver"),
    [(VPLinear(), ddim()), (SubVP(), ddim()), (VE(), ddim()), (VPCosine(), exponential(DATA, 2))],
    ids=lambda case: type(case).__name__,
)
def test_the_error_is_below_that_of_equal_steps(process, solver):
    """On samples it has not seen. (For DDIM on the cosine schedule equal steps in t are the better here.)"""
    weights, variances = torch.tensor([[0.4, 0.6], [0.01, 0.02]], dtype=F64)
    narrow = MixtureDenoiser(process, weights, torch.tensor([[1.0, 0.0], [-1.0, 0.5]], dtype=F64), variances)
    x = process.prior((96, 2), generator=torch.Generator().manual_seed(0), dtype=F64)
    grid, equal = gits_grid(narrow, x[:32], 6), uniform_grid(process, 6)
    assert torch.equal(grid[[0, -1]], equal[[0, -1]]) and (grid.diff() < 0).all() and grid.dtype == F64
    exact = exact_flow(narrow, x[32:], grid[0], grid[-1], steps=100)
    errors = [(integrate(solver, narrow, x[32:], g) - exact).norm() for g in (grid, equal)]
    assert errors[0] < 0.9 * errors[1]


def test_all_of_the_fine_grid_or_one_step_leave_no_choice(mixture, process, generator):
    x = process.prior((4, 2), generator=generator, dtype=F64)
    assert torch.equal(gits_grid(mixture, x, 5, fine=5), karras_grid(process, 5))
    assert torch.equal(gits_grid(mixture, x, 1, fine=5), karras_grid(process, 1))


def test_the_condition_is_bound():
    class Shifted(Denoiser):
        def forward(self, x_t, t, cond=None):
            return Dirac(torch.full_like(x_t, cond))

    process, x = VPLinear(), torch.randn(4, 2, generator=torch.Generator().manual_seed(0), dtype=F64)
    assert len(gits_grid(Shifted(process), x, 3, fine=6, cond=2.0)) == 4


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda d, x: gits_grid(d, x, 0), r"`steps` must lie in \[1, `fine` = 60\], got 0"),
        (lambda d, x: gits_grid(d, x, 7, fine=6), r"`steps` must lie in \[1, `fine` = 6\], got 7"),
        (lambda d, x: gits_grid(d, x, 2, growth=0.0), "`growth` must be positive and finite, got 0.0"),
        (lambda d, x: gits_grid(d, x, 2, t_end=0.0), "`t_end` must leave some noise, got 0.0"),
        (lambda d, x: cheapest_path(torch.zeros(3, 3, dtype=F64), 3), r"`steps` must lie in \[1, 2\], one less .* got 3"),
    ],
)
def test_bad_arguments_are_named(call, message):
    point = GaussianDenoiser(VPLinear(), torch.zeros(2, dtype=F64), torch.zeros(2, 2, dtype=F64))
    with pytest.raises(ValueError, match=message):
        call(point, torch.ones(2, 2, dtype=F64))
