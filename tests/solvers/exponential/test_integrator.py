"""The core: what is exact, recipes that change their form, structured states, differentiable grids."""

from dataclasses import dataclass, replace

import pytest
import torch
from torch import Tensor

from sciml.denoisers.denoiser import Denoiser, Dirac
from sciml.denoisers.gaussian import GaussianDenoiser
from sciml.denoisers.mixture import MixtureDenoiser
from sciml.denoisers.reference import exact_flow
from sciml.denoisers.statistics import DataStatistics, cosine_statistics, principal_statistics
from sciml.numerics.modes import dense_modes
from sciml.processes.linear_path import LinearPath
from sciml.processes.product import ProductProcess
from sciml.processes.ve import VE
from sciml.processes.vp import VPLinear
from sciml.solvers.ddim import ddim
from sciml.solvers.dpm_solver import dpm_solver, dpm_solver_pp_multistep
from sciml.solvers.euler import Euler
from sciml.solvers.exponential.form import DATA, NOISE, VELOCITY, Form
from sciml.solvers.exponential.integrator import ExponentialIntegrator
from sciml.solvers.exponential.plain import exponential
from sciml.solvers.exponential.recipe import Recipe, StepSpec
from sciml.solvers.exponential.straight import STRAIGHT
from sciml.solvers.grids import log_snr_grid, quadratic_grid, uniform_grid
from sciml.solvers.integrate import integrate
from sciml.solvers.unipc import unipc
from sciml.solvers.whitened import whitened

F64 = torch.float64


def statistics_of(oracle: GaussianDenoiser) -> DataStatistics:
    modes = oracle.modes
    return DataStatistics(modes.mean, modes.variances, dense_modes(modes.basis))


@pytest.mark.parametrize("power", [0.5, 1.0])
@pytest.mark.parametrize("steps", [1, 3])
def test_the_whitened_flow_of_gaussian_data_is_exact(process, gaussian, generator, steps, power):
    x = process.prior((5, 2), generator=generator, dtype=F64)
    grid = log_snr_grid(process, steps)
    solver = whitened(statistics_of(gaussian), power=power, analytic_first=False)
    expected = gaussian.flow(x, grid[0], grid[-1])
    torch.testing.assert_close(integrate(solver, gaussian, x, grid), expected, rtol=1e-10, atol=1e-10)


def test_the_analytic_first_call_of_gaussian_data_is_the_call(process, gaussian, generator):
    x = process.prior((5, 2), generator=generator, dtype=F64)
    grid, calls = log_snr_grid(process, 4), []
    solver = ExponentialIntegrator(Recipe((StepSpec(NOISE, 3),)), 3, statistics_of(gaussian), analytic_first=True)
    found = integrate(solver, gaussian, x, grid, callback=lambda progress: calls.append(progress.nfe))
    assert calls == [0, 1, 2, 3]
    torch.testing.assert_close(found, integrate(exponential(NOISE, 3), gaussian, x, grid))


def test_the_velocity_form_is_exact_for_unit_gaussian_data(process, generator):
    oracle = GaussianDenoiser(process, torch.zeros(2, dtype=F64), torch.eye(2, dtype=F64))
    x = process.prior((5, 2), generator=generator, dtype=F64)
    grid = log_snr_grid(process, 2)
    found = integrate(exponential(VELOCITY, 1), oracle, x, grid)
    torch.testing.assert_close(found, oracle.flow(x, grid[0], grid[-1]), rtol=1e-10, atol=1e-10)


def test_what_was_compiled_for_inference_serves_gradients(gaussian, generator):
    process, solver = gaussian.process, whitened(statistics_of(gaussian))
    x, grid = process.prior((3, 2), generator=generator, dtype=F64), log_snr_grid(process, 4)
    with torch.inference_mode():
        plain = integrate(solver, gaussian, x, grid).clone()
    x.requires_grad_()
    end = integrate(solver, gaussian, x, grid)
    (gradient,) = torch.autograd.grad(end.sum(), x)
    assert torch.equal(end.detach(), plain) and (gradient != 0).any()


def test_the_straight_form_is_euler_on_a_straight_path(mixture, generator):
    path = LinearPath()
    oracle = MixtureDenoiser(path, mixture.weights, mixture.means, mixture.variances[:, 0])
    x, grid = path.prior((5, 2), generator=generator, dtype=F64), quadratic_grid(path, 6)
    found = integrate(exponential(STRAIGHT, 1, variable="tau"), oracle, x, grid)
    torch.testing.assert_close(found, integrate(Euler(), oracle, x, grid), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("order", [2, 3, 4])
def test_the_straight_form_has_its_order(process, mixture, generator, order):
    x = process.prior((16, 2), generator=generator, dtype=F64)
    x = integrate(ddim(), mixture, x, uniform_grid(process, 60, t_end=0.5))
    start, end = (torch.tensor(t, dtype=F64) for t in (0.5, 0.3))
    exact = exact_flow(mixture, x, start, end, steps=100)
    solver = exponential(STRAIGHT, order, variable="tau").warmed()
    errors = [
        (integrate(solver, mixture, x, log_snr_grid(process, n, t_start=0.5, t_end=0.3)) - exact).norm() for n in (64, 128)
    ]
    assert torch.log2(errors[0] / errors[1]).item() == pytest.approx(order, abs=0.15)


@pytest.mark.parametrize("form", [DATA, NOISE, VELOCITY, STRAIGHT])
def test_statistics_centre_a_form_that_is_the_same_for_all_modes(process, mixture, generator, form):
    """Data far from zero are sampled as well as data about zero."""
    shift = torch.tensor([30.0, -20.0], dtype=F64)
    far = MixtureDenoiser(process, mixture.weights, mixture.means + shift, mixture.variances[:, 0])
    near = MixtureDenoiser(process, mixture.weights, mixture.means, mixture.variances[:, 0])
    grid, modes = (
        log_snr_grid(process, 6),
        dense_modes(torch.linalg.qr(torch.randn(2, 2, generator=generator, dtype=F64))[0]),
    )
    x = process.prior((5, 2), generator=generator, dtype=F64)
    alphas = process.alpha(grid[[0, -1]])
    recipe = Recipe((StepSpec(form, 3, 2),))
    about = [
        ExponentialIntegrator(recipe, 3, DataStatistics(mean, torch.ones(2, dtype=F64), modes))
        for mean in (0 * shift, shift)
    ]
    plain, moved = integrate(about[0], near, x, grid), integrate(about[1], far, x + alphas[0] * shift, grid)
    torch.testing.assert_close(moved - alphas[1] * shift, plain, rtol=1e-9, atol=1e-9)
    torch.testing.assert_close(plain, integrate(exponential(form, 3, corrector=2), near, x, grid), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("form", [DATA, NOISE, VELOCITY, Form(0.3, 1.0)])
def test_a_recipe_of_equal_forms_is_the_plain_solver(process, mixture, generator, form):
    """Distinct but equal forms take the way of a recipe that changes its form."""
    x = process.prior((5, 2), generator=generator, dtype=F64)
    grid = quadratic_grid(process, 6, t_end=0.01)
    changing = Recipe((StepSpec(form, 3, 2), StepSpec(replace(form), 3, 2)))
    assert not changing.uniform
    found = integrate(ExponentialIntegrator(changing), mixture, x, grid)
    torch.testing.assert_close(found, integrate(exponential(form, 3, corrector=2), mixture, x, grid), rtol=1e-9, atol=1e-9)


def test_first_order_steps_of_data_and_noise_are_ddim_in_any_order(process, mixture, generator):
    x = process.prior((5, 2), generator=generator, dtype=F64)
    grid = quadratic_grid(process, 6, t_end=0.01)
    found = integrate(ExponentialIntegrator(Recipe((StepSpec(DATA), StepSpec(NOISE), StepSpec(DATA)))), mixture, x, grid)
    torch.testing.assert_close(found, integrate(ddim(), mixture, x, grid), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("solver", [exponential(DATA, 3), exponential(NOISE, 3, corrector=3), unipc(3), dpm_solver(3)])
def test_a_step_onto_the_data_returns_the_prediction(process, mixture, generator, solver):
    x = process.prior((5, 2), generator=generator, dtype=F64)
    states, grid = [x], torch.tensor([1.0, 0.6, 0.3, 0.0], dtype=F64)
    integrate(solver, mixture, x, grid, callback=lambda progress: states.append(progress.x))
    if process.sigma(grid[-1]) == 0 and not solver.recipe.at(0).corrector:
        torch.testing.assert_close(states[-1], mixture(states[-2], grid[-2]).mean, rtol=1e-10, atol=1e-10)
    assert all(torch.isfinite(state).all() for state in states)


@dataclass(frozen=True)
class Pair:
    """A structured state."""

    nodes: Tensor
    edges: Tensor
    mask: Tensor


class PairDenoiser(Denoiser):
    """Two oracles, one for each field."""

    def __init__(self, nodes, edges):
        super().__init__(ProductProcess({"nodes": nodes.process, "edges": edges.process}))
        self.nodes, self.edges = nodes, edges

    def forward(self, x_t, t, cond=None):
        return Dirac(replace(x_t, nodes=self.nodes(x_t.nodes, t).mean, edges=self.edges(x_t.edges, t).mean))


@pytest.mark.parametrize("solver", [ddim(), dpm_solver_pp_multistep(3), unipc(2), exponential(NOISE, 3)])
def test_the_parts_of_a_structured_state_move_on_their_own(gaussian, generator, solver):
    covariance = torch.tensor([[0.5]], dtype=F64)
    nodes, edges = (GaussianDenoiser(p, torch.tensor([0.3], dtype=F64), covariance) for p in (VPLinear(), VE()))
    pair = PairDenoiser(nodes, edges)
    blank = Pair(torch.zeros(4, 1, dtype=F64), torch.zeros(4, 1, dtype=F64), torch.ones(4, dtype=torch.bool))
    x, grid = pair.process.prior(blank, generator=generator), quadratic_grid(VPLinear(), 5, t_end=0.01)
    found = integrate(solver, pair, x, grid)
    torch.testing.assert_close(found.nodes, integrate(solver, nodes, x.nodes, grid))
    torch.testing.assert_close(found.edges, integrate(solver, edges, x.edges, grid))
    assert found.mask is x.mask


def test_the_stages_of_a_structured_state_lie_at_one_time(generator):
    """A singlestep solver calls all parts at the time that is the middle for the first."""
    nodes, edges = (GaussianDenoiser(p, torch.zeros(1, dtype=F64), torch.eye(1, dtype=F64)) for p in (VPLinear(), VE()))
    pair, grid = PairDenoiser(nodes, edges), quadratic_grid(VPLinear(), 40, t_start=0.5, t_end=0.1)
    blank = Pair(torch.zeros(4, 1, dtype=F64), torch.zeros(4, 1, dtype=F64), torch.ones(4, dtype=torch.bool))
    x = pair.process.prior(blank, generator=generator)
    found = integrate(dpm_solver(2), pair, x, grid)
    torch.testing.assert_close(found.nodes, nodes.flow(x.nodes, grid[0], grid[-1]), rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(found.edges, edges.flow(x.edges, grid[0], grid[-1]), rtol=1e-3, atol=1e-3)


def test_statistics_see_mean_and_spectrum():
    generator = torch.Generator().manual_seed(0)
    basis = torch.linalg.qr(torch.randn(6, 6, dtype=F64, generator=generator)).Q
    scale = torch.tensor([2.0, 1.0, 0.5, 0.2, 0.1, 0.05], dtype=F64)
    data = 1 + (torch.randn(20000, 6, dtype=F64, generator=generator) * scale) @ basis.T
    found = principal_statistics(data)
    torch.testing.assert_close(found.variances.flip(0), scale**2, rtol=0.05, atol=0)
    torch.testing.assert_close(found.mean, torch.ones(6, dtype=F64), rtol=0, atol=0.05)
    field = torch.randn(20000, 1, 4, 5, dtype=F64, generator=generator)
    torch.testing.assert_close(cosine_statistics(field).variances, torch.ones(1, 4, 5, dtype=F64), rtol=0.06, atol=0)


def test_the_gaussian_of_the_statistics_is_the_exact_denoiser(process, gaussian, generator):
    x, t = process.prior((5, 2), generator=generator, dtype=F64), torch.tensor(0.6, dtype=F64)
    found = statistics_of(gaussian).posterior_mean(process, x, t)
    torch.testing.assert_close(found, gaussian(x, t).mean, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("solver", [exponential(NOISE, 3), unipc(2), exponential(VELOCITY, 2)])
def test_the_end_is_differentiable_with_respect_to_the_grid(process, mixture, generator, solver):
    x = process.prior((5, 2), generator=generator, dtype=F64)
    inner = torch.tensor(0.4, dtype=F64, requires_grad=True)

    def end(middle: Tensor) -> Tensor:
        ends = torch.tensor([0.9, 0.7, 0.1], dtype=F64)
        return integrate(solver, mixture, x, torch.stack([ends[0], ends[1], middle, ends[2]])).sum()

    assert torch.autograd.gradcheck(end, inner)


def test_bad_arguments_are_named(gaussian):
    for make, message in [
        (lambda: Form(-1.0), "`variance` must not be negative, got -1.0"),
        (lambda: Form(float("inf"), 1.0), "`power` must be 0.5 where `variance` is infinite, got 1.0"),
        (lambda: Form(1.0, churn=0.5), "`churn` and `eta` must be 0 unless `variance` is 0, got 0.5 and 0.0"),
        (lambda: StepSpec(order=0), "`order` must be at least 1, got 0"),
        (lambda: StepSpec(rule="best"), "`rule` must be one of exact, .* got 'best'"),
        (lambda: ExponentialIntegrator(analytic_first=True), "`analytic_first` needs `statistics` of the data, got None"),
        (lambda: dpm_solver(4), "`order` must be 1, 2 or 3, got 4"),
    ]:
        with pytest.raises(ValueError, match=message):
            make()
