"""From a configuration to generated sequences."""

import time
from dataclasses import dataclass
from typing import Any

import torch
from torch import Generator, Tensor, nn

from sciml.config.sequence_settings import OF_MASKS, OWN, SequenceSamplingConfig, SteeringConfig
from sciml.config.sequence_students import MixtureStudentConfig
from sciml.denoisers.reward import Reward
from sciml.io.errors import InputError
from sciml.sequences.generator import Generated, SequenceGenerator
from sciml.sequences.steering import way
from sciml.solvers.letters.ancestral import Ancestral
from sciml.solvers.letters.first_hitting import FirstHitting
from sciml.solvers.letters.remasking import Remasking
from sciml.solvers.letters.spaced import Spaced
from sciml.solvers.letters.tau_leaping import EulerJumps, TauLeaping
from sciml.solvers.letters.trapezoidal import Trapezoidal
from sciml.solvers.solver import Solver
from sciml.training.batches import hash_seed
from sciml.training.processes import current
from sciml.training.shares import shared_calls

SOLVERS: dict[str, type[Solver[Tensor, Any]]] = {
    "ancestral": Ancestral,
    "tau_leaping": TauLeaping,
    "euler": EulerJumps,
    "trapezoidal": Trapezoidal,
    "first_hitting": FirstHitting,
    "spaced": Spaced,
    "remasking": Remasking,
}
OF_PARTICLES = ("best_of_n", "smc", "tds", "svdd")
OF_MIXTURES = ("none", "best_of_n")  # which ask about no single letters on the way


@dataclass(frozen=True)
class Sampled:
    """Generated sequences, processor seconds for each, what made them, what they were led by, and, where a student made
    them, its settings."""

    generated: Generated
    seconds_per_sequence: float
    label: str
    steering: SteeringConfig
    student: dict[str, Any] | None = None


def sample_sequences(
    generator: SequenceGenerator,
    config: SequenceSamplingConfig,
    reward: Reward | None = None,
    *,
    seed: int,
    origin: str = "the model",
) -> Sampled:
    """New sequences, on the GPU if there is one. Several processes share the work of the networks; each returns all.

    Args:
        generator: trained.
        config: how many, and how.
        reward: what steering leads to.
        seed: of the noise.
        origin: what to call the model in an error.

    Raises:
        InputError: a solver, a label or a steering that the model does not allow for; as `way`.
    """
    process, wanted, student = generator.denoiser.process, config.steering.label, generator.student
    solver = own_solver(generator, config, origin)
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
    chosen = way(config.steering, solver, reward, origin)
    together = config.batch // (config.steering.particles if config.steering.method in OF_PARTICLES else 1)
    networks = (generator, reward) if isinstance(reward, nn.Module) else (generator,)
    with shared_calls(*networks):
        made = generator.sample(config.count, chosen, config.steps, generator=source, cond=cond, batch=max(1, together))
    seconds = current().total(time.process_time() - began) / config.count
    settings = None if student is None else student.config.model_dump(mode="json")
    named = label(config, None if student is None else student.label)
    return Sampled(made, seconds, named, config.steering, settings)


def own_solver(generator: SequenceGenerator, config: SequenceSamplingConfig, origin: str) -> Solver[Tensor, Any]:
    """The solver that settings name; of a student its own, which settings may leave out.

    Raises:
        InputError: settings that ask a student for another solver, other steps or a steering that mixtures do not bear, or
            a model that is no student for its own.
    """
    student = generator.student
    if student is None:
        if config.solver == OWN:
            raise InputError(f"{origin}: `solver` own is of students made by `sciml distill`, which this model is not")
        return SOLVERS[config.solver]()
    asked = {name: getattr(config, name) for name in ("solver", "steps") if name in config.model_fields_set}
    own = {"solver": OWN, "steps": student.steps}
    for name, value in asked.items():
        if value != own[name]:
            raise InputError(f"{origin}: a student has its own solver and steps: `{name}` must be {own[name]}, got {value}")
    if isinstance(student.config, MixtureStudentConfig) and (method := config.steering.method) not in OF_MIXTURES:
        raise InputError(f"{origin}: `steering.method` of a di4c student must be {' or '.join(OF_MIXTURES)}, got {method}")
    return student.solver


def label(config: SequenceSamplingConfig, student: str | None = None) -> str:
    """What a table calls it."""
    steered = config.steering
    plain = student or f"{config.solver.replace('_', '-')}, {config.steps} steps"
    if steered.method == "none":
        return plain
    counted = f" of {steered.particles}" if steered.method in OF_PARTICLES else ""
    return f"{plain}, {steered.method.replace('_', '-')}{counted}"
