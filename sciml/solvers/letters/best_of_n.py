"""Best of N: the plainest way to a reward, of which all others have to be better at as many calls."""

from typing import Any

import torch
from jaxtyping import Integer
from torch import Tensor

from sciml.denoisers.denoiser import Denoiser
from sciml.denoisers.letters import jump_process
from sciml.denoisers.reward import Reward, rewards_of_letters
from sciml.solvers.integrate import integrate
from sciml.solvers.solver import Solver


def best_of_n(
    solver: Solver[Tensor, Any],
    denoiser: Denoiser,
    rows: Integer[Tensor, "row position"],
    grid: Tensor,
    reward: Reward,
    count: int,
    *,
    cond: Any = None,
    generator: torch.Generator,
) -> Integer[Tensor, "prompt position"]:
    """Of N samples of each prompt, drawn independently, the one of the highest reward; of equals the first.

    Costs N times the calls of the solver for each sample. Where r has the distribution function F under the law p of a
    sample, the law of the best is p(x) (F(r)^N - F(r-)^N) / (F(r) - F(r-)), r = r(x): its divergence from p is at most
    log N - (N - 1) / N nats.

    Args:
        solver: of letters.
        denoiser: predicts the clean data.
        rows: where samples start, (prompt * count, position), those of a prompt adjacent.
        grid: as of `integrate`, down to 0.
        reward: r, of one-hot vectors (batch, position, letter); needs no gradient.
        count: N, at least 1.
        cond: bound to the denoiser, for all rows.
        generator: source of randomness.

    Reference: Stiennon et al. (2020), arXiv 2009.01325; Beirami et al. (2024), arXiv 2401.01879, for the divergence.
    """
    if count < 1 or len(rows) % count:
        raise ValueError(f"`count` must divide the {len(rows)} rows, got {count}")
    if grid[-1] != 0:
        raise ValueError(f"`grid` must end at 0, where the reward is known, got {grid[-1].item()}")
    x_0 = integrate(solver, denoiser, rows, grid, cond=cond, generator=generator)
    like = torch.zeros((), dtype=torch.get_default_dtype())
    found = rewards_of_letters(reward, x_0, jump_process(denoiser).letters, like).reshape(-1, count)
    return x_0.reshape(-1, count, x_0.shape[1])[torch.arange(len(found), device=x_0.device), found.argmax(1)]
