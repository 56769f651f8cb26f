"""Letters with a slope: drawn from their law, and a slope whose mean is the gradient of what is quadratic in them."""

import pytest
import torch
from torch import Tensor

from sciml.finetuning.straight_through import drawn, gumbel, hard, straight_through

P = torch.tensor([0.6, 0.25, 0.1, 0.05], dtype=torch.float64)
COUNT = 20_000


def mean_slope(value) -> Tensor:
    """Of a value of one letter in the logits, over all letters that may be drawn, each by noise that draws it."""
    logits = P.log().requires_grad_()
    said = logits.log_softmax(-1)
    values = torch.stack([value(drawn(said[None], 100 * letter[None])[0]) for letter in torch.eye(4, dtype=P.dtype)])
    return torch.autograd.grad((P * values).sum(), logits)[0]


def true_slope(value) -> Tensor:
    """Of the mean of a value, by the values of all letters."""
    logits = P.log().requires_grad_()
    return torch.autograd.grad(
        (logits.softmax(-1) * torch.stack([value(letter) for letter in torch.eye(4).double()])).sum(), logits
    )[0]


@pytest.mark.parametrize("degree", [1, 2])
def test_the_slope_of_what_is_linear_or_quadratic_has_no_bias(degree: int) -> None:
    weights = torch.tensor([[0.3, -1.0, 0.2, 2.0], [0.5, 0.1, -0.7, 0.0]], dtype=torch.float64)

    def value(x: Tensor) -> Tensor:
        return (weights @ x).prod() if degree == 2 else (weights[0] @ x)

    torch.testing.assert_close(mean_slope(value), true_slope(value))


def test_of_two_letters_any_function_of_their_pair_is_quadratic() -> None:
    """What the second is worth depends on the first: the slope of the first is right whatever the second is."""
    table = torch.randn(4, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    for second in range(4):
        torch.testing.assert_close(
            mean_slope(lambda x, k=second: x @ table[:, k]), true_slope(lambda x, k=second: x @ table[:, k])
        )


def test_the_letters_are_those_of_the_noise_and_follow_their_law() -> None:
    said = P.log().float().repeat(COUNT, 1)
    noise = gumbel((COUNT, 4), said, torch.Generator().manual_seed(3))
    letters = (said + noise).argmax(-1)
    x = drawn(said, noise)
    assert torch.equal(x.argmax(-1), letters) and torch.equal(x, hard(said + noise))
    share = torch.bincount(letters, minlength=4) / COUNT
    assert ((share - P).abs() < 4 * (0.25 / COUNT) ** 0.5).all()


def test_a_letter_of_no_probability_leaves_the_slope_finite() -> None:
    said = torch.tensor([[0.0, -200.0]], requires_grad=True)
    drawn(said, torch.zeros(1, 2))[0, 1].backward()
    assert said.grad is not None and torch.isfinite(said.grad).all()


def test_a_mixture_is_made_whole_and_keeps_its_slope() -> None:
    soft = torch.tensor([0.2, 0.5, 0.3], requires_grad=True)
    x = straight_through(soft)
    assert torch.equal(x, torch.tensor([0.0, 1.0, 0.0]))
    x[2].backward()
    assert soft.grad is not None and torch.equal(soft.grad, torch.tensor([0.0, 0.0, 1.0]))
