"""Letters with a slope: noise given the letter is Gumbel noise sorted by the letter, and its average a quieter slope."""

import pytest
import torch
from scipy import stats
from torch import Tensor

from sciml.finetuning.straight_through import drawn, given, gumbel, hard

LOG_P = torch.tensor([0.6, 0.25, 0.1, 0.05]).log()
COUNT = 20_000


def noises(seed: int, draws: int) -> tuple[Tensor, Tensor, Tensor]:
    """log p of many places, Gumbel noise, and exponentials for each."""
    generator, said = torch.Generator().manual_seed(seed), LOG_P.repeat(COUNT, 1)
    noise = gumbel((COUNT, 4), said, generator)
    return said, noise, torch.empty(draws, COUNT, 4).exponential_(generator=generator)


def test_given_a_letter_it_is_the_largest() -> None:
    said, noise, exponentials = noises(0, 3)
    letters = hard(said + noise)
    assert torch.equal(given(said, letters, exponentials).argmax(-1), letters.argmax(-1).expand(3, COUNT))


def test_over_all_letters_the_noise_is_gumbel_again() -> None:
    """Letters from their law, then noise given the letter: each one's is standard Gumbel, and independent of the others'."""
    said, noise, exponentials = noises(1, 1)
    found = given(said, hard(said + noise), exponentials)[0] - said
    for k in range(4):
        assert stats.kstest(found[:, k].numpy(), "gumbel_r").pvalue > 0.01
    assert (torch.corrcoef(found.T) - torch.eye(4)).abs().max() < 4 / COUNT**0.5


def test_a_letter_of_hardly_any_probability_gives_finite_noise() -> None:
    said = torch.tensor([[0.0, -200.0]])
    for letters in torch.eye(2)[:, None]:
        assert torch.isfinite(given(said, letters, torch.tensor([[[0.0, 2.0]], [[3.0, 0.0]]]))).all()


def slopes(draws: int, temperature: float) -> Tensor:
    """Of the second letter's value in the logits, at each place."""
    said, noise, exponentials = noises(2, max(draws, 1))
    logits = said.clone().requires_grad_()
    x = drawn(logits.log_softmax(-1), noise, temperature, exponentials if draws else None)
    assert torch.equal(x.sum(-1).round(decimals=5), torch.ones(COUNT))
    (slope,) = torch.autograd.grad(x[:, 1].sum(), logits)
    return slope


@pytest.mark.parametrize("temperature", [1.0, 0.3])
def test_the_mean_slope_is_the_same_and_its_variance_less(temperature: float) -> None:
    plain, averaged = (slopes(draws, temperature) for draws in (0, 8))
    error = ((plain.var(0) + averaged.var(0)) / COUNT).sqrt()
    assert ((plain.mean(0) - averaged.mean(0)).abs() < 4 * error).all()
    assert (averaged.var(0) < 0.75 * plain.var(0)).all()


def test_the_letters_are_those_of_the_noise() -> None:
    said, noise, exponentials = noises(3, 2)
    letters = (said + noise).argmax(-1)
    for others in (None, exponentials):
        x = drawn(said, noise, 0.5, others)
        assert torch.equal(x.argmax(-1), letters) and ((x == 0) | (x == 1)).all()
    share = torch.bincount(letters, minlength=4) / COUNT
    assert ((share - LOG_P.exp()).abs() < 4 * (0.25 / COUNT) ** 0.5).all()
