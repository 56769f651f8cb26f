"""Settings of single jobs on sequences, as the command line takes them, and of experiments."""

from typing import Annotated, Literal

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt, model_validator

from sciml.config.base import Config
from sciml.config.seeds import Seeds
from sciml.config.sequence_models import FineTuningConfig, SequenceModelConfig
from sciml.config.sequence_oracles import OraclesConfig
from sciml.config.sequence_students import MixtureStudentConfig, ScalarsStudentConfig, SequenceStudentConfig
from sciml.config.sequences import GB1Config, SequenceDataConfig, SequenceFileConfig

LetterSolverName = Literal["ancestral", "tau_leaping", "euler", "trapezoidal", "first_hitting", "spaced", "remasking"]
OWN = "own"
PRETRAINED = "pretrained"
Steering = Literal["none", "best_of_n", "look_ahead", "classifier", "classifier_free", "smc", "tds", "svdd"]
BY_REWARD = ("best_of_n", "look_ahead", "classifier", "smc", "tds", "svdd")
BY_VALUE = ("smc", "tds", "svdd")  # of states on the way; of ancestral steps alone
OF_MASKS = ("first_hitting", "spaced", "remasking")


class SteeringConfig(Config):
    """How samples are led to a reward, or a label, without fine-tuning."""

    method: Steering = "none"
    particles: Annotated[int, Field(ge=1)] = Field(8, description="samples, or candidates in each step, for each one kept")
    alpha: PositiveFloat = Field(0.3, description="the law aimed at is p exp(reward / alpha); not of the two with classes")
    label: int | None = Field(None, description="class asked for, by a model that was trained with a `condition`")
    weight: NonNegativeFloat = Field(
        1.0, description="of guidance by a classifier to its class 1, or classifier-free to `label`; 1 is Bayes' rule"
    )
    draws: NonNegativeInt = Field(
        0,
        description="of smc, tds and svdd: sequences drawn to value a state by, for a reward of whole letters alone; 0: the "
        "reward of the mixture foreseen",
    )

    @model_validator(mode="after")
    def _draws_are_for_values(self) -> "SteeringConfig":
        if self.draws and self.method not in BY_VALUE:
            raise ValueError(f"`draws` are of `method` {', '.join(BY_VALUE)}, got {self.draws} with {self.method}")
        return self

    @model_validator(mode="after")
    def _labels_are_for_those_told(self) -> "SteeringConfig":
        if self.method == "classifier_free" and self.label is None:
            raise ValueError("`method` classifier_free needs a `label` to lead to")
        return self


class SequenceSamplingConfig(Config):
    """How sequences are generated."""

    count: Annotated[int, Field(ge=2)] = Field(640, description="sequences")
    solver: LetterSolverName | Literal["own"] = Field("ancestral", description="a student has its own, and no other")
    steps: PositiveInt = Field(
        32, description="of the solver, of one call each but for trapezoidal, which makes two; a student has its own"
    )
    steering: SteeringConfig = SteeringConfig()
    batch: PositiveInt = Field(640, description="sequences in a network call, at most")


class SequenceEvaluationConfig(Config):
    """How generated sequences are scored."""

    sampling: SequenceSamplingConfig = SequenceSamplingConfig()
    motifs: tuple[str, ...] = Field((), strict=False, description="motifs whose density is told, by JASPAR identity or name")
    draws: PositiveInt = Field(32, description="noise draws for each log-likelihood")
    most: Annotated[int, Field(ge=4)] = Field(2048, description="real sequences compared with, at most")


class SequenceComparisonConfig(Config):
    """Quality against network calls, solver by solver."""

    solvers: tuple[LetterSolverName, ...] = Field(
        min_length=1,
        strict=False,
        description="each with as many steps as so many calls as below allow; left out where they allow none",
    )
    calls: tuple[PositiveInt, ...] = Field((4, 8, 16, 32), min_length=1, strict=False)
    count: Annotated[int, Field(ge=2)] = Field(256, description="sequences for each")
    draws: PositiveInt = Field(8, description="noise draws for each log-likelihood")


Maker = SequenceModelConfig | FineTuningConfig | SteeringConfig | ScalarsStudentConfig | MixtureStudentConfig


class SequenceExperimentConfig(Config):
    """One set of sequences: oracles of a label, models, and what they are fine-tuned and steered with."""

    data: SequenceDataConfig
    oracles: OraclesConfig
    model: SequenceModelConfig
    finetuning: dict[str, FineTuningConfig] = Field(default_factory=dict, description="by name")
    steering: dict[str, SteeringConfig] = Field(default_factory=dict, description="baselines by name")
    students: dict[str, SequenceStudentConfig] = Field(
        default_factory=dict, description="distilled from the pretrained model, by name"
    )
    evaluation: SequenceEvaluationConfig = SequenceEvaluationConfig()
    comparison: SequenceComparisonConfig | None = Field(None, description="left out: solvers are not compared")
    compared: tuple[str, ...] = Field(
        (PRETRAINED,), strict=False, description="what solvers are compared on: pretrained, or names of `finetuning`"
    )
    seeds: Seeds | None = Field(None, description="of this experiment; left out: those of the workflow")

    @property
    def models(self) -> dict[str, Maker]:
        """Everything that makes sequences, by name."""
        return {PRETRAINED: self.model, **self.finetuning, **self.students, **self.steering}

    @model_validator(mode="after")
    def _names_differ(self) -> "SequenceExperimentConfig":
        names = [PRETRAINED, "oracles", *self.finetuning, *self.steering, *self.students]
        if len(set(names)) < len(names):
            raise ValueError(
                f"names of `finetuning`, `steering` and `students` must differ, also from the first two, got {names}"
            )
        return self

    @model_validator(mode="after")
    def _compared_are_trained(self) -> "SequenceExperimentConfig":
        trained = [PRETRAINED, *self.finetuning]
        if unknown := [name for name in self.compared if name not in trained]:
            raise ValueError(f"`compared` may name models that are trained, {', '.join(trained)}; got {unknown[0]!r}")
        return self

    @model_validator(mode="after")
    def _classifiers_have_classes(self) -> "SequenceExperimentConfig":
        if (found := self._steered("classifier")) and self.oracles.target.task != "classes":
            raise ValueError(f"`steering.{found[0]}`: classifier needs `oracles.target.task` classes, got numbers")
        return self

    @model_validator(mode="after")
    def _labels_have_a_condition(self) -> "SequenceExperimentConfig":
        labelled = [name for name, way in self.steering.items() if way.label is not None]
        if labelled and self.model.condition is None:
            raise ValueError(f"`steering.{labelled[0]}`: a `label` needs a `model.condition`, got none")
        return self

    @model_validator(mode="after")
    def _values_are_of_ancestral_steps(self) -> "SequenceExperimentConfig":
        solver = self.evaluation.sampling.solver
        if (found := self._steered(*BY_VALUE)) and solver != "ancestral":
            method = self.steering[found[0]].method
            raise ValueError(f"`steering.{found[0]}`: {method} needs `evaluation.sampling.solver` ancestral, got {solver}")
        return self

    @model_validator(mode="after")
    def _masks_are_there(self) -> "SequenceExperimentConfig":
        kind, compared = self.model.process.kind, self.comparison.solvers if self.comparison else ()
        needs = [
            *(f"finetuning.{name}" for name in self.finetuning),
            *(f"students.{name}" for name in self.students),
            *(f"steering.{name}" for name in self._steered("classifier")),
            *(["evaluation.sampling.solver"] if self.evaluation.sampling.solver in OF_MASKS else []),
            *(["comparison.solvers"] if set(compared) & set(OF_MASKS) else []),
        ]
        if needs and kind != "absorbing":
            raise ValueError(f"`{needs[0]}` needs `model.process.kind` absorbing, got {kind}")
        return self

    @model_validator(mode="after")
    def _steering_has_names(self) -> "SequenceExperimentConfig":
        if self.evaluation.sampling.steering != SteeringConfig():
            raise ValueError("`evaluation.sampling.steering` is for `sciml sample`: of experiments set `steering`")
        if self.evaluation.sampling.solver == OWN:
            raise ValueError("`evaluation.sampling.solver` must not be own: students take their own without being told")
        return self

    @model_validator(mode="after")
    def _motifs_are_of_dna(self) -> "SequenceExperimentConfig":
        protein = isinstance(self.data, SequenceFileConfig) and self.data.alphabet == "protein"
        if self.evaluation.motifs and (protein or isinstance(self.data, GB1Config)):
            raise ValueError(f"`evaluation.motifs` are of DNA, but the data are proteins; got {self.evaluation.motifs[0]!r}")
        return self

    def _steered(self, *methods: str) -> list[str]:
        return [name for name, way in self.steering.items() if way.method in methods]


class SequenceDataJob(Config):
    """`sciml prepare` of sequences."""

    domain: Literal["sequences"]
    data: SequenceDataConfig


class SequenceTrainingJob(Config):
    """`sciml train` of sequences."""

    domain: Literal["sequences"]
    model: SequenceModelConfig


class OracleJob(Config):
    """`sciml oracle`."""

    domain: Literal["sequences"]
    oracles: OraclesConfig


class FineTuningJob(Config):
    """`sciml finetune`."""

    domain: Literal["sequences"]
    finetuning: FineTuningConfig


class SequenceDistillationJob(Config):
    """`sciml distill` of sequences."""

    domain: Literal["sequences"]
    student: SequenceStudentConfig


class SequenceEvaluationJob(Config):
    """`sciml sample` and `sciml score`."""

    domain: Literal["sequences"]
    evaluation: SequenceEvaluationConfig = SequenceEvaluationConfig()


class SequenceComparisonJob(Config):
    """`sciml compare` of sequences."""

    domain: Literal["sequences"]
    evaluation: SequenceEvaluationConfig = SequenceEvaluationConfig()
    comparison: SequenceComparisonConfig

    @model_validator(mode="after")
    def _nothing_is_steered(self) -> "SequenceComparisonJob":
        if (method := self.evaluation.sampling.steering.method) != "none":
            raise ValueError(f"`steering.method` must be none where solvers are compared, got {method}")
        return self
