"""Denoisers of letters: what is seen is carried over, and tables give Bayes' rule."""

import pytest
import torch
from torch import Tensor, nn

from sciml.denoisers.gaussian import GaussianDenoiser
from sciml.denoisers.letters import LetterDenoiser, jump_process
from sciml.denoisers.tabular import TabularDenoiser, states
from sciml.processes.absorbing import Absorbing
from sciml.processes.uniform_jump import UniformJump
from sciml.processes.vp import VPCosine

T = torch.tensor(0.4, dtype=torch.float64)


class Constant(nn.Module):
    """Says the same everywhere."""

    def __init__(self, logits: list[float]) -> None:
        super().__init__()
        self.logits = nn.Parameter(torch.tensor(logits))

    def forward(self, x: Tensor, t: Tensor, cond: object = None) -> Tensor:
        return self.logits.expand(*x.shape[:2], -1)


def test_what_is_seen_is_known_and_the_mask_is_asked_about() -> None:
    denoiser = LetterDenoiser(Constant([0.0, 1.0, 2.0]), Absorbing(3))
    said = denoiser(torch.tensor([[0, 3, 2]]), T).mean
    softmax = torch.tensor([0.0, 1.0, 2.0]).softmax(0)
    torch.testing.assert_close(said[0], torch.stack([torch.eye(3)[0], softmax, torch.eye(3)[2]]))


def test_uniform_jumps_weigh_the_letter_that_is_seen() -> None:
    denoiser = LetterDenoiser(Constant([0.0, 1.0, 2.0]), UniformJump(3))
    said = denoiser(torch.tensor([[1]]), T).mean[0, 0]
    alpha = denoiser.process.schedule.alpha(T)
    weights = torch.tensor([0.0, 1.0, 2.0]).exp() * (alpha * torch.eye(3)[1] + (1 - alpha) / 3)
    torch.testing.assert_close(said, (weights / weights.sum()).float())


def test_a_relaxed_state_is_asked_about_everywhere_and_passes_gradients() -> None:
    denoiser = LetterDenoiser(nn.Linear(4, 3), Absorbing(3))
    denoiser.net.forward = lambda x, t, cond=None: nn.functional.linear(x, denoiser.net.weight)  # type: ignore[method-assign]
    x = torch.rand(2, 5, 4, requires_grad=True)
    said = denoiser(x, T).log_probabilities
    torch.testing.assert_close(said.exp().sum(-1), torch.ones(2, 5))
    (slope,) = torch.autograd.grad(said[..., 0].sum(), x)
    assert (slope.abs().sum(-1) > 0).all()


@pytest.mark.parametrize("process", [Absorbing(3), UniformJump(3)])
def test_a_table_gives_bayes_rule(process) -> None:
    generator = torch.Generator().manual_seed(0)
    law = torch.rand(3, 3, 3, generator=generator, dtype=torch.float64)
    law[0, 1] = 0
    every, clean = states(process.vocabulary, 3), states(3, 3)
    found = TabularDenoiser(law, process)(every, T).mean
    likelihood = torch.stack([process.evidence(every, T).double().exp()[:, i][:, clean[:, i]] for i in range(3)]).prod(0)
    joint = likelihood * law.flatten()
    possible = joint.sum(1) > 0
    for i in range(3):
        exact = torch.stack([joint[:, clean[:, i] == k].sum(1) for k in range(3)], 1) / joint.sum(1, keepdim=True)
        torch.testing.assert_close(found[possible, i], exact[possible], rtol=1e-6, atol=1e-7)
    assert torch.isfinite(found).all()


def test_states_are_counted_up() -> None:
    assert states(3, 2).tolist() == [[a, b] for a in range(3) for b in range(3)]


def test_wrong_laws_and_processes_are_named() -> None:
    with pytest.raises(ValueError, match="`law` must have 3 nonnegative entries on each axis, got shape \\(3, 2\\)"):
        TabularDenoiser(torch.ones(3, 2), Absorbing(3))
    for value in (0.0, float("nan"), float("inf")):
        with pytest.raises(ValueError, match=f"`law` must have a finite sum above 0, got {3 * value}"):
            TabularDenoiser(torch.full((3,), value), Absorbing(3))
    with pytest.raises(TypeError, match="must be a JumpProcess, got VPCosine"):
        jump_process(GaussianDenoiser(VPCosine(), torch.zeros(2), torch.eye(2)))
