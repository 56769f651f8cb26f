"""Sampling of masked letters that a gradient passes: the rollouts of DRAKES.

A state is one-hot vectors over letters and mask, as floats. On the way from t to s a masked position is unmasked with
probability u = (alpha_s - alpha_t) / (1 - alpha_t), whatever the network says; what the network says is the letter. Three
ways to draw both:

    exact              the event is drawn as it is; the letter is one-hot, with a slope of second order;
    straight_through   letters and mask are one draw of five, p u and 1 - u, one-hot with the gradient of the softmax of
                       (log probability + Gumbel noise) / temperature;
    soft               the softmax itself: states are mixtures.

The last two are the published ones. The gradient of `straight_through` passes the event too, which does not depend on the
network, and grows with every step; `soft` states leave the data, and a reward is fooled by them. Alongside runs the exact
divergence of the path from that of a reference,

    sum over steps of u sum over masked i of KL( p(x_0,i | x_t) || p_ref(x_0,i | x_t) ),   in nats,

of which the mean over paths is KL(paths || reference paths), a bound of that between the laws of the samples.

Reference: Wang et al. (2024), arXiv 2410.13643, algorithm 1 and equation 6; see also `straight_through`. The published code
weighs the divergence by what a soft state has lost of its mask, which is 0 on one-hot states.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Generator, Tensor
from torch.utils.checkpoint import checkpoint

from sciml.denoisers.denoiser import Denoiser
from sciml.denoisers.letters import jump_process
from sciml.finetuning.straight_through import drawn, gumbel, hard, straight_through
from sciml.processes.absorbing import Absorbing
from sciml.solvers.solver import Solver, required

Estimator = Literal["exact", "straight_through", "soft"]


@dataclass(frozen=True)
class Path:
    """A state and the divergence of the way to it.

    Args:
        x: one-hot vectors, or mixtures of such.
        divergence: of the path from that of the reference so far, in nats.
    """

    x: Float[Tensor, "batch position vocabulary"]
    divergence: Float[Tensor, " batch"]


@dataclass(frozen=True)
class Schedule:
    """What is left to do: steps, and for each how much its divergence counts."""

    weights: tuple[float, ...]


@dataclass(frozen=True)
class Rollout(Solver[Path, Schedule]):
    """See the module.

    Args:
        reference: whose paths are compared with; its parameters take no gradient.
        estimator: how letters are drawn.
        temperature: of the softmax of the last two, positive.
        truncation: how many of the last steps a gradient passes; those before are drawn as they are.
        measured: of the steps before those, how many are chosen at random to measure the divergence at, their share making
            up for the others; by default all.
        checkpointing: whether steps are computed again on the way back instead of kept.
    """

    reference: Denoiser
    estimator: Estimator = "exact"
    temperature: float = 1.0
    truncation: int = 16
    measured: int | None = None
    checkpointing: bool = False

    def __post_init__(self) -> None:
        if not self.temperature > 0:
            raise ValueError(f"`temperature` must be positive, got {self.temperature}")
        if self.estimator == "exact" and self.temperature != 1:
            raise ValueError(
                f"`temperature` is of the estimators straight_through and soft, got {self.temperature} with exact"
            )
        if self.truncation < 1:
            raise ValueError(f"`truncation` must be at least 1, got {self.truncation}")
        if self.measured is not None and self.measured < 1:
            raise ValueError(f"`measured` must be at least 1, got {self.measured}")

    @property
    def order(self) -> int:
        return 1

    @property
    def stochastic(self) -> bool:
        return True

    def init(self, denoiser: Denoiser, x: Path, grid: Tensor) -> Schedule:
        process = jump_process(denoiser)
        if not isinstance(process, Absorbing):
            raise TypeError(f"`denoiser.process` must be Absorbing, got {type(process).__name__}")
        return Schedule((1.0,) * (len(grid) - 1))

    def step(
        self, denoiser: Denoiser, x_t: Path, t: Tensor, s: Tensor, memory: Schedule, *, generator: Generator | None
    ) -> tuple[Path, Schedule]:
        generator = required(generator, self)
        process = jump_process(denoiser)
        assert isinstance(process, Absorbing)
        weights = self._chosen(memory.weights, generator)
        unmasked, last = process.unmasking(t, s).item(), len(weights) <= self.truncation
        draw = self._draw(x_t.x, unmasked, generator)

        def move(x: Tensor, divergence: Tensor) -> tuple[Tensor, Tensor]:
            said = denoiser(x, t).log_probabilities
            if weights[0]:
                divergence = divergence + weights[0] * unmasked * self._gap(said, x, t)
            return draw(said, x), divergence

        with torch.set_grad_enabled(torch.is_grad_enabled() and (last or weights[0] > 0)):
            if self.checkpointing and torch.is_grad_enabled():
                x, divergence = checkpoint(move, x_t.x, x_t.divergence, use_reentrant=False)
            else:
                x, divergence = move(x_t.x, x_t.divergence)
        return Path(x if last else hard(x.detach()), divergence), Schedule(weights[1:])

    def _chosen(self, weights: tuple[float, ...], generator: Generator) -> tuple[float, ...]:
        """At the first step, which of those without a gradient count, and by how much."""
        before = len(weights) - self.truncation
        if self.measured is None or before <= self.measured or not all(weight == 1 for weight in weights):
            return weights
        order = torch.randperm(before, generator=generator, device=generator.device)[: self.measured].tolist()
        share = before / self.measured
        return tuple(share if k in order else 0.0 for k in range(before)) + weights[before:]

    def _gap(self, said: Tensor, x: Tensor, t: Tensor) -> Float[Tensor, " batch"]:
        """Sum over masked positions of the divergence of their letters."""
        reference = self.reference(x, t).log_probabilities
        return ((said.exp() * (said - reference)).sum(-1) * x[..., -1]).sum(-1)

    def _draw(self, x_t: Tensor, unmasked: float, generator: Generator) -> Callable[[Tensor, Tensor], Tensor]:
        """The next state as a function of what the network says and of this one: all that is random is drawn here, once."""
        event = torch.rand(x_t.shape[:2], generator=generator, device=x_t.device)
        noise = gumbel(x_t.shape, x_t, generator)
        if self.estimator != "exact":
            return lambda said, x: self._together(said, x, unmasked, noise)
        now = (event < unmasked) & (x_t[..., -1] > 0.5)
        own = noise[now][:, :-1]
        return lambda said, x: x.index_put((now,), F.pad(drawn(said[now], own), (0, 1)))

    def _together(self, said: Tensor, x: Tensor, unmasked: float, noise: Tensor) -> Tensor:
        """Event and letter in one draw."""
        both = torch.cat([said + _log(unmasked), torch.full_like(said[..., :1], _log(1 - unmasked))], -1)
        soft = ((both + noise) / self.temperature).softmax(-1)
        masked = x[..., -1:]
        return F.pad(x[..., :-1], (0, 1)) + masked * (soft if self.estimator == "soft" else straight_through(soft))


def _log(value: float) -> float:
    """The logarithm, finite at 0."""
    return float(torch.tensor(max(value, 1e-30)).log())
