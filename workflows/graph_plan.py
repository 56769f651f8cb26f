"""What a configuration asks for on graphs and molecules."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from domain_plan import DomainPlan

from sciml.config.base import Config
from sciml.config.graph_settings import (
    GraphComparisonJob,
    GraphDataJob,
    GraphEvaluationJob,
    GraphExperimentConfig,
    GraphTrainingJob,
)
from sciml.config.graph_sources import SOURCES_OF
from sciml.config.graphs import GraphFileConfig
from sciml.config.models import TrainingConfig
from sciml.io.fetch import SOURCES, Source


class GraphPlan(DomainPlan[GraphExperimentConfig]):
    """Experiments on graphs and molecules."""

    domain: ClassVar[str] = "graphs"

    @property
    def asked(self) -> dict[str, GraphExperimentConfig]:
        return self.settings.graphs

    def sources(self, dataset: str) -> Sequence[Source]:
        return [SOURCES[name] for name in SOURCES_OF.get(self.asked[dataset].data.kind, ())]

    def own_file(self, dataset: str) -> str | None:
        data = self.asked[dataset].data
        return data.path if isinstance(data, GraphFileConfig) else None

    def seeds(self, dataset: str, model: str) -> Sequence[int]:
        return self.settings.seeds

    def training(self, dataset: str, model: str) -> TrainingConfig:
        return self.asked[dataset].models[model].training

    def training_priority(self, dataset: str, model: str) -> float:
        """Before the baselines of fields, too: molecules take long to score."""
        return super().training_priority(dataset, model) + 1e5

    def compared(self, dataset: str, model: str) -> bool:
        return self.asked[dataset].comparison is not None

    def jobs(self, dataset: str) -> Mapping[str, Config]:
        experiment = self.asked[dataset]
        found: dict[str, Config] = {
            "data.yaml": GraphDataJob(domain="graphs", data=experiment.data),
            "evaluation.yaml": GraphEvaluationJob(domain="graphs", evaluation=experiment.evaluation),
        }
        if experiment.comparison:
            found["comparison.yaml"] = GraphComparisonJob(
                domain="graphs", evaluation=experiment.evaluation, comparison=experiment.comparison
            )
        for name, model in experiment.models.items():
            found[f"{name}/training.yaml"] = GraphTrainingJob(domain="graphs", model=model)
        return found
