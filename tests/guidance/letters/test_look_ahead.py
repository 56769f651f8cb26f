"""Look-ahead guidance of letters: exact where the reward is a sum and positions are independent, else to first order."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from sciml.denoisers.counting_states import CountingStates
from sciml.denoisers.denoiser import Denoiser
from sciml.denoisers.letters import Categorical, LetterDenoiser
from sciml.denoisers.tabular import TabularDenoiser, states
from sciml.guidance.letters.look_ahead import LetterLookAhead
from sciml.processes.absorbing import Absorbing
from sciml.processes.uniform_jump import UniformJump

F64 = torch.float64
T, EVERY = torch.tensor(0.4, dtype=F64), states(4, 3)
RANDOM = torch.Generator().manual_seed(0)
MARGINALS = torch.rand(3, 3, generator=RANDOM, dtype=F64) + 0.1
INDEPENDENT = torch.einsum("a,b,c->abc", *(MARGINALS / MARGINALS.sum(1, keepdim=True)))
SLOPES, TABLE = torch.randn(3, 3, generator=RANDOM, dtype=F64), torch.randn(3, 3, 3, generator=RANDOM, dtype=F64)
COUPLING = torch.randn(12, 9, generator=RANDOM, dtype=F64)


def additive(x: Tensor) -> Tensor:
    return (x * SLOPES).sum((1, 2))


def interacting(x: Tensor) -> Tensor:
    return torch.einsum("abc,na,nb,nc->n", TABLE, *x.unbind(1))


@pytest.mark.parametrize("process", [Absorbing(3), UniformJump(3)])
@pytest.mark.parametrize("alpha", [0.3, 2.0])
def test_a_sum_over_independent_positions_is_tilted_exactly(process, alpha: float) -> None:
    every, tilt = states(process.vocabulary, 3), torch.einsum("a,b,c->abc", *(SLOPES / alpha).exp())
    said = LetterLookAhead(TabularDenoiser(INDEPENDENT, process), additive, alpha)(every, T)
    torch.testing.assert_close(said.mean, TabularDenoiser(INDEPENDENT * tilt, process)(every, T).mean, rtol=1e-6, atol=1e-7)
    torch.testing.assert_close(said.plain.mean, TabularDenoiser(INDEPENDENT, process)(every, T).mean)


def test_interactions_are_met_to_first_order() -> None:
    denoiser, errors = TabularDenoiser(INDEPENDENT, Absorbing(3)), []
    for alpha in (8.0, 16.0):
        exact = TabularDenoiser(INDEPENDENT * (TABLE / alpha).exp(), Absorbing(3))(EVERY, T).mean
        errors.append((LetterLookAhead(denoiser, interacting, alpha)(EVERY, T).mean - exact).abs().max().item())
    assert math.log2(errors[0] / errors[1]) == pytest.approx(2, abs=0.1)


class Coupled(Denoiser):
    """Positions that hear of each other, in float64; what is seen is carried over."""

    def forward(self, x_t: Tensor, t: Tensor, cond: object = None) -> Categorical:
        relaxed = x_t if x_t.is_floating_point() else F.one_hot(x_t, 4)
        said = (relaxed.to(F64).flatten(1) @ COUPLING).reshape(-1, 3, 3).tanh().log_softmax(-1)
        if x_t.is_floating_point():
            return Categorical(said)
        return Categorical((said + self.process.evidence(x_t, t)).log_softmax(-1))


def value(x: Tensor) -> Tensor:
    """The reward of what is seen and foreseen."""
    said = (x.flatten(1) @ COUPLING).reshape(-1, 3, 3).tanh().softmax(-1)
    return interacting(x[..., :3] + x[..., 3:] * said)


def test_through_the_denoiser_it_is_the_derivative_of_the_foreseen_reward() -> None:
    """Against finite differences; the state is written in float32."""
    x, step, alpha = F.one_hot(EVERY, 4).to(F64), 1e-5, 0.7
    weighed = Coupled(Absorbing(3))(EVERY, T).mean.clone()
    for i in range(3):
        for k in range(3):
            way = torch.zeros(3, 4, dtype=F64)
            way[i, k], way[i, 3] = step / 2, -step / 2
            weighed[:, i, k] *= ((value(x + way) - value(x - way)) / step / alpha).exp()
    said = LetterLookAhead(Coupled(Absorbing(3)), interacting, alpha, through=True)(EVERY, T)
    torch.testing.assert_close(said.mean, weighed / weighed.sum(-1, keepdim=True), rtol=0, atol=1e-6)
    torch.testing.assert_close(said.plain.mean, Coupled(Absorbing(3))(EVERY, T).mean)


class Deaf(nn.Module):
    """Says the same of every state."""

    def forward(self, x: Tensor, t: Tensor, cond: object = None) -> Tensor:
        return torch.arange(9.0).reshape(3, 3).sin().expand(len(x), 3, 3) + 0 * x[..., :3]


def test_through_a_network_that_does_not_listen_it_is_the_plain_gradient() -> None:
    denoiser = LetterDenoiser(Deaf(), Absorbing(3))
    direct, through = (
        LetterLookAhead(denoiser, lambda x: interacting(x.double()), 0.5, through=option)(EVERY, T)
        for option in (False, True)
    )
    torch.testing.assert_close(direct.mean, through.mean, rtol=0, atol=1e-6)
    torch.testing.assert_close(direct.plain.mean, through.plain.mean, rtol=0, atol=1e-6)


@pytest.mark.parametrize("through", [False, True])
def test_the_push_does_not_depend_on_the_size_of_the_batch(through: bool) -> None:
    """In published code it is divided by it."""
    guided = LetterLookAhead(Coupled(Absorbing(3)), interacting, 0.5, through=through)
    alone = torch.cat([guided(x[None], T).mean for x in EVERY])
    torch.testing.assert_close(guided(EVERY, T).mean, alone, rtol=0, atol=1e-6 if through else 1e-12)


@pytest.mark.parametrize("through", [False, True])
def test_it_costs_one_call_takes_conditions_and_leaves_no_gradient(through: bool) -> None:
    class Told(Coupled):
        def forward(self, x_t: Tensor, t: Tensor, cond: object = None) -> Categorical:
            assert cond == "told"
            return super().forward(x_t, t)

    counting, asked = CountingStates(Told(Absorbing(3))), []
    with torch.no_grad():
        guided = LetterLookAhead(counting, lambda x: asked.append(len(x)) or interacting(x), 0.5, through=through)
        said = guided(EVERY, T, "told")
    assert counting.states == 64 and asked == [64]
    assert not said.log_probabilities.requires_grad and not said.plain.log_probabilities.requires_grad
    seen = EVERY < 3
    assert torch.equal(said.mean[seen], torch.eye(3, dtype=F64)[EVERY[seen]])


def test_bad_use_is_named() -> None:
    with pytest.raises(TypeError, match="`denoiser.process` must be Absorbing, got UniformJump"):
        LetterLookAhead(TabularDenoiser(INDEPENDENT, UniformJump(3)), additive, 1.0, through=True)
    with pytest.raises(ValueError, match="`alpha` must be positive and finite, got 0.0"):
        LetterLookAhead(TabularDenoiser(INDEPENDENT, Absorbing(3)), additive, 0.0)
    with pytest.raises(ValueError, match="`reward` must return one number for each of 64 samples, got \\(\\)"):
        LetterLookAhead(TabularDenoiser(INDEPENDENT, Absorbing(3)), lambda x: x.sum(), 1.0)(EVERY, T)
