"""The ways from prompts to sequences that a configuration names: plain sampling, or steered by a reward or a label."""

from collections.abc import Callable

import torch.nn.functional as F
from torch import Generator, Tensor

from sciml.config.sequence_settings import BY_REWARD, BY_VALUE, SteeringConfig
from sciml.denoisers.denoiser import Denoiser
from sciml.denoisers.reward import Reward, rewards
from sciml.guidance.letters.classifier import LetterClassifierGuided
from sciml.guidance.letters.classifier_free import LetterClassifierFree
from sciml.guidance.letters.look_ahead import LetterLookAhead
from sciml.io.errors import InputError
from sciml.sequences.oracles.abilities import reads_whole_letters_only
from sciml.sequences.oracles.convolutional import ConvolutionalOracle
from sciml.solvers.grids import Grid
from sciml.solvers.integrate import integrate
from sciml.solvers.letters.ancestral import Ancestral
from sciml.solvers.letters.best_of_n import best_of_n
from sciml.solvers.letters.particles import particles_of
from sciml.solvers.letters.smc import SMC
from sciml.solvers.letters.solver import LetterSolver
from sciml.solvers.letters.svdd import SVDD
from sciml.solvers.letters.tds import TDS
from sciml.solvers.solver import Solver

Way = Callable[[Denoiser, Tensor, Grid, Tensor | None, Generator], Tensor]
BY_GRADIENT = ("look_ahead", "tds")


def way(config: SteeringConfig, solver: Solver, reward: Reward | None, origin: str) -> Way:
    """How samples are drawn: a function of denoiser, prompts, grid, classes and generator.

    Args:
        config: which way.
        solver: of plain steps.
        reward: what is led to.
        origin: what to call the model in an error.

    Raises:
        InputError: a way that needs a reward, one of mixtures of letters, a classifier of masked states or ancestral steps,
            and has none.
    """
    if config.method in BY_REWARD and reward is None:
        raise InputError(f"{origin}: `steering.method` {config.method} leads to a reward: give one with --reward")
    if config.method == "classifier" and not _classifies_masked(reward):
        raise InputError(f"{origin}: `steering.method` classifier needs an oracle of classes made with --member masked")
    if config.method in BY_VALUE and not isinstance(solver, Ancestral):
        raise InputError(f"{origin}: `steering.method` {config.method} needs `solver` ancestral")
    if reads_whole_letters_only(reward):
        _check_whole_letters_do(config, origin)
    if config.method == "none":
        return lambda denoiser, x, grid, cond, generator: integrate(
            solver, denoiser, x, grid, cond=cond, generator=generator
        )
    if config.method == "classifier_free":
        return lambda denoiser, x, grid, cond, generator: integrate(
            solver, LetterClassifierFree(denoiser, config.weight), x, grid, cond=cond, generator=generator
        )
    assert reward is not None
    return _by_reward(config, solver, reward)


def _by_reward(config: SteeringConfig, solver: Solver, reward: Reward) -> Way:
    many, alpha = config.particles, config.alpha

    def draw(denoiser: Denoiser, x: Tensor, grid: Grid, cond: Tensor | None, generator: Generator) -> Tensor:
        if config.method in ("look_ahead", "classifier"):
            guided = _guided(denoiser, reward, config)
            return integrate(solver, guided, x, grid, cond=cond, generator=generator)
        assert isinstance(solver, LetterSolver) or config.method == "best_of_n"
        if config.method == "svdd":
            return integrate(
                SVDD(reward, alpha, many, draws=config.draws), denoiser, x, grid, cond=cond, generator=generator
            )
        rows, told = (None if each is None else each.repeat_interleave(many, 0) for each in (x, cond))
        assert rows is not None
        if config.method == "best_of_n":
            return best_of_n(solver, denoiser, rows, grid, reward, many, cond=told, generator=generator)
        weighing = (SMC if config.method == "smc" else TDS)(reward, alpha, draws=config.draws)
        proposed = denoiser if config.method == "smc" else LetterLookAhead(denoiser, reward, alpha)
        found = integrate(weighing, proposed, particles_of(rows, many), grid, cond=told, generator=generator)
        return found.drawn(generator)

    return draw


def _guided(denoiser: Denoiser, reward: Reward, config: SteeringConfig) -> Denoiser:
    """Letters weighed by a gradient: of the reward of what is foreseen, or of the classifier's log p(1 | x_t)."""
    if config.method == "look_ahead":
        return LetterLookAhead(denoiser, reward, config.alpha)
    return LetterClassifierGuided(denoiser, lambda x_t, t: F.logsigmoid(rewards(reward, x_t[..., :-1])), config.weight)


def _check_whole_letters_do(config: SteeringConfig, origin: str) -> None:
    """Passes ways that never ask about mixtures of letters.

    Raises:
        InputError: any other.
    """
    said = f"{origin}: `steering.method` {config.method}"
    if config.method in BY_GRADIENT:
        raise InputError(f"{said} follows the reward's gradient, and an oracle of kind features has none")
    if config.method in BY_VALUE and not config.draws:
        raise InputError(f"{said} asks about mixtures of letters, which oracles of kind features do not read: set `draws`")


def _classifies_masked(reward: Reward | None) -> bool:
    return isinstance(reward, ConvolutionalOracle) and reward.masked and reward.target.task == "classes"
