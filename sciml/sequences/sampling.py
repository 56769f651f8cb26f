"""From a configuration to generated sequences."""

import time
from dataclasses import dataclass
from typing import Any

import torch
from torch import Generator, Tensor

from sciml.config.sequence_settings import OF_MASKS, SequenceSamplingConfig, SteeringConfig
from sciml.denoisers.reward import Reward
from sciml.io.errors import InputError
from sciml.sequences.generator import Generated, SequenceGenerator
from sciml.sequences.steering import way
from sciml.solvers.letters.ancestral import Ancestral
from sciml.solvers.letters.first_hitting import FirstHitting
from sciml.solvers.letters.remasking import Remasking
from sciml.solvers.letters.tau_leaping import EulerJumps, TauLeaping
from sciml.solvers.letters.trapezoidal import Trapezoidal
from sciml.solvers.solver import Solver
from sciml.training.batches import hash_seed

SOLVERS: dict[str, type[Solver[Tensor, Any]]] = {
    "ancestral": Ancestral,
    "tau_leaping": TauLeaping,
    "euler": EulerJumps,
    "trapezoidal": Trapezoidal,
    "first_hitting": FirstHitting,
    "remasking": Remasking,
}
OF_PARTICLES = ("best_of_n", "smc", "tds", "svdd")


@dataclass(frozen=True)
class Sampled:
    """Generated sequences, processor seconds for each, what made them, and what they were led by."""

    generated: Generated
    seconds_per_sequence: float
    label: str
    steering: SteeringConfig


def sample_sequences(
    generator: SequenceGenerator,
    config: SequenceSamplingConfig,
    reward: Reward | None = None,
    *,
    seed: int,
    origin: str = "the model",
) -> Sampled:
    """New sequences, on the GPU if there is one.

    Args:
        generator: trained.
        config: how many, and how.
        reward: what steering leads to.
        seed: of the noise.
        origin: what to call the model in an error.

    Raises:
        InputError: a solver, a label or a steering that the model does not allow for; as `way`.
    """
    process, wanted = generator.denoiser.process, config.steering.label
    if config.solver in OF_MASKS and not process.absorbing:
        raise InputError(f"{origin}: `solver` {config.solver} is of models whose process is absorbing")
    if config.steering.method == "classifier" and not process.absorbing:
        raise InputError(f"{origin}: `steering.method` classifier is of models whose process is absorbing")
    if wanted is not None and not 0 <= wanted < generator.classes:
        known = f"below {generator.classes}" if generator.classes else "but it was trained with none"
        raise InputError(f"{origin}: `label` must be a class that it was trained with, {known}; got {wanted}")
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    generator.to(device)
    source = Generator(device).manual_seed(hash_seed(seed, 6))
    cond = None if wanted is None else torch.full((config.count,), wanted, device=device)
    began = time.process_time()
    chosen = way(config.steering, SOLVERS[config.solver](), reward, origin)
    together = config.batch // (config.steering.particles if config.steering.method in OF_PARTICLES else 1)
    made = generator.sample(config.count, chosen, config.steps, generator=source, cond=cond, batch=max(1, together))
    return Sampled(made, (time.process_time() - began) / config.count, label(config), config.steering)


def label(config: SequenceSamplingConfig) -> str:
    """What a table calls it."""
    steered = config.steering
    plain = f"{config.solver.replace('_', '-')}, {config.steps} steps"
    if steered.method == "none":
        return plain
    counted = f" of {steered.particles}" if steered.method in OF_PARTICLES else ""
    return f"{plain}, {steered.method.replace('_', '-')}{counted}"
