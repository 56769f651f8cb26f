"""Classifier-free guidance of letters against classifier guidance with the exact classifier, which it must equal."""

import pytest
import torch
from torch import Tensor

from sciml.denoisers.counting_states import CountingStates
from sciml.denoisers.denoiser import Denoiser
from sciml.denoisers.letters import Categorical
from sciml.denoisers.tabular import TabularDenoiser, states
from sciml.guidance.letters.classifier_free import LetterClassifierFree
from sciml.processes.absorbing import Absorbing
from sciml.processes.jump import JumpProcess
from sciml.processes.uniform_jump import UniformJump

F64 = torch.float64
T = torch.tensor(0.4, dtype=F64)
LAW, Y = torch.rand(2, 3, 3, 3, generator=torch.Generator().manual_seed(0), dtype=F64)


class Conditional(Denoiser):
    """p(x_0) without condition, with it what is left of p(x_0) where y is seen."""

    def __init__(self, process: JumpProcess, law: Tensor = LAW, y: Tensor = Y) -> None:
        super().__init__(process)
        self.without, self.given = (
            CountingStates(TabularDenoiser(law, process)),
            CountingStates(TabularDenoiser(law * y, process)),
        )

    def forward(self, x_t: Tensor, t: Tensor, cond: object = None) -> Categorical:
        return (self.without if cond is None else self.given)(x_t, t)


@pytest.mark.parametrize("process", [Absorbing(3), UniformJump(3)])
@pytest.mark.parametrize("weight", [0.0, 0.5, 1.0, 3.0])
def test_it_is_the_power_of_bayes_factor(process: JumpProcess, weight: float) -> None:
    """p(x_0,i | x_t) p(y | x_t, x_0,i)^w, with p(y | x_t, x_0,i) by the sum over all x_0."""
    every, clean = states(process.vocabulary, 3), states(3, 3)
    likelihood = torch.stack([process.evidence(every, T).to(F64).exp()[:, i][:, clean[:, i]] for i in range(3)]).prod(0)
    joint = likelihood * LAW.flatten()
    expected = torch.zeros(len(every), 3, 3, dtype=F64)
    for i in range(3):
        for k in range(3):
            here = clean[:, i] == k
            p = joint[:, here].sum(1)
            y = (joint * Y.flatten())[:, here].sum(1) / p.clamp(min=1e-300)
            expected[:, i, k] = torch.where(p > 0, p * y**weight, 0.0)
    found = LetterClassifierFree(Conditional(process), weight)(every, T, "y").mean
    torch.testing.assert_close(found, expected / expected.sum(-1, keepdim=True), rtol=1e-6, atol=1e-7)


def test_letters_that_are_impossible_stay_so() -> None:
    law, y = LAW.clone(), Y.clone()
    law[0, 1], y[1, :, 2], y[:, 0, 0] = 0, 0, 0
    denoiser = Conditional(Absorbing(3), law, y)
    possible = torch.tensor([[3, 3, 3], [0, 3, 3], [1, 3, 3], [3, 0, 3]])
    found = LetterClassifierFree(denoiser, 2.0)(possible, T, "y").mean
    torch.testing.assert_close(found.sum(-1), torch.ones(4, 3, dtype=F64))
    assert (found[1, 1, 1], found[2, 2, 2], found[3, 2, 0]) == (0, 0, 0)


def test_a_weight_of_zero_or_one_needs_one_call() -> None:
    x = torch.full((5, 3), 3)
    for weight, calls in ((0.0, (5, 0)), (1.0, (0, 5)), (2.0, (5, 5))):
        denoiser = Conditional(Absorbing(3))
        LetterClassifierFree(denoiser, weight)(x, T, "y")
        assert (denoiser.without.states, denoiser.given.states) == calls


def test_bad_use_is_named() -> None:
    with pytest.raises(ValueError, match="`weight` must be finite, got nan"):
        LetterClassifierFree(Conditional(Absorbing(3)), float("nan"))
    with pytest.raises(ValueError, match="`weight` must not be negative, got -1.0"):
        LetterClassifierFree(Conditional(Absorbing(3)), -1.0)

    class Apart(Conditional):
        def forward(self, x_t: Tensor, t: Tensor, cond: object = None) -> Categorical:
            letters = torch.tensor([0.0, -torch.inf, -torch.inf]).roll(0 if cond is None else 1)
            return Categorical(letters.expand(*x_t.shape, 3))

    with pytest.raises(
        FloatingPointError, match="no letter is possible with and without condition at position 0 of sample 0"
    ):
        LetterClassifierFree(Apart(Absorbing(3)), 2.0)(torch.full((2, 3), 3), T, "y")
