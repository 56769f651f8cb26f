"""Students: models that do in a few network calls what their teacher does in many."""

from collections.abc import Iterable, Mapping
from typing import Literal

from pydantic import Field, PositiveInt, model_validator

from sciml.config.base import Config
from sciml.config.models import TrainingConfig
from sciml.config.solvers import SolverConfig

TEACHING = SolverConfig(name="ddim", steps=12)


class PairsConfig(Config):
    """Plain regression on where the teacher goes, over starts that are walked once."""

    kind: Literal["regression"] = "regression"
    pairs: PositiveInt = Field(4096, description="starts, each with the condition or the size of a training example")
    solver: SolverConfig = Field(
        TEACHING, description="of the teacher, deterministic; the student ends where it ends, every few of its steps"
    )

    @model_validator(mode="after")
    def _solver_repeats_itself(self) -> "PairsConfig":
        if self.solver.stochastic:
            raise ValueError(f"`solver` must add no fresh noise, got {self.solver.name} with eta {self.solver.eta:g}")
        if self.solver.name == "auto":
            raise ValueError("`solver.name` must not be auto: name one")
        if self.solver.name in ("euler", "heun"):
            raise ValueError(f"`solver` must reach the data, got {self.solver.name}, which stops short of it")
        return self


class ConsistencyConfig(Config):
    """All states of one flow lead to the same end: the teacher walks to it afresh in every step of the training."""

    kind: Literal["consistency"] = "consistency"
    chain: PositiveInt = Field(8, description="steps in which the teacher walks to the end of a step of the student")
    states: PositiveInt = Field(4, description="of each chain that the student learns from, at most `chain`")

    @model_validator(mode="after")
    def _states_are_of_the_chain(self) -> "ConsistencyConfig":
        if self.states > self.chain:
            raise ValueError(f"`states` ({self.states}) must be at most `chain` ({self.chain})")
        return self


class ConsistencyTrainingConfig(Config):
    """Consistency from data alone: of the teacher only the weights to begin with."""

    kind: Literal["consistency_training"] = "consistency_training"


class ProgressiveConfig(Config):
    """Halve the teacher's steps again and again."""

    kind: Literal["progressive"] = "progressive"
    rounds: PositiveInt = Field(3, description="of halving, with an equal part of the training each")


class PIDConfig(Config):
    """No data and no pairs: the student obeys the equation of the teacher's flow."""

    kind: Literal["pid"] = "pid"
    intervals: int = Field(250, ge=2, description="of the flow, over which the student's derivative is taken")


class BootConfig(Config):
    """No data and no pairs: the student goes a step of the teacher further than it went itself."""

    kind: Literal["boot"] = "boot"
    intervals: int = Field(250, ge=2, description="of the flow: the steps that the teacher is asked for")
    second_order: bool = Field(True, description="whether it is asked at both ends of a step, at twice the cost")


class StudentConfig(Config):
    """A student of one of the experiment's models; sampled by DDIM in as many steps as it was made for."""

    teacher: str = Field(min_length=1, description="one of `models`, one that samples")
    calls: PositiveInt = Field(1, description="of the network, for each sample")
    method: PairsConfig | ConsistencyConfig | ConsistencyTrainingConfig | ProgressiveConfig | PIDConfig | BootConfig = Field(
        PairsConfig(), discriminator="kind"
    )
    training: TrainingConfig

    @model_validator(mode="after")
    def _steps_are_whole(self) -> "StudentConfig":
        if isinstance(self.method, PairsConfig) and self.method.solver.steps % self.calls:
            steps = self.method.solver.steps
            raise ValueError(f"`method.solver.steps` must be a multiple of `calls` ({self.calls}), got {steps}")
        return self

    @model_validator(mode="after")
    def _one_call_is_the_flow(self) -> "StudentConfig":
        if isinstance(self.method, PIDConfig | BootConfig) and self.calls != 1:
            raise ValueError(
                f"`calls` must be 1 for method {self.method.kind}, whose student is one of the whole flow, got {self.calls}"
            )
        return self

    @model_validator(mode="after")
    def _rounds_share_the_training(self) -> "StudentConfig":
        steps = self.training.steps
        if isinstance(self.method, ProgressiveConfig) and steps is not None and steps < self.method.rounds:
            raise ValueError(f"`training.steps` ({steps}) must be at least `method.rounds` ({self.method.rounds})")
        return self

    @property
    def solver(self) -> SolverConfig:
        """The one way to sample the student."""
        grid = self.method.solver.grid if isinstance(self.method, PairsConfig) else "uniform"
        return SolverConfig(name="ddim", steps=self.calls, grid=grid)


def check_students(students: Mapping[str, StudentConfig], taken: Iterable[str], teachers: Iterable[str]) -> None:
    """Whether the students of an experiment have names that are not taken and teachers that can teach.

    Raises:
        ValueError: one line that names the student.
    """
    for name, student in students.items():
        if name in taken:
            raise ValueError(f"names of `students` must differ from all others, got {name!r} again")
        if student.teacher not in teachers:
            known = ", ".join(teachers) or "none"
            raise ValueError(
                f"`students.{name}.teacher` must be among `models` that sample, {known}; got {student.teacher!r}"
            )
