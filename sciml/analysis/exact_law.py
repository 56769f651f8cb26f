"""The exact law of what a sampler of letters makes, computed instead of sampled.

A sampler says with what probabilities each position goes on; the law over all states is pushed through these, stage by
stage. With an exact denoiser what is left is the sampler's own error; with a trained one, its too.

A latent that is drawn for a step is summed out: the law is the mean of those with each of its values.

`unmasking_law` keeps one table for each set of positions that are seen, K^|set| entries: for samplers that never mask again.
`dense_law` goes through every pair of states: for any sampler and process, where there are few states.
"""

from itertools import combinations, pairwise

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from sciml.denoisers.denoiser import Denoiser
from sciml.denoisers.latent_letters import Given
from sciml.denoisers.letters import jump_process
from sciml.denoisers.tabular import states
from sciml.processes.absorbing import Absorbing
from sciml.processes.jump import JumpProcess
from sciml.solvers.letters.first_hitting import FirstHitting, revealed_together
from sciml.solvers.letters.mixed import Mixed
from sciml.solvers.letters.solver import LetterSolver

Seen = tuple[int, ...]
MOST = 2**22  # states that go through the denoiser at a time


def total_variation(p: Tensor, q: Tensor) -> float:
    """Half the sum of |p - q|: the largest difference of the probabilities of any event."""
    return 0.5 * float((p - q).abs().sum())


@torch.no_grad()
def dense_law(
    solver: LetterSolver | Mixed | FirstHitting, denoiser: Denoiser, positions: int, grid: Tensor
) -> Float[Tensor, "..."]:
    """p(x) at the end of the grid, over the whole vocabulary of each position.

    Args:
        solver: at most two stages.
        denoiser: of letters.
        positions: L.
        grid: as of `integrate`.
    """
    if isinstance(solver, FirstHitting):  # which leaves no masks
        return F.pad(unmasking_law(solver, denoiser, positions, grid), (0, 1) * positions)
    process = jump_process(denoiser)
    every = states(process.vocabulary, positions)
    law = _prior(process, every)
    inner, branches = _branches(solver, denoiser)
    for t, s in pairwise(grid):
        law = torch.stack([law @ _kernel(inner, each, process, every, t, s) for each in branches]).mean(0)
    return law.reshape([process.vocabulary] * positions)


def _branches(solver: LetterSolver | Mixed, denoiser: Denoiser) -> tuple[LetterSolver, list[Denoiser]]:
    """The sampler of a step, and the denoisers of which one is drawn for it, each as likely."""
    if isinstance(solver, Mixed):
        if not isinstance(solver.solver, LetterSolver):
            raise TypeError(f"`solver` must move each letter by itself, got a mixture of {type(solver.solver).__name__}")
        return solver.solver, [Given(denoiser, latent) for latent in range(solver.latents)]
    return solver, [denoiser]


def _prior(process: JumpProcess, every: Tensor) -> Tensor:
    if isinstance(process, Absorbing):
        return (every == process.mask).all(1).double()
    return torch.full((len(every),), 1 / len(every), dtype=torch.float64)


def _kernel(
    solver: LetterSolver, denoiser: Denoiser, process: JumpProcess, every: Tensor, t: Tensor, s: Tensor
) -> Float[Tensor, "state next"]:
    """P(x_s | x_t): with two stages, the sum over what lies between."""
    times = solver.times(process, t, s)
    said = [denoiser(every, time).mean for time in times]
    first = _joint(solver.transition(process, [every], said[:1], t, s), every)
    if len(times) == 1:
        return first
    count = len(every)
    here, said_here = every.repeat_interleave(count, 0), said[0].repeat_interleave(count, 0)
    between, said_between = every.repeat(count, 1), said[1].repeat(count, 1, 1)
    second = _joint(solver.transition(process, [here, between], [said_here, said_between], t, s), every)
    return torch.einsum("ab,abc->ac", first, second.reshape(count, count, count))


def _joint(probabilities: Float[Tensor, "state position value"], every: Tensor) -> Float[Tensor, "state next"]:
    """Positions are independent: products over them."""
    joint = torch.ones(len(probabilities), len(every), dtype=torch.float64)
    for i in range(every.shape[1]):
        joint *= probabilities[:, i].double()[:, every[:, i]]
    return joint


@torch.no_grad()
def unmasking_law(
    solver: LetterSolver | Mixed | FirstHitting, denoiser: Denoiser, positions: int, grid: Tensor
) -> Float[Tensor, "..."]:
    """p(x_0) at the end of a grid that ends in the data, (K,) * positions.

    Args:
        solver: at most two stages; must not mask again.
        denoiser: of masked letters; for first-hitting one that does not look at the time, which is random there.
        positions: L.
        grid: as of `integrate`, down to 0.

    Raises:
        TypeError: the process does not mask.
        ValueError: the grid does not end at 0, or the solver masks again.
    """
    process = jump_process(denoiser)
    if not isinstance(process, Absorbing):
        raise TypeError(f"`denoiser.process` must be Absorbing, got {type(process).__name__}")
    if isinstance(solver, FirstHitting):
        return _first_hitting_law(denoiser, process, positions, grid)
    if grid[-1] != 0:
        raise ValueError(f"`grid` must end at 0, got {grid[-1].item()}")
    inner, branches = _branches(solver, denoiser)
    laws: dict[Seen, Tensor] = {(): torch.ones((), dtype=torch.float64)}
    for t, s in pairwise(grid):
        after: dict[Seen, Tensor] = {}
        for seen, law in laws.items():
            if len(seen) == positions:
                _add(after, seen, law)
                continue
            for each in branches:
                _push(inner, each, process, positions, seen, law / len(branches), t, s, after)
        laws = after
    return laws[tuple(range(positions))]


def _first_hitting_law(denoiser: Denoiser, process: Absorbing, positions: int, grid: Tensor) -> Float[Tensor, "..."]:
    """In each step as many positions as are revealed together are any of those masked, all choices being as likely."""
    laws: dict[Seen, Tensor] = {(): torch.ones((), dtype=torch.float64)}
    still = F.one_hot(torch.tensor(process.mask), process.vocabulary).double()
    for left in range(len(grid) - 1, 0, -1):
        after: dict[Seen, Tensor] = {}
        for seen, law in laws.items():
            state, hidden = _masked_but(seen, positions, process), [i for i in range(positions) if i not in seen]
            said = F.pad(denoiser(state, grid[0]).mean.double(), (0, 1))
            choices = list(combinations(hidden, revealed_together(len(hidden), left)))
            for new in choices:
                moved = still.expand(said.shape).clone()
                moved[:, list(new)] = said[:, list(new)]
                for now, joint in _revealed(law.flatten() / len(choices), moved, seen, positions, process.letters):
                    _add(after, now, joint)
        laws = after
    return laws[tuple(range(positions))]


def _push(
    solver: LetterSolver,
    denoiser: Denoiser,
    process: Absorbing,
    positions: int,
    seen: Seen,
    law: Tensor,
    t: Tensor,
    s: Tensor,
    after: dict[Seen, Tensor],
) -> None:
    """Add what the states with these positions seen become."""
    times, state = solver.times(process, t, s), _masked_but(seen, positions, process)
    said = denoiser(state, times[0]).mean
    moved = solver.transition(process, [state], [said], t, s)
    if seen and bool((moved[:, list(seen), process.mask] > 0).any()):
        raise ValueError(f"`solver` must not mask again, which {type(solver).__name__} does: use `dense_law`")
    for now, joint in _revealed(law.flatten(), moved, seen, positions, process.letters):
        if len(times) == 1 or len(now) == positions:
            _add(after, now, joint)
            continue
        new = len(now) - len(seen)
        between = _masked_but(now, positions, process)
        order = _flat_order(seen, now, process.letters)
        before, here = state.repeat_interleave(process.letters**new, 0), between[order]
        first = said.repeat_interleave(process.letters**new, 0)
        second = torch.cat([denoiser(part, times[1]).mean for part in here.split(MOST)])
        further = solver.transition(process, [before, here], [first, second], t, s)
        back = order.argsort()
        for last, total in _revealed(joint.flatten(), further[back], now, positions, process.letters):
            _add(after, last, total)


def _masked_but(seen: Seen, positions: int, process: Absorbing) -> Tensor:
    """Every state in which just these positions are seen, (K^|seen|, positions), the last of them varying fastest."""
    letters = states(process.letters, len(seen)) if seen else torch.empty(1, 0, dtype=torch.long)
    state = torch.full((len(letters), positions), process.mask)
    state[:, list(seen)] = letters
    return state


def _revealed(law: Tensor, moved: Tensor, seen: Seen, positions: int, letters: int) -> list[tuple[Seen, Tensor]]:
    """For each set of positions that may be seen next, the law of its letters, one axis each in order of position."""
    hidden, found = [i for i in range(positions) if i not in seen], []
    for count in range(len(hidden) + 1):
        for new in combinations(hidden, count):
            joint = law
            for i in hidden:
                p = moved[:, i].double()
                p = p[:, :letters] if i in new else p[:, letters:]
                joint = (joint.reshape(len(law), -1, 1) * p[:, None, :]).reshape(len(law), -1)
            now = tuple(sorted(seen + new))
            axes = joint.reshape([letters] * len(now))
            axis_of = [*seen, *new]
            found.append((now, axes.permute([axis_of.index(i) for i in now]) if now else axes))
    return [(now, joint) for now, joint in found if bool((joint > 0).any())]


def _flat_order(seen: Seen, now: Seen, letters: int) -> Tensor:
    """Rows of the states of `now` in the order: letters of `seen` first, of what is new after."""
    axis_of = [*seen, *(i for i in now if i not in seen)]
    index = torch.arange(letters ** len(now)).reshape([letters] * len(now))
    return index.permute([now.index(i) for i in axis_of]).flatten() if now else index.flatten()


def _add(laws: dict[Seen, Tensor], seen: Seen, law: Tensor) -> None:
    laws[seen] = laws[seen] + law if seen in laws else law
