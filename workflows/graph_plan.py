"""What a configuration asks for on graphs and molecules."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from domain_plan import DomainPlan, any_of

from sciml.config.base import Config
from sciml.config.distillation import StudentConfig
from sciml.config.graph_settings import (
    GraphComparisonJob,
    GraphDataJob,
    GraphDistillationJob,
    GraphEvaluationConfig,
    GraphEvaluationJob,
    GraphExperimentConfig,
    GraphGuidedConfig,
    GraphGuideJob,
    GraphTrainingJob,
)
from sciml.config.graph_sources import SOURCES_OF
from sciml.config.graphs import GraphFileConfig
from sciml.config.models import TrainingConfig
from sciml.io.fetch import SOURCES, Source

COMPUTED = ("logp", "qed")


class GraphPlan(DomainPlan[GraphExperimentConfig]):
    """Experiments on graphs and molecules: models, students of them, and models led by a guide.

    The folder of results of what is guided holds the guide.
    """

    domain: ClassVar[str] = "graphs"

    @property
    def asked(self) -> dict[str, GraphExperimentConfig]:
        return self.settings.graphs

    @property
    def runs(self) -> list[str]:
        """Folders of results, one for each training, of a model, a student or a guide."""
        return [
            self.run(dataset, name, seed)
            for dataset, experiment in self.own.items()
            for name in (*experiment.models, *experiment.students, *experiment.guides)
            for seed in self.seeds(dataset, name)
        ]

    @property
    def patterns(self) -> tuple[str, str]:
        """Regular expressions for the names of data sets, and of models, students and what is guided."""
        asked = self.asked.values()
        named = {name for each in asked for name in (*each.models, *each.students, *each.guides)}
        return any_of(self.asked), any_of(named)

    @property
    def guided(self) -> str:
        """A regular expression for the names of what is guided."""
        return any_of({name for experiment in self.asked.values() for name in experiment.guides})

    @property
    def plain(self) -> str:
        """A regular expression for the names of models."""
        return any_of({name for experiment in self.asked.values() for name in experiment.models})

    @property
    def students(self) -> str:
        """A regular expression for the names of students."""
        return any_of({name for experiment in self.asked.values() for name in experiment.students})

    def evaluation(self, dataset: str, name: str) -> str:
        """The settings by which a model is sampled and scored; a student, or what is guided, has its own."""
        folder, shared = f"{self.settings.results}/graphs/{dataset}", name in self.asked[dataset].models
        return f"{folder}/evaluation.yaml" if shared else f"{folder}/{name}/evaluation.yaml"

    def teacher(self, dataset: str, student: str, seed: str) -> str:
        """The generator that a student learns from."""
        return f"{self.run(dataset, self.asked[dataset].students[student].teacher, seed)}/model.safetensors"

    def model(self, dataset: str, name: str, seed: str) -> str:
        """The generator that is sampled."""
        guides = self.asked[dataset].guides
        return f"{self.run(dataset, guides[name].model if name in guides else name, seed)}/model.safetensors"

    def guide(self, dataset: str, name: str, seed: str) -> list[str]:
        """What leads it, if anything does."""
        return [f"{self.run(dataset, name, seed)}/model.safetensors"] if name in self.asked[dataset].guides else []

    def sources(self, dataset: str) -> Sequence[Source]:
        return [SOURCES[name] for name in SOURCES_OF.get(self.asked[dataset].data.kind, ())]

    def own_file(self, dataset: str) -> str | None:
        data = self.asked[dataset].data
        return data.path if isinstance(data, GraphFileConfig) else None

    def training(self, dataset: str, model: str) -> TrainingConfig:
        experiment = self.asked[dataset]
        if model in experiment.guides:
            return experiment.guides[model].guide.training
        return (experiment.students.get(model) or experiment.models[model]).training

    def training_priority(self, dataset: str, model: str) -> float:
        """Before the baselines of fields, too: molecules take long to score."""
        return super().training_priority(dataset, model) + 1e5

    def compared(self, dataset: str, model: str) -> bool:
        return self.asked[dataset].comparison is not None and model in self.asked[dataset].models

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
        for name, student in experiment.students.items():
            found[f"{name}/distillation.yaml"] = GraphDistillationJob(domain="graphs", student=student)
            evaluation = _in_few_steps(experiment.evaluation, student)
            found[f"{name}/evaluation.yaml"] = GraphEvaluationJob(domain="graphs", evaluation=evaluation)
        for name, guided in experiment.guides.items():
            found[f"{name}/guide.yaml"] = GraphGuideJob(domain="graphs", guide=guided.guide)
            evaluation = _led(experiment.evaluation, guided)
            found[f"{name}/evaluation.yaml"] = GraphEvaluationJob(domain="graphs", evaluation=evaluation)
        return found


def _in_few_steps(evaluation: GraphEvaluationConfig, student: StudentConfig) -> GraphEvaluationConfig:
    """The evaluation by as many calls as a student was made for."""
    sampling = evaluation.sampling.model_copy(update={"solver": student.solver, "denoise": False})
    return evaluation.model_copy(update={"sampling": sampling})


def _led(evaluation: GraphEvaluationConfig, guided: GraphGuidedConfig) -> GraphEvaluationConfig:
    """The evaluation with what is asked for; how near it came is told of properties that can be computed."""
    sampling = evaluation.sampling.model_copy(update={"value": guided.value, "guidance": guided.guidance})
    told = guided.guide.property if guided.guide.property in COMPUTED else None
    return evaluation.model_copy(update={"sampling": sampling, "property": told})
