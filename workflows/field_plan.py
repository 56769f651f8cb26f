"""What a configuration asks for on PDE fields."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from domain_plan import DomainPlan

from sciml.config.base import Config
from sciml.config.jobs import CalibrationJob, ComparisonJob, DataJob, EvaluationJob, TrainingJob, window_of
from sciml.config.models import DiffusionConfig, NeuralConfig, TrainingConfig
from sciml.config.settings import ExperimentConfig, FileConfig
from sciml.io.fetch import SOURCES, Source


class FieldPlan(DomainPlan[ExperimentConfig]):
    """Experiments on PDE fields."""

    domain: ClassVar[str] = "pde"

    @property
    def asked(self) -> dict[str, ExperimentConfig]:
        return self.settings.pde

    def sources(self, dataset: str) -> Sequence[Source]:
        data = self.asked[dataset].data
        return [SOURCES[data.path]] if isinstance(data, FileConfig) and data.path in SOURCES else []

    def own_file(self, dataset: str) -> str | None:
        data = self.asked[dataset].data
        return data.path if isinstance(data, FileConfig) and data.path not in SOURCES else None

    def seeds(self, dataset: str, model: str) -> Sequence[int]:
        """A baseline has nothing random in it, and one seed is enough."""
        return self.settings.seeds if self.training(dataset, model) else self.settings.seeds[:1]

    def training(self, dataset: str, model: str) -> TrainingConfig | None:
        config = self.asked[dataset].models[model]
        return config.training if isinstance(config, NeuralConfig) else None

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
        return found

    def _samples(self, dataset: str, model: str) -> bool:
        config = self.asked[dataset].models[model]
        return isinstance(config, NeuralConfig) and isinstance(config.method, DiffusionConfig)
