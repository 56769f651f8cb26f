"""Consistency: a student that is told any state of the flow and says where the flow ends.

The end of the student's step as it sees it is f(x_t, t) = jump(x_t, d(x_t, t), t, s), s the next time of its grid, and it is
the same for all states of one flow. With x_t a noised example and x_r where the teacher's flow leads from it

    L = E max(1, alpha_t^2 / sigma_t^2) mean( f(x_t, t) - sg f(x_r, r) )^2,        s <= r < t.

What matters is how far r is. As published it is a short step away: what is known at the end then reaches the noise through
many targets, each of them a student that is blurred where the flow parts, and the errors add up. On the ring of modes in two
dimensions the map was wrong by .32, .31 and .11 of its size where some 4, 2 and 1 targets led from end to end, after 1,500
steps; with 18 and 40, each a step of Heun's, by .33 and .81 after 3,000. Weighing low noise more changed nothing. So by
default the teacher goes all the way, r = s, in a chain of `calls` steps, and the student learns from the beginning of a
chain and from states on the way. Half of the chains begin where the student is asked in sampling. Unlike regression on
pairs it takes no fixed set of them, and knows all times between.

References:
    Song et al. (2023), arXiv 2303.01469, algorithm 2;
    Heek et al. (2024), arXiv 2403.06807, section 3, for grids of several steps;
    Luo et al. (2023), arXiv 2310.04378, section 4.3, for longer steps of a guided teacher;
    Salimans and Ho (2022), arXiv 2202.00512, section 4, for the weight.
"""

from collections.abc import Sequence
from typing import Any

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from sciml.denoisers.denoiser import Denoiser
from sciml.distillation.chain import teacher_chain
from sciml.distillation.jump import interpolate, jump
from sciml.distillation.objective import DistillationObjective
from sciml.distillation.segments import between, segment_of, segment_times, whole_flow
from sciml.losses.times import TimeDistribution
from sciml.numerics.broadcasting import broadcast_time
from sciml.numerics.states import flatten
from sciml.processes.gaussian import GaussianProcess
from sciml.processes.parts import map_parts, noise_like, processes_of
from sciml.processes.process import Process
from sciml.solvers.grids import Grid


class ConsistencyObjective(DistillationObjective):
    """Called as objective(generator, x_0, cond or nothing).

    Args:
        student: in training; best begun as a copy of the teacher. It is sampled by DDIM on the grid.
        teacher: whose flow is followed, with guidance if it is guided.
        times: law of t; by default half of them at the beginnings of steps, the others even in lambda.
        grid: 1 = t_0 > ... > t_N, lambda finite; by default one step from 1 to the process's shortest time.
        calls: steps of a chain, a call each and one more.
        states: of each chain that the student learns from: the beginning and others, drawn for each; at most `calls`.
        reach: share of a step of the grid, in lambda, that a chain goes at most; in (0, 1].
    """

    student: Denoiser
    grid: Tensor

    def __init__(
        self,
        student: Denoiser,
        teacher: Denoiser,
        times: TimeDistribution | None = None,
        *,
        grid: Grid | None = None,
        calls: int = 16,
        states: int = 4,
        reach: float = 1.0,
    ) -> None:
        super().__init__(student, teacher)
        if not (1 <= states <= calls and 0 < reach <= 1):
            raise ValueError(f"`states` must be 1 to `calls` and `reach` in (0, 1], got {states}, {calls} and {reach}")
        self.times, self.calls, self.states, self.reach = times, calls, states, reach
        self.lead: GaussianProcess = processes_of(student.process)[-1]
        self.register_buffer("grid", whole_flow(self.lead) if grid is None else grid)
        if not bool(self.lead.lambda_(self.grid).isfinite().all()):
            raise ValueError(
                f"`grid` must leave some noise at its end, got {self.grid[-1].item():g}, where lambda is infinite"
            )

    def forward(self, generator: Generator, x_0: Any, cond: Any = None) -> Float[Tensor, ""]:
        process, rows = self.student.process, flatten(x_0)
        t = self._draw(len(rows), generator)
        begin, end = segment_of(self.grid, t)
        times = self.chain_times(t, begin, end)
        chain = teacher_chain(self.teacher, interpolate(process, x_0, noise_like(process, x_0, generator), t), times, cond)
        with torch.no_grad():
            target = chain[-1] if self.reach == 1 else self.end(chain[-1], times[-1], end, cond)
        at = torch.zeros(self.states, len(rows), dtype=torch.long, device=rows.device)
        at[1:] = torch.randint(1, max(2, self.calls), at[1:].shape, generator=generator, device=rows.device)
        return torch.stack([self._loss(*_pick(process, chain, times, k), end, target, cond) for k in at]).mean()

    def chain_times(self, t: Tensor, begin: Tensor, end: Tensor) -> list[Tensor]:
        """From t on, equal steps in lambda."""
        whole = self.lead.lambda_(end) - self.lead.lambda_(begin)
        left = self.lead.lambda_(end) - self.lead.lambda_(t)
        share = (self.reach * whole / left.clamp(min=1e-9)).clamp(max=1)
        return [t, *(between(self.lead, t, end, share * (k + 1) / self.calls) for k in range(self.calls))]

    def end(self, x_t: Any, t: Tensor, s: Tensor, cond: Any = None) -> Any:
        """f(x_t, t)."""
        return jump(self.student.process, x_t, self.student(x_t, t, cond).mean, t, s)

    def _loss(self, x_t: Any, t: Tensor, s: Tensor, target: Any, cond: Any) -> Float[Tensor, ""]:
        gap = flatten(self.end(x_t, t, s, cond)) - flatten(target)
        ratio = torch.exp(2 * self.lead.lambda_(t)).clamp(min=1)
        return (broadcast_time(ratio, gap).to(gap.dtype) * gap.square()).mean()

    def _draw(self, n: int, generator: Generator) -> Tensor:
        if self.times is None:
            return segment_times(self.lead, self.grid, 0.5, n, generator)
        return self.times(n, generator).maximum(self.grid[-1])


def _pick(process: Process[Any], chain: Sequence[Any], times: Sequence[Tensor], k: Tensor) -> tuple[Any, Tensor]:
    """(state, time) number k of the chain of each sample."""
    rows = torch.arange(len(k), device=k.device)
    state = map_parts(process, lambda _, *each: torch.stack(each)[k, rows], *chain)
    return state, torch.stack(list(times))[k, rows]
