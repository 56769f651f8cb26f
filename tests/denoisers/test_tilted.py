"""Proposals, and the cost of a sample."""

import pytest
import torch

from sciml.denoisers.counting import Counting
from sciml.denoisers.counting_states import CountingStates
from sciml.denoisers.tabular import TabularDenoiser
from sciml.denoisers.tilted import Proposing
from sciml.processes.absorbing import Absorbing
from sciml.processes.uniform_jump import UniformJump

MASKING = Absorbing(2)
X, T = torch.tensor([[0, 2], [2, 2], [1, 0]]), torch.tensor(0.5, dtype=torch.float64)


def table(seed: int, process=MASKING) -> TabularDenoiser:
    return TabularDenoiser(torch.rand(2, 2, generator=torch.Generator().manual_seed(seed)), process)


def test_a_proposal_says_both() -> None:
    proposal, plain = CountingStates(table(0)), CountingStates(table(1))
    said = Proposing(proposal, plain)(X, T)
    torch.testing.assert_close(said.mean, table(0)(X, T).mean)
    torch.testing.assert_close(said.plain.mean, table(1)(X, T).mean)
    assert (proposal.states, plain.states) == (3, 3)


def test_two_processes_are_named() -> None:
    with pytest.raises(ValueError, match="`proposal` and `plain` must have one process, got UniformJump"):
        Proposing(table(0, UniformJump(2)), table(1))


def test_states_are_counted_and_calls_are_calls() -> None:
    states = CountingStates(table(0))
    calls = Counting(states)
    for x in (X, X[:1]):
        torch.testing.assert_close(calls(x, T).mean, table(0)(x, T).mean)
    assert (states.states, calls.nfe) == (4, 2)
