"""What a configuration asks for on DNA and proteins."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from domain_plan import DomainPlan, any_of

from sciml.config.base import Config
from sciml.config.models import TrainingConfig
from sciml.config.sequence_models import FineTuningConfig
from sciml.config.sequence_oracles import PANEL
from sciml.config.sequence_settings import (
    BY_REWARD,
    OWN,
    PRETRAINED,
    FineTuningJob,
    Maker,
    OracleJob,
    SequenceComparisonJob,
    SequenceDataJob,
    SequenceDistillationJob,
    SequenceEvaluationConfig,
    SequenceEvaluationJob,
    SequenceExperimentConfig,
    SequenceTrainingJob,
    SteeringConfig,
)
from sciml.config.sequence_sources import SOURCES_OF
from sciml.config.sequence_students import MixtureStudentConfig, ScalarsStudentConfig
from sciml.config.sequences import SequenceFileConfig
from sciml.io.fetch import SOURCES, Source


class SequencePlan(DomainPlan[SequenceExperimentConfig]):
    """Experiments on DNA and proteins; a method is the pretrained model, a fine-tuned one, a student, or a way to steer."""

    domain: ClassVar[str] = "sequences"

    @property
    def asked(self) -> dict[str, SequenceExperimentConfig]:
        return self.settings.sequences

    @property
    def tunings(self) -> set[str]:
        """Names of what is fine-tuned, of all data sets."""
        return {name for experiment in self.asked.values() for name in experiment.finetuning}

    @property
    def students(self) -> str:
        """A regular expression for the names of what is distilled."""
        return any_of({name for experiment in self.asked.values() for name in experiment.students})

    @property
    def trained(self) -> list[str]:
        """Those of the folders of results that hold a model."""
        return [run for run in self.runs if self.training(*run.split("/")[-3:-1])]

    @property
    def oracles(self) -> list[str]:
        """How good each oracle is."""
        return [
            f"{self.settings.results}/sequences/{dataset}/oracles/seed-{seed}/{member}.json"
            for dataset in self.own
            for seed in self.seeds(dataset, PRETRAINED)
            for member in PANEL
        ]

    def model(self, dataset: str, method: str, seed: str) -> str:
        """The model that a method samples."""
        experiment = self.asked[dataset]
        own = method in experiment.finetuning or method in experiment.students
        return f"{self.run(dataset, method if own else PRETRAINED, seed)}/model.safetensors"

    def reward(self, dataset: str, method: str, seed: str) -> list[str]:
        """The oracle that a method is steered by, if it is."""
        config = self.asked[dataset].models[method]
        if not isinstance(config, SteeringConfig) or config.method not in BY_REWARD:
            return []
        member = "masked" if config.method == "classifier" else "first"
        return [f"{self.run(dataset, 'oracles', seed)}/{member}.safetensors"]

    def manifest(self, dataset: str, method: str, seed: str) -> list[str]:
        """What fine-tuning says of itself, of what is fine-tuned."""
        return [f"{self.run(dataset, method, seed)}/manifest.json"] if method in self.asked[dataset].finetuning else []

    def sources(self, dataset: str) -> Sequence[Source]:
        return [SOURCES[name] for name in SOURCES_OF.get(self.asked[dataset].data.kind, ())]

    def own_file(self, dataset: str) -> str | None:
        data = self.asked[dataset].data
        return data.path if isinstance(data, SequenceFileConfig) else None

    def training(self, dataset: str, model: str) -> TrainingConfig | None:
        config = self.asked[dataset].models[model]
        return None if isinstance(config, SteeringConfig) else config.training

    def training_priority(self, dataset: str, model: str) -> float:
        """Before all others: fine-tuning waits for pretraining, and all that follows for it."""
        return super().training_priority(dataset, model) + 2e5

    def compared(self, dataset: str, model: str) -> bool:
        experiment = self.asked[dataset]
        return experiment.comparison is not None and model in (*experiment.compared, *experiment.students)

    def jobs(self, dataset: str) -> Mapping[str, Config]:
        experiment = self.asked[dataset]
        found: dict[str, Config] = {
            "data.yaml": SequenceDataJob(domain="sequences", data=experiment.data),
            "oracles.yaml": OracleJob(domain="sequences", oracles=experiment.oracles),
            f"{PRETRAINED}/training.yaml": SequenceTrainingJob(domain="sequences", model=experiment.model),
        }
        if experiment.comparison:
            found["comparison.yaml"] = SequenceComparisonJob(
                domain="sequences", evaluation=_steered(experiment, SteeringConfig()), comparison=experiment.comparison
            )
        for name, config in experiment.models.items():
            if isinstance(config, FineTuningConfig):
                found[f"{name}/finetuning.yaml"] = FineTuningJob(domain="sequences", finetuning=config)
            if isinstance(config, ScalarsStudentConfig | MixtureStudentConfig):
                found[f"{name}/distillation.yaml"] = SequenceDistillationJob(domain="sequences", student=config)
            found[f"{name}/evaluation.yaml"] = SequenceEvaluationJob(
                domain="sequences", evaluation=_sampled(experiment, config)
            )
        return found


def _sampled(experiment: SequenceExperimentConfig, config: Maker) -> SequenceEvaluationConfig:
    """By steps of its own, where it is a student; steered, where it is a way to."""
    evaluation = _steered(experiment, config if isinstance(config, SteeringConfig) else SteeringConfig())
    if not isinstance(config, ScalarsStudentConfig | MixtureStudentConfig):
        return evaluation
    own = evaluation.sampling.model_copy(update={"solver": OWN, "steps": config.steps})
    return evaluation.model_copy(update={"sampling": own})


def _steered(experiment: SequenceExperimentConfig, way: SteeringConfig) -> SequenceEvaluationConfig:
    sampling = experiment.evaluation.sampling.model_copy(update={"steering": way})
    return experiment.evaluation.model_copy(update={"sampling": sampling})
