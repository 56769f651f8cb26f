"""What a reward says of letters in doubt: at the posterior mean, and by draws against the sum over all letters."""

import pytest
import torch
from torch import Tensor

from sciml.denoisers.reward import foreseen, positive, rewards
from sciml.io.errors import InputError

F64 = torch.float64
TABLE = torch.randn(3, 3, dtype=F64, generator=torch.Generator().manual_seed(0))


def reward(x: Tensor) -> Tensor:
    return torch.einsum("ab,na,nb->n", TABLE.to(x), x[:, 0], x[:, 1])


def said() -> Tensor:
    return torch.rand(4, 2, 3, dtype=F64, generator=torch.Generator().manual_seed(1)).softmax(-1)


def test_the_mean_is_asked_about() -> None:
    found = foreseen(reward, said(), 0.5, 0, torch.Generator())
    torch.testing.assert_close(found, torch.einsum("ab,na,nb->n", TABLE, *said().unbind(1)) / 0.5)


@pytest.mark.parametrize("draws", [1, 3])
def test_draws_average_the_exponential_without_bias(draws: int) -> None:
    exact = torch.einsum("ab,na,nb->n", (TABLE / 0.5).exp(), *said().unbind(1))
    generator, repeats = torch.Generator().manual_seed(0), 20_000
    rows = said().repeat_interleave(repeats, 0)
    found = foreseen(reward, rows, 0.5, draws, generator).exp().reshape(4, repeats)
    assert ((found.mean(1) - exact).abs() < 4 * found.std(1) / repeats**0.5).all()


def test_many_draws_know_the_value() -> None:
    exact = torch.einsum("ab,na,nb->n", (TABLE / 0.5).exp(), *said().unbind(1)).log()
    found = foreseen(reward, said(), 0.5, 100_000, torch.Generator().manual_seed(0))
    torch.testing.assert_close(found, exact, rtol=0, atol=0.02)


def test_letters_are_drawn_in_the_dtype_of_what_is_said() -> None:
    seen = []
    foreseen(lambda x: seen.append(x) or x.sum((1, 2)), said().float(), 1.0, 5, torch.Generator())
    assert seen[0].dtype == torch.float32 and seen[0].shape == (20, 2, 3)
    assert torch.equal(seen[0].sum(-1), torch.ones(20, 2)) and ((seen[0] == 0) | (seen[0] == 1)).all()


def test_bad_rewards_are_named() -> None:
    with pytest.raises(InputError, match="`reward` must return one number for each of 4 samples, got \\(4, 2\\)"):
        rewards(lambda x: x.sum(2), said())
    with pytest.raises(InputError, match="`reward` must return one number for each of 4 samples, got list"):
        rewards(lambda x: [0.0] * 4, said())
    with pytest.raises(FloatingPointError, match="`reward` must be finite, got nan for sample 2"):
        rewards(lambda x: torch.tensor([0.0, 1.0, float("nan"), 0.0]), said())
    with pytest.raises(InputError, match="the reward must be differentiable in the letters"):
        rewards(lambda x: x.detach().sum((1, 2)), said().requires_grad_())
    assert rewards(lambda x: x.detach().sum((1, 2)), said()).shape == (4,)  # where none takes its gradient
    for alpha in (0.0, -1.0, float("inf"), float("nan")):
        with pytest.raises(ValueError, match="`alpha` must be positive and finite"):
            positive(alpha)
