"""Classifier guidance of letters against exact posteriors of tables."""

import pytest
import torch
from torch import Tensor

from sciml.analysis.exact_law import total_variation, unmasking_law
from sciml.denoisers.counting_states import CountingStates
from sciml.denoisers.tabular import TabularDenoiser, states
from sciml.guidance.letters.classifier import LetterClassifierGuided
from sciml.processes.absorbing import Absorbing
from sciml.processes.uniform_jump import UniformJump
from sciml.solvers.grids import uniform_grid
from sciml.solvers.letters.ancestral import Ancestral

F64 = torch.float64
T, EVERY = torch.tensor(0.4, dtype=F64), states(4, 3)


def tables(zeros: bool = False) -> tuple[Tensor, Tensor]:
    """p(x_0), and p(y | x_0)."""
    law, y = torch.rand(2, 3, 3, 3, generator=torch.Generator().manual_seed(0), dtype=F64)
    if zeros:
        law[0, 1], law[2, :, 0] = 0, 0
    return law / law.sum(), y


def log_y(x: Tensor, t: Tensor) -> Tensor:
    """log p(y | x_t), by the sum over all x_0 that agree with what is seen."""
    law, y = tables()
    agrees = x[..., :3] + x[..., 3:]
    joint = law * torch.einsum("na,nb,nc->nabc", *agrees.unbind(1))
    return ((joint * y).sum((1, 2, 3)) / joint.sum((1, 2, 3))).log()


def quadratic(x: Tensor, t: Tensor) -> Tensor:
    """Of each sample by its own time."""
    mix = torch.randn(12, 12, generator=torch.Generator().manual_seed(1), dtype=F64)
    flat = x.flatten(1)
    return (1 + t) * (flat @ mix * flat).sum(1)


def test_with_the_exact_classifier_each_posterior_is_the_exact_one() -> None:
    law, y = tables()
    guided = LetterClassifierGuided(TabularDenoiser(law, Absorbing(3)), log_y, exact=True)
    said, exact = guided(EVERY, T), TabularDenoiser(law * y, Absorbing(3))(EVERY, T)
    torch.testing.assert_close(said.mean, exact.mean, rtol=0, atol=1e-12)
    torch.testing.assert_close(said.plain.mean, TabularDenoiser(law, Absorbing(3))(EVERY, T).mean)


def test_samples_have_the_conditional_law_but_for_the_sampler() -> None:
    law, y = tables()
    guided = LetterClassifierGuided(TabularDenoiser(law, Absorbing(3)), log_y, exact=True)
    exact, grid = TabularDenoiser(law * y, Absorbing(3)), uniform_grid(Absorbing(3), 24)
    found = unmasking_law(Ancestral(), guided, 3, grid)
    torch.testing.assert_close(found, unmasking_law(Ancestral(), exact, 3, grid), rtol=0, atol=1e-12)
    assert total_variation(found, law * y / (law * y).sum()) < 0.02


@pytest.mark.parametrize("weight", [-1.0, 0.0, 0.3, 2.5])
def test_the_weight_is_the_power_of_the_classifier(weight: float) -> None:
    law, y = tables()
    plain = TabularDenoiser(law, Absorbing(3))(EVERY, T).mean
    ratio = TabularDenoiser(law * y, Absorbing(3))(EVERY, T).mean / plain.clamp(min=1e-300)
    expected = torch.where(plain > 0, plain * ratio**weight, 0.0)
    found = LetterClassifierGuided(TabularDenoiser(law, Absorbing(3)), log_y, weight, exact=True)(EVERY, T).mean
    torch.testing.assert_close(found, expected / expected.sum(-1, keepdim=True), rtol=0, atol=1e-12)


@pytest.mark.parametrize("exact", [False, True])
def test_a_log_linear_classifier_is_exact_to_first_order(exact: bool) -> None:
    """log p(y | x_t) = sum of a number for each letter and mask: a letter is worth its number, whatever else is seen."""
    law, numbers = tables()[0], torch.randn(3, 4, generator=torch.Generator().manual_seed(2), dtype=F64)
    denoiser = TabularDenoiser(law, Absorbing(3))
    guided = LetterClassifierGuided(denoiser, lambda x, t: (x * numbers).sum((1, 2)), 1.5, exact=exact)
    weighed = denoiser(EVERY, T).mean * (1.5 * numbers[:, :3]).exp()
    torch.testing.assert_close(guided(EVERY, T).mean, weighed / weighed.sum(-1, keepdim=True), rtol=0, atol=1e-12)


def test_the_first_order_is_the_derivative_from_mask_to_letter() -> None:
    """Against finite differences, with a time for each sample; what is seen stays."""
    denoiser, times = TabularDenoiser(tables()[0], Absorbing(3)), torch.linspace(0.1, 0.9, len(EVERY), dtype=F64)
    x, step = torch.nn.functional.one_hot(EVERY, 4).to(F64), 1e-5
    weighed = denoiser(EVERY, times).mean.clone()
    for i in range(3):
        for k in range(3):
            way = torch.zeros(3, 4, dtype=F64)
            way[i, k], way[i, 3] = step / 2, -step / 2
            slope = (quadratic(x + way, times) - quadratic(x - way, times)) / step
            weighed[:, i, k] *= slope.exp()
    found = LetterClassifierGuided(denoiser, quadratic)(EVERY, times).mean
    torch.testing.assert_close(found, weighed / weighed.sum(-1, keepdim=True), rtol=0, atol=1e-7)
    seen = EVERY < 3
    assert torch.equal(found[seen], torch.eye(3, dtype=F64)[EVERY[seen]])


@pytest.mark.parametrize("exact", [False, True])
def test_the_push_does_not_depend_on_the_size_of_the_batch(exact: bool) -> None:
    """In published code it is divided by it."""
    guided = LetterClassifierGuided(TabularDenoiser(tables()[0], Absorbing(3)), quadratic, exact=exact)
    times = torch.linspace(0.1, 0.9, len(EVERY), dtype=F64)
    together = guided(EVERY, times).mean
    alone = torch.cat([guided(EVERY[n : n + 1], times[n : n + 1]).mean for n in range(len(EVERY))])
    torch.testing.assert_close(together, alone, rtol=0, atol=1e-12)


@pytest.mark.parametrize("exact", [False, True])
def test_letters_that_are_impossible_stay_so(exact: bool) -> None:
    law = tables(zeros=True)[0]
    denoiser = TabularDenoiser(law, Absorbing(3))
    found = LetterClassifierGuided(denoiser, quadratic, 3.0, exact=exact)(EVERY, T).mean
    assert torch.isfinite(found).all() and (found[denoiser(EVERY, T).mean == 0] == 0).all()


def test_it_calls_the_network_once_and_the_classifier_as_often_as_it_must() -> None:
    asked = []

    def classifier(x: Tensor, t: Tensor) -> Tensor:
        asked.append(len(x))
        return x.sum((1, 2))

    for options, calls in (({}, [64]), ({"exact": True}, [16 * 3] * 3), ({"weight": 0.0}, [])):
        counting = CountingStates(TabularDenoiser(tables()[0], Absorbing(3)))
        with torch.no_grad():
            said = LetterClassifierGuided(counting, classifier, **options)(EVERY, T)
        assert counting.states == 64 and asked == calls and not said.log_probabilities.requires_grad
        asked.clear()


def test_bad_use_is_named() -> None:
    law = tables()[0]
    denoiser = TabularDenoiser(law, Absorbing(3))
    with pytest.raises(TypeError, match="`denoiser.process` must be Absorbing, got UniformJump"):
        LetterClassifierGuided(TabularDenoiser(law, UniformJump(3)), log_y)
    with pytest.raises(ValueError, match="`weight` must be finite, got inf"):
        LetterClassifierGuided(denoiser, log_y, float("inf"))
    for exact, number in ((False, 64), (True, 48)):
        with pytest.raises(ValueError, match=f"`log_probability` must return one number for each of {number} samples"):
            LetterClassifierGuided(denoiser, lambda x, t: x.sum(), exact=exact)(EVERY, T)
    with pytest.raises(FloatingPointError, match="guidance must be finite, got -inf for letter 1 at position 0 of 1"):
        states_of_one = torch.tensor([[0, 3, 3], [3, 2, 2]])
        LetterClassifierGuided(denoiser, lambda x, t: (1 - x[:, 0, 1]).log(), exact=True)(states_of_one, T)
