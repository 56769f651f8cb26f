"""A time grid fitted to a model: the times at which a solver with few calls comes nearest to a solution with many.

The grid is a softmax of free numbers, the shares of its steps in lambda. What is minimised is the mean over samples of

    ||x - x*|| / rms(x*),

x the end of the solver's trajectory from a start of the reference x*: by Adam, with gradients through the solver and its
coefficients. The mean of norms, not of squares, so that a few samples that end in another mode do not decide.

Reference: Tong et al. (2025), arXiv 2405.15506 (LD3), section 3, whose objective is softer, and which learns the times that
the model is told, too.
"""

from collections.abc import Callable
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from sciml.denoisers.denoiser import Denoiser
from sciml.numerics.states import flatten
from sciml.processes.parts import processes_of
from sciml.processes.process import Process
from sciml.solvers.grids import Grid
from sciml.solvers.integrate import integrate
from sciml.solvers.solver import Solver

Measure = Callable[[Any, Any], Tensor]


def learn_grid(
    solver: Solver[Any, Any],
    denoiser: Denoiser,
    x: Any,
    reference: Any,
    start: Grid,
    *,
    cond: Any = None,
    iterations: int = 150,
    rate: float = 0.05,
    measure: Measure | None = None,
) -> Grid:
    """The grid, with the ends of `start`, on which the solver comes nearest to the reference.

    Args:
        solver: deterministic.
        denoiser: differentiable with respect to state and time.
        x: a batch of states at time start[0].
        reference: where the flow takes them by time start[-1], for instance by many steps.
        start: the first guess, with as many steps as wanted; lambda must be finite at its end.
        cond: bound to the denoiser.
        iterations: steps of the optimiser; the best grid of all is returned, so never one worse than `start`.
        rate: learning rate, lowered to a fiftieth along a cosine.
        measure: of the error, `distance` by default; `rms_distance` where outliers shall count by their squares.
    """
    if solver.stochastic:
        raise ValueError(f"`solver` must be deterministic, got {type(solver).__name__} with fresh noise")
    if not (given := len(flatten(x))) == (wanted := len(flatten(reference))) > 0:
        raise ValueError(f"`reference` must have as many states as `x`, at least 1, got {wanted} for {given}")
    measure = measure or distance
    shares = _Shares(denoiser.process, start)
    optimizer = torch.optim.Adam([shares.logits], rate, betas=(0.9, 0.95))
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, iterations, rate / 50)
    best, lowest = start, torch.inf
    with torch.enable_grad():
        for _ in range(iterations):
            grid = shares.grid()
            error = measure(integrate(solver, denoiser, x, grid, cond=cond), reference)
            if error.item() < lowest:
                best, lowest = grid.detach(), error.item()
            (shares.logits.grad,) = torch.autograd.grad(error.log(), shares.logits)
            torch.nn.utils.clip_grad_norm_([shares.logits], 5.0)
            optimizer.step()
            schedule.step()
    return best


def distance(x: Any, reference: Any) -> Float[Tensor, ""]:
    """Mean over samples of the root mean square difference, in units of the root mean square of the reference."""
    ours, theirs = flatten(x), flatten(reference)
    return (ours - theirs).square().mean(1).add(1e-14).sqrt().mean() / theirs.square().mean().sqrt()


def rms_distance(x: Any, reference: Any) -> Float[Tensor, ""]:
    """Root mean square difference over all samples, in units of the root mean square of the reference."""
    ours, theirs = flatten(x), flatten(reference)
    return (ours - theirs).square().mean().add(1e-14).sqrt() / theirs.square().mean().sqrt()


class _Shares:
    """A grid between fixed ends, as shares of the way in lambda."""

    def __init__(self, process: Process, start: Grid) -> None:
        self.process, self.ends = processes_of(process)[0], start[[0, -1]]
        lambdas = self.process.lambda_(start)
        if not bool(torch.isfinite(lambdas).all()):
            raise ValueError(f"`start` must end where some noise is left, got {start[-1].item()}, where lambda is infinite")
        self.first, self.way = lambdas[0], lambdas[-1] - lambdas[0]
        self.logits = (lambdas.diff() / self.way).log().requires_grad_()

    def grid(self) -> Grid:
        way = torch.cumsum(torch.softmax(self.logits, 0), 0)[:-1]
        inner = self.process.t_of_lambda(self.first + self.way * way)
        return torch.cat([self.ends[:1], inner, self.ends[1:]])
