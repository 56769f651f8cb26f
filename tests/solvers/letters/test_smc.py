"""Sequential Monte Carlo against the exact tilted law of tables."""

import pytest
import torch
from torch import Tensor

from sciml.analysis.exact_law import dense_law, unmasking_law
from sciml.denoisers.counting_states import CountingStates
from sciml.denoisers.denoiser import Denoiser
from sciml.denoisers.letters import Categorical
from sciml.denoisers.tabular import TabularDenoiser
from sciml.processes.absorbing import Absorbing
from sciml.processes.uniform_jump import UniformJump
from sciml.solvers.grids import uniform_grid
from sciml.solvers.integrate import integrate
from sciml.solvers.letters.ancestral import Ancestral
from sciml.solvers.letters.particles import Particles, particles_of
from sciml.solvers.letters.remasking import Remasking
from sciml.solvers.letters.smc import SMC
from sciml.solvers.letters.tau_leaping import TauLeaping
from sciml.solvers.letters.trapezoidal import Trapezoidal


def run(steering, prompts: int, particles: int, seed: int = 0, **options: object) -> Particles:
    generator = torch.Generator().manual_seed(seed)
    start = particles_of(steering.rows(prompts * particles, generator), particles)
    solver = SMC(steering.reward, steering.alpha, **options)
    with torch.no_grad():
        return integrate(solver, steering.denoiser, start, steering.grid, generator=generator)


@pytest.mark.parametrize(
    ("particles", "options"),
    [
        (1, {}),
        (4, {"threshold": 0.0}),
        (4, {"threshold": 1.0}),
        (5, {"threshold": 0.7}),
        (4, {"draws": 1, "threshold": 0.6}),
        (4, {"draws": 3, "threshold": 0.6}),
        (4, {"threshold": 0.6, "alpha": 0.7}),
    ],
    ids=str,
)
def test_the_weighted_law_and_its_constant_are_unbiased(steering, exact, particles: int, options: dict) -> None:
    """Z times the weighted law is p exp(r / alpha) on average, for any number of particles, values and threshold."""
    steered = type(steering)(steering.law, steering.table, options.pop("alpha", 1.0), steering.grid)
    found = run(steered, 20_000, particles, **options)
    assert exact.off_by(found, steered.unnormalised).abs().max() < 4
    constants = found.log_constant.exp()
    assert abs(constants.mean() - steered.unnormalised.sum()) < 3.5 * constants.std() / 20_000**0.5


def test_with_more_particles_the_law_tends_to_the_tilted_one(steering, exact) -> None:
    count = 8000
    errors = [
        exact.total_variation(
            exact.frequencies(run(steering, count, n).drawn(torch.Generator().manual_seed(1))), steering.target
        )
        for n in (1, 4, 16, 64)
    ]
    assert errors[0] == pytest.approx(exact.total_variation(steering.plain, steering.target), abs=0.02)
    assert errors[1] < 0.5 * errors[0] and errors[2] < 0.4 * errors[1]
    assert errors[3] < 1.5 * exact.noise(steering.target, count)


@pytest.mark.parametrize(
    ("solver", "process"),
    [
        (Ancestral(), UniformJump(3)),
        (TauLeaping(), UniformJump(3)),
        (TauLeaping(), Absorbing(3)),
        (Remasking(), Absorbing(3)),
    ],
)
def test_any_steps_of_one_stage_can_be_steered(steering, exact, solver, process) -> None:
    denoiser, generator = TabularDenoiser(steering.law, process), torch.Generator().manual_seed(0)
    grid = uniform_grid(process, 3)
    start = particles_of(process.prior((60_000, 3), generator=generator), 3)
    found = integrate(SMC(steering.reward, 1.0, solver, threshold=0.7), denoiser, start, grid, generator=generator)
    unnormalised = dense_law(solver, denoiser, 3, grid)[:3, :3, :3] * steering.table.exp()
    assert found.resamplings.sum() > 0
    assert exact.off_by(found, unnormalised).abs().max() < 4


def test_particles_are_resampled_by_prompt_and_only_when_few_count(steering) -> None:
    """Published code resamples at every step; here the known prompt never is, and the others seldom."""
    generator = torch.Generator().manual_seed(0)
    prompts = torch.tensor([[3, 3, 3], [0, 1, 2]]).repeat(200, 1)
    found = integrate(
        SMC(steering.reward, steering.alpha),
        steering.denoiser,
        particles_of(prompts.repeat_interleave(8, 0), 8),
        steering.grid,
        generator=generator,
    )
    assert (found.resamplings[1::2] == 0).all()
    assert 0 < found.resamplings[::2].double().mean() < 1.5
    known = (steering.table[0, 1, 2] / steering.alpha).item()
    assert found.log_constant[1::2].tolist() == pytest.approx([known] * 200)
    assert (run(steering, 50, 8, threshold=0.0).resamplings == 0).all()
    assert run(steering, 50, 8, threshold=1.0).resamplings.double().mean() > 3


def test_a_prompt_does_not_depend_on_its_batch_mates(steering) -> None:
    def first(mates: list[list[int]]) -> tuple[Tensor, Tensor]:
        generator = torch.Generator().manual_seed(3)
        start = particles_of(torch.tensor([[3, 3, 3], *mates]).repeat_interleave(16, 0), 16)
        solver = SMC(steering.reward, steering.alpha, draws=2, threshold=0.9)
        found = integrate(solver, steering.denoiser, start, steering.grid, generator=generator)
        return found.rows[:16], found.log_weights[0]

    rows, weights = first([[3, 3, 3], [3, 3, 3]])
    for mates in ([[0, 1, 2], [3, 0, 3]], [[2, 2, 2], [1, 1, 1]]):
        other_rows, other_weights = first(mates)
        assert torch.equal(rows, other_rows) and torch.equal(weights, other_weights)


def test_a_reward_that_is_the_same_for_all_changes_nothing(steering, exact) -> None:
    generator = torch.Generator().manual_seed(0)
    start = particles_of(steering.rows(20_000, generator), 4)
    solver = SMC(lambda x: torch.full(x.shape[:1], 3.0), 2.0)
    found = integrate(solver, steering.denoiser, start, steering.grid, generator=generator)
    assert (found.resamplings == 0).all() and torch.allclose(found.log_constant, torch.tensor(1.5, dtype=torch.float64))
    error = exact.total_variation(exact.frequencies(found.rows), steering.plain)
    assert error < 1.5 * exact.noise(steering.plain, 20_000)


class ByClass(Denoiser):
    """One table for each class."""

    def __init__(self, tables: list[TabularDenoiser]) -> None:
        super().__init__(tables[0].process)
        self.tables = tables

    def forward(self, x_t: Tensor, t: Tensor, cond: Tensor | None = None) -> Categorical:
        assert cond is not None
        said = torch.stack([table(x_t, t).log_probabilities for table in self.tables])
        return Categorical(said[cond, torch.arange(len(x_t))])


def test_prompts_have_conditions_of_their_own(steering, exact) -> None:
    tables = [steering.denoiser, TabularDenoiser(steering.law.flip(0, 1, 2), Absorbing(3))]
    classes, generator = torch.tensor([0, 1]).repeat_interleave(20_000), torch.Generator().manual_seed(0)
    start = particles_of(steering.rows(160_000, generator), 4)
    solver = SMC(steering.reward, 1.0)
    cond = classes.repeat_interleave(4)
    found = integrate(solver, ByClass(tables), start, steering.grid, cond=cond, generator=generator)
    for kind, table in enumerate(tables):
        own = Particles(
            found.rows[cond == kind], *(v[classes == kind] for v in (found.log_weights, found.banked, found.resamplings))
        )
        unnormalised = unmasking_law(Ancestral(), table, 3, steering.grid) * steering.table.exp()
        assert exact.off_by(own, unnormalised).abs().max() < 4


@pytest.mark.parametrize("draws", [0, 3])
def test_a_sample_costs_a_call_for_each_particle_and_step(steering, draws: int) -> None:
    counting, generator, calls = CountingStates(steering.denoiser), torch.Generator().manual_seed(0), []
    start = particles_of(steering.rows(70, generator), 7)
    solver = SMC(steering.reward, 1.0, draws=draws)
    found = integrate(solver, counting, start, steering.grid, generator=generator, callback=lambda p: calls.append(p.nfe))
    assert counting.states / len(found.drawn(generator)) == 7 * 5
    assert calls == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        ({"alpha": 0.0}, "`alpha` must be positive and finite, got 0.0"),
        ({"draws": -1}, "`draws` must be at least 0, got -1"),
        ({"threshold": 1.5}, "`threshold` must lie in \\[0, 1\\], got 1.5"),
        ({"solver": Trapezoidal()}, "`solver` must have one stage a step, got Trapezoidal, which has 2"),
        (
            {"grid": torch.tensor([1.0, 0.5], dtype=torch.float64)},
            "`grid` must end at 0, where the reward is known, got 0.5",
        ),
        ({"generator": None}, "`generator` must be a torch.Generator: SMC is stochastic"),
    ],
    ids=str,
)
def test_bad_use_is_named(steering, make: dict, message: str) -> None:
    generator = torch.Generator().manual_seed(0)
    start, given = particles_of(steering.rows(4, generator), 2), {"generator": generator, "grid": steering.grid} | make
    with pytest.raises(ValueError, match=message):
        options = {name: value for name, value in make.items() if name not in ("generator", "grid", "alpha")}
        solver = SMC(steering.reward, make.get("alpha", 1.0), **options)
        integrate(solver, steering.denoiser, start, given["grid"], generator=given["generator"])
