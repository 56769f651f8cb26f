"""Rollouts: their law is that of ancestral sampling, their divergence that of the paths, their gradient an honest one."""

import math
from itertools import pairwise, product
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from sciml.analysis.exact_law import unmasking_law
from sciml.denoisers.letters import LetterDenoiser
from sciml.finetuning.drakes import DrakesObjective, Steering
from sciml.finetuning.rollout import Path, Rollout
from sciml.processes.absorbing import Absorbing
from sciml.processes.uniform_jump import UniformJump
from sciml.solvers.grids import uniform_grid
from sciml.solvers.integrate import integrate
from sciml.solvers.letters.ancestral import Ancestral

K, L = 3, 2
PROCESS = Absorbing(K)


class Tables(nn.Module):
    """Logits that depend on all letters."""

    def __init__(self, seed: int, dropout: float = 0.0) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.weights = nn.Parameter(torch.randn(L, K + 1, L, K, generator=generator))
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, t: Tensor, cond: Any = None) -> Tensor:
        return self.dropout(torch.einsum("bpv,pvql->bql", x, self.weights))


def denoiser(seed: int, dropout: float = 0.0) -> LetterDenoiser:
    return LetterDenoiser(Tables(seed, dropout), PROCESS)


def start(count: int) -> Path:
    x = nn.functional.one_hot(torch.full((count, L), K), K + 1).float()
    return Path(x, torch.zeros(count))


def rolled(count: int, steps: int, seed: int = 0, **options: Any) -> Path:
    solver = Rollout(denoiser(1), truncation=options.pop("truncation", steps), **options)
    generator = torch.Generator().manual_seed(seed)
    return integrate(solver, denoiser(0), start(count), uniform_grid(PROCESS, steps), generator=generator)


def path_divergence(steps: int) -> float:
    """KL of the laws of whole paths, by going through all of them."""
    grid, own, other = uniform_grid(PROCESS, steps), denoiser(0), denoiser(1)
    states = torch.tensor(list(product(range(K + 1), repeat=L)))

    def kernel(model: LetterDenoiser, t: Tensor, s: Tensor) -> Tensor:
        each = PROCESS.reverse(model(states, t).mean.double(), states, t, s)
        return each[:, 0][:, states[:, 0]] * each[:, 1][:, states[:, 1]]

    at, total = (states == K).all(1).double(), 0.0
    with torch.no_grad():
        for t, s in pairwise(grid):
            p, q = kernel(own, t, s), kernel(other, t, s)
            gap = torch.where(p > 0, p * (p.clamp(min=1e-300) / q.clamp(min=1e-300)).log(), 0.0)
            total += float((at[:, None] * gap).sum())
            at = at @ p
    return total


@pytest.mark.parametrize("options", [{}, {"estimator": "straight_through"}])
def test_rollouts_are_ancestral_samples(options: dict[str, Any]) -> None:
    with torch.no_grad():
        path = rolled(40_000, 3, **options)
    x = path.x.argmax(-1)
    found = torch.bincount(x[:, 0] * K + x[:, 1], minlength=9) / len(x)
    exact = unmasking_law(Ancestral(), denoiser(0), L, uniform_grid(PROCESS, 3)).flatten()
    assert (found - exact).abs().max() < 4 * math.sqrt(0.25 / len(x))
    torch.testing.assert_close(path.x, nn.functional.one_hot(x, K + 1).float(), rtol=0, atol=1e-5)


@pytest.mark.parametrize("options", [{}, {"truncation": 1}, {"truncation": 1, "measured": 1}, {"checkpointing": False}])
def test_the_mean_divergence_is_that_of_the_paths(options: dict[str, Any]) -> None:
    """Measured at all steps or, without bias, at some."""
    with torch.no_grad():
        paths = [rolled(10_000, 4, seed, **options).divergence for seed in range(12)]
    found = torch.stack([path.mean() for path in paths])
    error = float(found.std() / math.sqrt(len(found)))
    assert found.mean().item() == pytest.approx(path_divergence(4), abs=4 * error + 2e-3)


def test_soft_states_are_mixtures() -> None:
    with torch.no_grad():
        x = rolled(64, 4, estimator="soft").x
    torch.testing.assert_close(x.sum(-1), torch.ones(64, L))
    assert ((x > 0.01) & (x < 0.99)).any()


def gradient(checkpointing: bool, dropout: float = 0.0) -> Tensor:
    """Of an objective in training."""
    own, reward = denoiser(0, dropout), torch.randn(K, K, generator=torch.Generator().manual_seed(5))
    objective = DrakesObjective(
        own,
        denoiser(1),
        lambda x: torch.einsum("bi,bj,ij->b", x[:, 0], x[:, 1], reward),
        Steering(0.3, steps=4, truncation=4, checkpointing=checkpointing),
    ).train()
    objective(torch.Generator().manual_seed(3), torch.full((512, L), K)).backward()
    assert own.net.weights.grad is not None
    return own.net.weights.grad


def test_steps_computed_again_give_the_same_gradient() -> None:
    torch.testing.assert_close(gradient(True), gradient(False))


@pytest.mark.parametrize("checkpointing", [True, False])
def test_rollouts_in_training_are_without_dropout(checkpointing: bool) -> None:
    torch.testing.assert_close(gradient(checkpointing, dropout=0.5), gradient(checkpointing))


def test_paths_of_the_same_weights_have_no_divergence_with_dropout() -> None:
    own, reference = denoiser(0, 0.5), denoiser(0, 0.5)
    objective = DrakesObjective(own, reference, lambda x: x[..., 0].sum(1), Steering(0.1, steps=4, truncation=2)).train()
    for part in (objective, objective.train()):
        found = part.roll_out(torch.Generator().manual_seed(0), torch.full((64, L), K))
        assert torch.equal(found.divergence, torch.zeros(64))
    x = start(64).x
    assert not torch.equal(*(reference.train().logits(x, torch.tensor(1.0)) for _ in range(2)))


def test_the_gradient_of_the_divergence_alone_is_exact_for_one_step() -> None:
    """From the mask all paths are one step, so that nothing is drawn before what is measured."""
    own, other = denoiser(0), denoiser(1)
    objective = DrakesObjective(own, other, lambda x: 0 * x.sum((1, 2)), Steering(1.0, steps=1, truncation=1))
    objective(torch.Generator().manual_seed(0), torch.full((4, L), K)).backward()
    x = start(1).x
    said, reference = own(x, torch.tensor(1.0)).log_probabilities, other(x, torch.tensor(1.0)).log_probabilities
    (exact,) = torch.autograd.grad((said.exp() * (said - reference)).sum(), own.net.weights)
    torch.testing.assert_close(own.net.weights.grad, exact)


def test_fine_tuning_climbs_and_a_target_is_held() -> None:
    own, reward = denoiser(0), torch.zeros(K, K)
    reward[2, 1] = 1.0
    steering = Steering(0.1, target=0.4, gain=0.1, steps=2, truncation=2, checkpointing=False)
    objective = DrakesObjective(own, denoiser(0), lambda x: torch.einsum("bi,bj,ij->b", x[:, 0], x[:, 1], reward), steering)
    optimizer, generator = torch.optim.Adam(own.parameters(), lr=0.02), torch.Generator().manual_seed(0)
    seen = []
    for _ in range(180):
        optimizer.zero_grad()
        objective(generator, torch.full((256, L), K)).backward()
        optimizer.step()
        seen.append(objective.seen.tolist())
    early, late = (torch.tensor(part).mean(0) for part in (seen[:5], seen[-60:]))
    assert late[0] > early[0] + 0.1
    assert late[1].item() == pytest.approx(0.4, abs=0.04)


def test_letters_are_one_hot_to_the_last_bit() -> None:
    with torch.no_grad():
        x = rolled(2000, 3).x
    assert ((x == 0) | (x == 1)).all()


def test_a_reward_without_a_gradient_is_refused() -> None:
    objective = DrakesObjective(denoiser(0), denoiser(1), lambda x: x.argmax(-1).sum(1).float(), Steering(0.1, steps=2))
    with pytest.raises(ValueError, match="the reward must be differentiable in the letters"):
        objective(torch.Generator().manual_seed(0), torch.full((4, L), K))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Rollout(denoiser(1), temperature=0.0), "`temperature` must be positive, got 0.0"),
        (lambda: Rollout(denoiser(1), truncation=0), "`truncation` must be at least 1, got 0"),
        (lambda: Rollout(denoiser(1), measured=0), "`measured` must be at least 1, got 0"),
        (lambda: Rollout(denoiser(1), temperature=0.5), "of the estimators straight_through and soft, got 0.5 with exact"),
        (lambda: Steering(alpha=-1.0), "`alpha` must be at least 0"),
        (lambda: Steering(alpha=0.0, target=1.0), "with a target both above 0, got 0.0, 1.0"),
    ],
)
def test_bad_settings_are_named(make, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def test_masks_are_needed() -> None:
    uniform = LetterDenoiser(Tables(0), UniformJump(K + 1))
    with pytest.raises(TypeError, match="must be Absorbing, got UniformJump"):
        integrate(Rollout(uniform), uniform, start(2), uniform_grid(PROCESS, 2), generator=torch.Generator())
