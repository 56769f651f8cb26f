"""DRAKES: a masked denoiser fine-tuned by the gradient of a reward through its own sampling.

    maximise over theta   E[ r(x_0) ] - alpha KL( paths of theta || paths of the reference ),

x_0 and the path from rollouts of the denoiser in training. Were every law within reach, the samples would follow
p_ref(x_0) exp(r(x_0) / alpha), normalised. A target in nats can be set instead of alpha: then alpha rises while the
divergence is above it and falls while it is below, and the weight of a step is that times
exp(2 (divergence / target - 1)), at most a factor e^2.

Reference: Wang et al. (2024), arXiv 2410.13643, theorem 1 and algorithm 1; Schulman et al. (2017), arXiv 1707.06347, section
4, for a penalty that is adapted to a target.
"""

from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Generator, Tensor, nn

from sciml.denoisers.conditioned import Conditioned
from sciml.denoisers.letters import LetterDenoiser
from sciml.denoisers.reward import Reward, rewards
from sciml.finetuning.rollout import Estimator, Path, Rollout
from sciml.solvers.grids import Grid, uniform_grid
from sciml.solvers.integrate import integrate

LOWEST, HIGHEST = 1e-4, 1e3  # of alpha
AT_ONCE = 2.0  # of log alpha for twice the target: without, alpha and the divergence swing about each other


@dataclass(frozen=True)
class Steering:
    """How rollouts are made and weighed.

    Args:
        alpha: of the divergence, in units of the reward a nat; 0 leaves it out.
        target: divergence in nats that alpha is adapted to; none leaves alpha as it is.
        gain: by what share alpha changes in a step for a divergence of twice the target.
        steps: of a rollout.
        estimator, temperature, truncation, measured, checkpointing: see `Rollout`.
    """

    alpha: float = 0.1
    target: float | None = None
    gain: float = 0.1
    steps: int = 32
    estimator: Estimator = "exact"
    temperature: float = 1.0
    truncation: int = 16
    measured: int | None = None
    checkpointing: bool = False

    def __post_init__(self) -> None:
        if self.alpha < 0 or (self.target is not None and not (self.target > 0 and self.alpha > 0)):
            raise ValueError(f"`alpha` must be at least 0, and with a target both above 0, got {self.alpha}, {self.target}")


class DrakesObjective(nn.Module):
    """The negative of what is maximised, called as objective(generator, prompts, cond or nothing).

    Rollouts are drawn as samples are, without dropout: the denoiser is put in eval mode and left so, for with checkpointing
    it is called again on the way back. With dropout the path would be that of another network at each step, and its
    divergence from the reference above 0 where the weights are the same.

    Args:
        denoiser: in training.
        reference: where it began; a copy is kept, which takes no gradient.
        reward: of one-hot vectors (batch, position, letter), differentiable.
        steering: see there.

    Attributes:
        alpha: as it is now.
        seen: means of reward and divergence over the last batch.
    """

    alpha: Tensor
    seen: Tensor

    def __init__(self, denoiser: LetterDenoiser, reference: LetterDenoiser, reward: Reward, steering: Steering) -> None:
        super().__init__()
        self.denoiser, self.steering = denoiser, steering
        self._still: tuple[LetterDenoiser, Reward] = (deepcopy(reference).requires_grad_(False).eval(), reward)
        self.grid: Grid = uniform_grid(denoiser.process, steering.steps)
        self.register_buffer("alpha", torch.tensor(steering.alpha))
        self.register_buffer("seen", torch.zeros(2))

    def forward(self, generator: Generator, prompts: Tensor, cond: Any = None) -> Float[Tensor, ""]:
        """Prompts are states (batch, position) to go on from: masks, and letters that are to be kept."""
        path = self.roll_out(generator, prompts.long(), cond)
        found = rewards(self._still[1], path.x[..., :-1])
        reward, divergence = found.float().mean(), path.divergence.mean()
        self.seen.copy_(torch.stack([reward, divergence]).detach())
        return self._weight(divergence.detach()) * divergence - reward if self.steering.alpha else -reward

    def observed(self) -> dict[str, float]:
        """What a log of the training says beside the loss."""
        reward, divergence = self.seen.tolist()
        return {"reward": reward, "divergence": divergence, "alpha": float(self.alpha)}

    def _weight(self, divergence: Tensor) -> Tensor:
        """alpha, or with a target what a proportional and integral controller of its logarithm makes of it."""
        if self.steering.target is None:
            return self.alpha
        excess = (divergence / self.steering.target - 1).clamp(-1, 1)
        weight = self.alpha * torch.exp(AT_ONCE * excess)
        if self.training:
            self.alpha.mul_(torch.exp(self.steering.gain * excess)).clamp_(LOWEST, HIGHEST)
        return weight

    def roll_out(self, generator: Generator, prompts: Tensor, cond: Any = None) -> Path:
        """Samples that a gradient passes, and the divergence of their paths."""
        chosen, reference = self.steering, self._still[0].to(prompts.device)
        self.denoiser.eval()
        solver = Rollout(
            reference if cond is None else Conditioned(reference, cond),
            chosen.estimator,
            chosen.temperature,
            min(chosen.truncation, chosen.steps),
            chosen.measured,
            chosen.checkpointing,
        )
        x = F.one_hot(prompts, self.denoiser.process.vocabulary).float()
        start = Path(x, x.new_zeros(len(x)))
        return integrate(solver, self.denoiser, start, self.grid, cond=cond, generator=generator)
