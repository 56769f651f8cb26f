"""Di4C: a student of few steps whose letters depend on each other, taught by a teacher of many whose letters do not.

The student is a mixture over a latent (`LatentDenoiser`); p_0t is its law of x_0 given x_t, q_0t the teacher's product of
marginals. Near the data, where a step of the teacher is good enough, the student is told the teacher; further up it is told
that a step of the teacher from t to s and a leap of its own from there are as good as one leap; and it sees data:

    t < delta:   L = E over lambda of  KL( q_0t || p_0t(. | lambda) ),                         distillation,
    t >= delta:  L = KL( E_{x_s ~ q_st} p_0s(. | x_s) || p_0t )                                consistency,
    any t:       + w_t KL( data given x_t || p_0t ),                                           data,
    any t:       + sum_i KL( q_0t,i || p_0t,i ),                                               marginals.

Divergences of joint laws are estimated by one draw x_0 for each x_s, and the data; sums over the finite lambda are exact.
A draw of x_0 says of marginals what is known exactly, so the joint term is split by a control variate,

    -log p_0t(x_0)  ->  -log p_0t(x_0) + sum_i log p_0t,i(x_0,i)  +  sum_i KL( target_i || p_0t,i ),

target_i the marginals at x_s averaged over lambda (of those at x_t the consistency term then is unbiased). The first two
terms alone teach correlations, and vanish for a product; the data give only these, and the teacher the marginals, at weight
1 for any w_t. Without the control variate the last line above is left out, and data tell the marginals.

A step of the teacher goes to s = (1 - share) t; its law of x_s is sampled. Without data the student can be as good as the
teacher on a grid of such steps: for an exact one under masking and alpha_t = 1 - t, sum_k w_k^2 = share / (2 - share), as
much as 2 / share - 1 equal steps have. Data, and short steps, lead to p_0t = data given x_t: the student may then be better
than the teacher at any number of steps, up to what M products can say.

Reference: Hayakawa et al. (2024), arXiv 2410.08709, section 3; lambda is continuous there, and sums over it are sampled.
"""

import math
from typing import Any

import torch
from jaxtyping import Float
from torch import Generator, Tensor, nn

from sciml.denoisers.denoiser import Denoiser
from sciml.denoisers.latent_letters import LatentDenoiser
from sciml.denoisers.letters import jump_process
from sciml.losses.times import uniform_times
from sciml.numerics.letters import draw
from sciml.processes.jump import Probabilities

Components = Float[Tensor, "batch latent position letter"]


class MixtureObjective(nn.Module):
    """Called as objective(generator, tokens, cond or nothing); nats a letter.

    Args:
        student: in training.
        teacher: of independent letters; takes no gradient.
        delta: times below which the student is told the teacher, in (0, 1).
        share: of the time that a step of the teacher covers, in (0, 1).
        data_weight: w_t / t, the weight of the data at t = 1; 0 for none of its correlations.
        control_variate: whether marginals are told exactly: another objective with the same minimum for an exact teacher.
    """

    def __init__(
        self,
        student: LatentDenoiser,
        teacher: Denoiser,
        *,
        delta: float = 0.2,
        share: float = 0.25,
        data_weight: float = 1.0,
        control_variate: bool = True,
    ) -> None:
        super().__init__()
        for name, value in (("delta", delta), ("share", share)):
            if not 0 < value < 1:
                raise ValueError(f"`{name}` must lie in (0, 1), got {value}")
        self.process, self.student, self._teacher = jump_process(teacher), student, (teacher,)
        self.delta, self.share, self.data_weight, self.control_variate = delta, share, data_weight, control_variate

    def forward(self, generator: Generator, tokens: Tensor, cond: Any = None) -> Float[Tensor, ""]:
        x_0, t = tokens.long(), uniform_times(1e-3)(len(tokens), generator)
        x_t = self.process.perturb(x_0, t, generator=generator)
        with torch.no_grad():
            told = self._teacher[0].to(x_t.device)(x_t, t, cond).mean
        said = self.student(x_t, t, cond).components
        near = t < self.delta
        further = self.consistency(said, told, x_t, t, generator, cond)
        loss = torch.where(near, divergence(told[:, None], said).mean(1), further)
        weight = self.data_weight * t.to(loss)
        loss = loss + weight * self.joint_term(said, x_0)
        if self.control_variate:
            loss = loss + divergence(told, marginals(said))
        return loss.mean() / tokens.shape[1]

    def consistency(
        self, said: Components, told: Probabilities, x_t: Tensor, t: Tensor, generator: Generator, cond: Any
    ) -> Float[Tensor, " batch"]:
        """Of a leap from t with a step of the teacher to s and a leap from there."""
        s = (1 - self.share) * t
        with torch.no_grad():
            x_s = draw(self.process.reverse(told, x_t, t, s), generator)
            after = self.student(x_s, s, cond).components
            latent = torch.randint(after.shape[1], t.shape, generator=generator, device=x_t.device)
            x_0 = draw(after[torch.arange(len(t), device=x_t.device), latent].exp(), generator)
        loss = self.joint_term(said, x_0)
        return loss + divergence(marginals(after).exp(), marginals(said)) if self.control_variate else loss

    def joint_term(self, said: Components, x_0: Tensor) -> Float[Tensor, " batch"]:
        """-log p_0t(x_0), with the control variate less that of the product of its marginals."""
        found = -log_joint(said, x_0)
        if not self.control_variate:
            return found
        alone = marginals(said).gather(-1, x_0[..., None])[..., 0]
        return found + alone.sum(1)


def log_joint(components: Components, x_0: Tensor) -> Float[Tensor, " batch"]:
    """log p(x_0) of a mixture."""
    index = x_0[:, None, :, None].expand(-1, components.shape[1], -1, 1)
    each = components.gather(-1, index)[..., 0].sum(-1)
    return each.logsumexp(1) - math.log(components.shape[1])


def marginals(components: Components) -> Probabilities:
    """Log-probabilities of each position by itself."""
    return components.logsumexp(1) - math.log(components.shape[1])


def divergence(p: Float[Tensor, "*batch position letter"], log_q: Tensor) -> Float[Tensor, "*sample"]:
    """KL(p || q) in nats, summed over positions; letters impossible under p count nothing."""
    possible = p > 0
    logs = torch.where(possible, p, 1.0).log() - log_q.masked_fill(~possible, 0.0)
    return (p * logs).sum((-2, -1))
