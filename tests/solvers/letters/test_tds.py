"""The twisted sampler against the exact tilted law, whatever its proposals."""

import pytest
import torch
from torch import Tensor

from sciml.denoisers.counting_states import CountingStates
from sciml.denoisers.denoiser import Denoiser
from sciml.denoisers.tabular import TabularDenoiser
from sciml.denoisers.tilted import Proposing
from sciml.guidance.letters.classifier import LetterClassifierGuided
from sciml.guidance.letters.look_ahead import LetterLookAhead
from sciml.processes.absorbing import Absorbing
from sciml.processes.uniform_jump import UniformJump
from sciml.solvers.grids import uniform_grid
from sciml.solvers.integrate import integrate
from sciml.solvers.letters.particles import Particles, particles_of
from sciml.solvers.letters.smc import SMC
from sciml.solvers.letters.tds import TDS

F64 = torch.float64


def run(steering, guided: Denoiser, prompts: int, particles: int, solver=TDS, **options: object) -> Particles:
    generator = torch.Generator().manual_seed(0)
    start = particles_of(steering.rows(prompts * particles, generator), particles)
    with torch.no_grad():
        return integrate(solver(steering.reward, 1.0, **options), guided, start, steering.grid, generator=generator)


def linear(x_t: Tensor, t: Tensor) -> Tensor:
    """A classifier of masked states that knows nothing of the reward."""
    slope = torch.tensor([[1.0, -1, 0, 0.5], [0, 2, 0, 0], [0.3, 0, -1, 0]], dtype=F64)
    return (x_t * slope).sum((1, 2)) * (1 + t) / 3


GUIDES = {
    "reward ahead": lambda s: LetterLookAhead(s.denoiser, s.reward, 1.0),
    "reward ahead, too strong": lambda s: LetterLookAhead(s.denoiser, s.reward, 0.7),
    "wrong classifier": lambda s: LetterClassifierGuided(s.denoiser, linear),
    "wrong model": lambda s: Proposing(TabularDenoiser(s.law.flip(0, 2), Absorbing(3)), s.denoiser),
}


@pytest.mark.parametrize(("particles", "options"), [(1, {}), (4, {"threshold": 0.8}), (4, {"threshold": 0.8, "draws": 2})])
@pytest.mark.parametrize("guide", GUIDES)
def test_the_weighted_law_and_its_constant_are_unbiased(steering, exact, guide: str, particles: int, options: dict) -> None:
    found = run(steering, GUIDES[guide](steering), 20_000, particles, **options)
    assert exact.off_by(found, steering.unnormalised).abs().max() < 4
    constants = found.log_constant.exp()
    assert abs(constants.mean() - steering.unnormalised.sum()) < 3.5 * constants.std() / 20_000**0.5


def test_with_more_particles_the_law_tends_to_the_tilted_one_and_faster_than_smc(steering, exact) -> None:
    count, guided = 8000, GUIDES["reward ahead"](steering)
    finds = [run(steering, guided, count, n) for n in (1, 4, 32)]
    errors = [
        exact.total_variation(exact.frequencies(found.drawn(torch.Generator().manual_seed(1))), steering.target)
        for found in finds
    ]
    assert errors[1] < 0.5 * errors[0] and errors[2] < 1.5 * exact.noise(steering.target, count)
    plain = run(steering, steering.denoiser, count, 4, SMC)
    assert finds[1].log_constant.exp().std() < 0.8 * plain.log_constant.exp().std()


@pytest.mark.parametrize("process", [Absorbing(3), UniformJump(3)])
def test_where_guidance_is_exact_every_particle_is_as_good(process) -> None:
    """Independent positions, a reward that is a sum over them, one step: Z is known to the last digit by each particle."""
    generator = torch.Generator().manual_seed(0)
    marginals, slopes = torch.rand(2, 3, 3, generator=generator, dtype=F64) + 0.1
    marginals = marginals / marginals.sum(1, keepdim=True)
    denoiser = TabularDenoiser(torch.einsum("a,b,c->abc", *marginals), process)

    def reward(x: Tensor) -> Tensor:
        return (x * slopes).sum((1, 2))

    start = process.prior((1, 3), generator=generator).expand(50, 3)
    said = denoiser(start[:1], torch.ones((), dtype=F64)).mean[0]
    grid = uniform_grid(process, 1)
    guided = LetterLookAhead(denoiser, reward, 0.5)
    found = integrate(TDS(reward, 0.5), guided, particles_of(start, 5), grid, generator=generator)
    constant = (said * (slopes / 0.5).exp()).sum(1).log().sum()
    torch.testing.assert_close(found.log_constant, constant.expand(10), rtol=0, atol=1e-12)
    assert (found.log_weights - found.log_weights.mean()).abs().max() < 1e-12 and len(found.rows.unique(dim=0)) > 5


def test_survival_is_decided_by_what_the_plain_denoiser_foresees(steering) -> None:
    solver, generator = TDS(steering.reward, 0.5, threshold=0.0), torch.Generator().manual_seed(0)
    guided, t = LetterLookAhead(steering.denoiser, steering.reward, 0.3), torch.tensor([0.6, 0.3], dtype=F64)
    start = particles_of(torch.tensor([[3, 1, 3], [3, 3, 3], [0, 3, 3], [3, 3, 2]]), 2)
    _, values = solver.step(guided, start, *t, start.log_weights, generator=generator)
    exact = steering.reward(steering.denoiser(start.rows, t[0]).mean) / 0.5
    torch.testing.assert_close(values.flatten(), exact)


def test_a_prompt_does_not_depend_on_its_batch_mates(steering) -> None:
    """Nor does the strength of the guidance depend on how many they are."""

    def first(mates: list[list[int]]) -> tuple[Tensor, Tensor]:
        start = particles_of(torch.tensor([[3, 3, 3], *mates]).repeat_interleave(16, 0), 16)
        guided, generator = GUIDES["reward ahead"](steering), torch.Generator().manual_seed(3)
        found = integrate(TDS(steering.reward, 1.0, threshold=0.95), guided, start, steering.grid, generator=generator)
        return found.rows[:16], found.log_weights[0]

    rows, weights = first([[3, 3, 3], [3, 3, 3]])
    other_rows, other_weights = first([[0, 1, 2], [3, 0, 3]])
    assert torch.equal(rows, other_rows) and torch.allclose(weights, other_weights, rtol=0, atol=1e-12)


def test_a_sample_costs_a_call_for_each_particle_and_step_and_two_with_a_model_as_proposal(steering) -> None:
    for guide, calls in (("look", 1), ("model", 2)):
        counting, generator = CountingStates(steering.denoiser), torch.Generator().manual_seed(0)
        guided = LetterLookAhead(counting, steering.reward, 1.0) if guide == "look" else Proposing(counting, counting)
        start = particles_of(steering.rows(60, generator), 6)
        found = integrate(TDS(steering.reward, 1.0), guided, start, steering.grid, generator=generator)
        assert counting.states / len(found.drawn(generator)) == 6 * 5 * calls


def test_a_denoiser_without_proposals_is_named(steering) -> None:
    with pytest.raises(TypeError, match="must be guided and say what is plain, a Tilted posterior, got Categorical"):
        run(steering, steering.denoiser, 2, 2)
