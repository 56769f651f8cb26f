"""The exact denoiser of a law given as a table: what samplers, losses and guidance are tested against.

    p(x_0,i = k | x_t) = sum over x_0 with x_0,i = k of p(x_0) prod_j q(x_t,j | x_0,j),   normalised.

The table has K^L entries. Under masking it is the marginal of the letters that are seen, kept for each set of positions once
it was asked for; otherwise the sum is done for each state.
"""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from sciml.denoisers.denoiser import Denoiser
from sciml.denoisers.letters import Categorical
from sciml.processes.absorbing import Absorbing
from sciml.processes.jump import JumpProcess


class TabularDenoiser(Denoiser):
    """Exact p(x_0 | x_t).

    Args:
        law: p(x_0), one axis of K entries for each position; nonnegative, of any positive sum.
        process: of K letters.
    """

    process: JumpProcess
    law: Tensor

    def __init__(self, law: Tensor, process: JumpProcess) -> None:
        super().__init__(process)
        if set(law.shape) != {process.letters} or bool((law < 0).any()):
            raise ValueError(
                f"`law` must have {process.letters} nonnegative entries on each axis, got shape {tuple(law.shape)}"
            )
        total = law.sum(dtype=torch.float64)
        if not 0 < total < torch.inf:
            raise ValueError(f"`law` must have a finite sum above 0, got {total.item()}")
        self.register_buffer("law", law.to(torch.float64) / total)
        self._conditionals: dict[tuple[bool, ...], Tensor] = {}

    def forward(self, x_t: Tensor, t: Tensor, cond: Any = None) -> Categorical:
        if not isinstance(self.process, Absorbing):
            return Categorical(self._by_summing(self.process.evidence(x_t, t).double().exp()).log())
        seen = x_t != self.process.mask
        code = (seen * 2 ** torch.arange(seen.shape[1], device=seen.device)).sum(1)
        found = torch.empty(*x_t.shape, self.process.letters, dtype=torch.float64, device=x_t.device)
        for value in code.unique():
            rows = (code == value).nonzero()[:, 0]
            pattern = seen[rows[0]]
            places = tuple(x_t[rows][:, pattern].T)
            found[rows] = self._conditional(tuple(pattern.tolist()))[places]
        return Categorical(found.log())

    def _conditional(self, seen: tuple[bool, ...]) -> Float[Tensor, "*seen position letter"]:
        """p(x_0,i | letters seen) for each i; an impossible set of letters leaves all letters equally likely."""
        if seen not in self._conditionals:
            every = [_one_of(self.law, seen, i) for i in range(self.law.ndim)]
            self._conditionals[seen] = torch.stack(every, -2)
        return self._conditionals[seen]

    def _by_summing(self, likelihood: Float[Tensor, "batch position letter"]) -> Tensor:
        found = torch.empty_like(likelihood)
        for i in range(self.law.ndim):
            weighted = self.law.movedim(i, 0).expand(len(likelihood), *self.law.shape)
            for j in reversed([j for j in range(self.law.ndim) if j != i]):
                weighted = torch.einsum("b...k,bk->b...", weighted, likelihood[:, j])
            found[:, i] = weighted * likelihood[:, i]
        return found / found.sum(-1, keepdim=True)


def _one_of(law: Tensor, seen: tuple[bool, ...], i: int) -> Float[Tensor, "*seen letter"]:
    """p(x_0,i | letters seen), for each combination of those."""
    letters, places = law.shape[0], [j for j, there in enumerate(seen) if there]
    if seen[i]:
        known = torch.eye(letters, dtype=law.dtype, device=law.device)
        shape = [letters if j == i else 1 for j in places] + [letters]
        return known.reshape(shape).expand([letters] * len(places) + [letters])
    hidden = [j for j in range(law.ndim) if j not in places and j != i]
    marginal = (law.sum(hidden) if hidden else law).movedim(sum(j < i for j in places), -1)
    total = marginal.sum(-1, keepdim=True)
    return torch.where(total > 0, marginal / total, 1 / letters)


def states(values: int, positions: int) -> Tensor:
    """Every state, (values^positions, positions), the last position varying fastest."""
    index = torch.arange(values**positions)
    return torch.stack([index // values**k % values for k in reversed(range(positions))], 1)
