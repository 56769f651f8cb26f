"""What denoisers of letters are trained with, and how likely a model finds data: bounds in nats.

Under masking the negative log-likelihood of x_0 is at most

    E over t uniform of  w_t  sum over masked i of -log p(x_0,i | x_t),        w_t = -alpha_t' / (1 - alpha_t),

for any schedule the same number. Under uniform jumps, with R_t = -alpha_t' / (alpha_t K) the rate to each letter, s(y) the
true ratio q(y | x_0) / q(x_t | x_0) at a position and s_p(y) the model's,

    E over t of  R_t  sum over i and y other than x_t,i of  s_p(y) - s(y) log s_p(y) + s(y) (log s(y) - 1),

and the divergence of x_1 from the prior, none where alpha_1 = 0. An exact denoiser attains the log-likelihood on average.

Reference: Sahoo et al. (2024), arXiv 2406.07524, equation 10; Shi et al. (2024), arXiv 2406.04329, equation 4; Lou et al.
(2023), arXiv 2310.16834, equation 7.
"""

from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Generator, Tensor, nn

from sciml.denoisers.denoiser import Denoiser
from sciml.denoisers.letters import jump_process
from sciml.losses.times import uniform_times
from sciml.numerics.broadcasting import broadcast_time
from sciml.processes.absorbing import Absorbing
from sciml.processes.uniform_jump import UniformJump

T_MIN = 1e-5  # of a share of letters that have jumped


class LetterObjective(nn.Module):
    """The bound, in nats a letter, as a module called as objective(generator, tokens, cond or nothing).

    Args:
        denoiser: in training.
        untold: share of the samples whose condition, whole numbers from 0, is not told but given as -1.
    """

    def __init__(self, denoiser: Denoiser, untold: float = 0.0) -> None:
        super().__init__()
        self.denoiser, self.untold = denoiser, untold

    def forward(self, generator: Generator, tokens: Tensor, cond: Any = None) -> Float[Tensor, ""]:
        if cond is not None and self.untold:
            cond = with_some_untold(cond, self.untold, generator)
        return negative_log_likelihood(self.denoiser, tokens.long(), generator=generator, cond=cond).mean() / tokens.shape[1]


def with_some_untold(cond: Tensor, untold: float, generator: Generator) -> Tensor:
    """Classes, a share of them replaced by -1: not told."""
    told = torch.rand(len(cond), generator=generator, device=cond.device) >= untold
    return torch.where(told, cond, -1)


def negative_log_likelihood(
    denoiser: Denoiser, x_0: Tensor, *, generator: Generator, cond: object = None
) -> Float[Tensor, " batch"]:
    """An unbiased draw of the bound for each sample, in nats, at one time each; the times of a batch are spread evenly.

    Args:
        denoiser: of letters.
        x_0: data, (batch, position).
        generator: source of randomness.
        cond: of the denoiser.
    """
    process = jump_process(denoiser)
    u = uniform_times(0.0)(len(x_0), generator)
    if isinstance(process, Absorbing):
        return _of_masks(denoiser, process, x_0, u, generator, cond)
    assert isinstance(process, UniformJump)
    reached = 1 - process.schedule.alpha(u.new_ones(()))
    t = process.schedule.t_of_alpha(1 - u.clamp(min=T_MIN) * reached)
    x_t = process.perturb(x_0, t, generator=generator)
    return _of_jumps(process, denoiser(x_t, t, cond).mean, x_0, x_t, t) * reached


def _of_masks(
    denoiser: Denoiser, process: Absorbing, x_0: Tensor, u: Tensor, generator: Generator, cond: object
) -> Float[Tensor, " batch"]:
    """The bound with the number n of masked positions drawn first, uniform over 1 to L, and weight L / n.

    Each position is masked from a uniform time on; the n-th of them, at which n are, is distributed as the time is given n,
    weighted by w_t. So nothing is left of the variance of n.
    """
    positions = x_0.shape[1]
    n = (u * positions).long().clamp(max=positions - 1) + 1
    since = torch.rand(x_0.shape, generator=generator, dtype=torch.float64, device=x_0.device)
    share = since.sort(1).values.gather(1, n[:, None] - 1)
    t = process.schedule.t_of_alpha(1 - share[:, 0] * (1 - process.schedule.alpha(share.new_ones(()))))
    masked = since <= share
    said = denoiser(torch.where(masked, process.mask, x_0), t, cond).log_probabilities
    right = said.gather(-1, x_0[..., None])[..., 0]
    return -torch.where(masked, right, 0.0).sum(1) * positions / n


def _of_jumps(process: UniformJump, probabilities: Tensor, x_0: Tensor, x_t: Tensor, t: Tensor) -> Float[Tensor, " batch"]:
    """The bound's density in 1 - alpha, over its range."""
    known = F.one_hot(x_0, process.letters).to(probabilities)
    said, true = (process.ratios(p, x_t, t) for p in (probabilities, known))
    elsewhere = F.one_hot(x_t, process.letters) == 0
    gap = torch.where(elsewhere, said - true * said.log() + true * (true.log() - 1), 0.0)
    rate = 1 / (process.schedule.alpha(broadcast_time(t, gap)).clamp(min=1e-30) * process.letters)
    return (rate.to(gap) * gap).sum((1, 2))


@torch.no_grad()
def log_likelihood(
    denoiser: Denoiser, x_0: Tensor, *, generator: Generator, draws: int = 64, cond: Tensor | None = None
) -> Float[Tensor, " batch"]:
    """A lower bound of log p(x_0) in nats, the mean of so many draws for each sample, their times spread evenly."""
    repeated, told = (value.repeat(draws, *[1] * (value.ndim - 1)) for value in (x_0, x_0 if cond is None else cond))
    drawn = negative_log_likelihood(denoiser, repeated, generator=generator, cond=None if cond is None else told)
    return -drawn.reshape(draws, -1).mean(0)
