"""What a configuration asks for on PDE fields."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from domain_plan import DomainPlan, any_of

from sciml.config.base import Config
from sciml.config.distillation import StudentConfig
from sciml.config.jobs import (
    CalibrationJob,
    ComparisonJob,
    DataJob,
    DistillationJob,
    EvaluationJob,
    TrainingJob,
    window_of,
)
from sciml.config.models import BaselineConfig, ModelConfig, TrainingConfig
from sciml.config.settings import ExperimentConfig, FileConfig, samples
from sciml.io.fetch import SOURCES, Source


class FieldPlan(DomainPlan[ExperimentConfig]):
    """Experiments on PDE fields: models, and students of them."""

    domain: ClassVar[str] = "pde"

    @property
    def asked(self) -> dict[str, ExperimentConfig]:
        return self.settings.pde

    @property
    def runs(self) -> list[str]:
        """Folders of results, one for each training, of a model or of a student."""
        return [
            self.run(dataset, name, seed)
            for dataset, experiment in self.own.items()
            for name in (*experiment.models, *experiment.students)
            for seed in self.seeds(dataset, name)
        ]

    @property
    def patterns(self) -> tuple[str, str]:
        """Regular expressions for the names of data sets, and of models and students."""
        named = {name for experiment in self.asked.values() for name in (*experiment.models, *experiment.students)}
        return any_of(self.asked), any_of(named)

    @property
    def students(self) -> str:
        """A regular expression for the names of students."""
        return any_of({name for experiment in self.asked.values() for name in experiment.students})

    @property
    def plain(self) -> str:
        """A regular expression for the names of models."""
        return any_of({name for experiment in self.asked.values() for name in experiment.models})

    def teacher(self, dataset: str, student: str, seed: str) -> str:
        """The model that a student learns from."""
        return f"{self.run(dataset, self.asked[dataset].students[student].teacher, seed)}/model.safetensors"

    def evaluation(self, dataset: str, name: str) -> str:
        """The settings by which a model is scored, or a student, in as many steps as it was made for."""
        folder = f"{self.settings.results}/pde/{dataset}"
        return f"{folder}/{name}/evaluation.yaml" if name in self.asked[dataset].students else f"{folder}/evaluation.yaml"

    def sources(self, dataset: str) -> Sequence[Source]:
        data = self.asked[dataset].data
        return [SOURCES[data.path]] if isinstance(data, FileConfig) and data.path in SOURCES else []

    def own_file(self, dataset: str) -> str | None:
        data = self.asked[dataset].data
        return data.path if isinstance(data, FileConfig) and data.path not in SOURCES else None

    def seeds(self, dataset: str, model: str) -> Sequence[int]:
        """A baseline has nothing random in it, and one seed is enough."""
        seeds = super().seeds(dataset, model)
        return seeds if self.training(dataset, model) else seeds[:1]

    def training(self, dataset: str, model: str) -> TrainingConfig | None:
        config = self._model(dataset, model)
        return None if isinstance(config, BaselineConfig) else config.training

    def training_priority(self, dataset: str, model: str) -> float:
        """Diffusion before the rest, too: its scores take longest."""
        return super().training_priority(dataset, model) + (1e5 if self._samples(dataset, model) else 0)

    def calibration(self, dataset: str, model: str, seed: str, stage: str) -> list[str]:
        """The calibration that a stage, evaluation or comparison, of a model needs for its solver `auto`, if any."""
        experiment = self.asked[dataset]
        compared = experiment.comparison.solvers if experiment.comparison else ()
        solvers = (experiment.evaluation.solver,) if stage == "evaluation" else compared
        if experiment.calibration is None or all(solver.name != "auto" for solver in solvers):
            return []
        return [f"{self.run(dataset, model, seed)}/calibration.safetensors"] if self._samples(dataset, model) else []

    def compared(self, dataset: str, model: str) -> bool:
        return self.asked[dataset].comparison is not None and self._samples(dataset, model)

    def jobs(self, dataset: str) -> Mapping[str, Config]:
        experiment = self.asked[dataset]
        window = window_of(experiment.data)
        found: dict[str, Config] = {
            "data.yaml": DataJob(data=experiment.data),
            "evaluation.yaml": EvaluationJob(window=window, evaluation=experiment.evaluation),
        }
        if experiment.calibration:
            found["calibration.yaml"] = CalibrationJob(window=window, calibration=experiment.calibration)
        if experiment.comparison:
            found["comparison.yaml"] = ComparisonJob(window=window, comparison=experiment.comparison)
        for name, model in experiment.models.items():
            found[f"{name}/training.yaml"] = TrainingJob(window=window, model=model)
        for name, student in experiment.students.items():
            found[f"{name}/distillation.yaml"] = DistillationJob(window=window, student=student)
            evaluation = experiment.evaluation.model_copy(update={"solver": student.solver})
            found[f"{name}/evaluation.yaml"] = EvaluationJob(window=window, evaluation=evaluation)
        return found

    def _model(self, dataset: str, name: str) -> ModelConfig | StudentConfig:
        experiment = self.asked[dataset]
        return experiment.students[name] if name in experiment.students else experiment.models[name]

    def _samples(self, dataset: str, name: str) -> bool:
        config = self._model(dataset, name)
        return not isinstance(config, StudentConfig) and samples(config)
