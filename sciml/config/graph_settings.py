"""Experiments on graphs, and the settings of their single jobs as the command line takes them."""

from typing import Annotated, Literal

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from sciml.config.base import Config
from sciml.config.distillation import StudentConfig, check_students
from sciml.config.graph_models import GraphGuideConfig, GraphModelConfig
from sciml.config.graphs import GraphDataConfig, GraphFileConfig
from sciml.config.seeds import Seeds
from sciml.config.solvers import SolverConfig

Law = Literal["none", "community", "grid", "planar", "sbm", "tree"]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,100}$")]
Part = Literal["nspdk", "fcd", "qed", "logp", "sa", "weight"]

MOLECULES = ("qm9", "zinc250k", "molecules")  # kinds of data
ANCESTRAL = SolverConfig(name="ddim", eta=1.0, steps=20, grid="log_snr")


class GraphSamplingConfig(Config):
    """How graphs are generated."""

    count: Annotated[int, Field(ge=2)] = Field(1024, description="graphs")
    solver: SolverConfig = Field(
        ANCESTRAL, description="any but auto; left out, a student takes its own steps, and `denoise` is off"
    )
    denoise: bool = Field(True, description="end on the mean of what the noise that is left may hide: a call more")
    batch: PositiveInt = Field(1024, description="graphs in a network call, at most")
    value: float | None = Field(None, description="of the property that the model was trained to be asked for, or the guide")
    guidance: PositiveFloat = Field(
        1.0, description="weight of guidance towards `value`, classifier-free or by a guide; 1: what Bayes' rule says"
    )
    scaffold: str | None = Field(None, description="SMILES of a substructure that every molecule keeps")

    @model_validator(mode="after")
    def _solver_is_named(self) -> "GraphSamplingConfig":
        if self.solver.name == "auto":
            raise ValueError("`solver.name` must not be auto, which is for fields: name one")
        if self.guidance != 1 and self.value is None:
            raise ValueError(f"`guidance` {self.guidance} needs a `value` to lead to")
        return self


class GraphEvaluationConfig(Config):
    """What generated graphs are scored by."""

    sampling: GraphSamplingConfig = GraphSamplingConfig()
    law: Law = Field("none", description="whether each graph is checked to be such a graph")
    drop_isolated: bool = Field(False, description="drop nodes without edges first, as published scores do")
    molecules: tuple[Part, ...] = Field(
        ("nspdk", "fcd", "qed", "logp", "sa", "weight"), strict=False, description="scores of molecules that take time"
    )
    most: Annotated[int, Field(ge=2)] = Field(2048, description="graphs of each set in scores by kernels; test molecules")
    property: Literal["size", "logp", "qed"] | None = Field(
        None, description="how near generated graphs come to `sampling.value` of it; logp and qed are of molecules"
    )


class GraphComparisonConfig(Config):
    """Quality against network calls, solver by solver."""

    solvers: tuple[SolverConfig, ...] = Field(
        min_length=1, strict=False, description="`steps` of each is set so that it makes at most as many calls as below"
    )
    calls: tuple[PositiveInt, ...] = Field((5, 10, 20, 50), min_length=1, strict=False)
    count: Annotated[int, Field(ge=2)] = Field(512, description="graphs for each")


class GraphGuidedConfig(Config):
    """A model of the experiment, led to a value of a property by a guide."""

    model: str = Field(description="one of `models`, without `condition`")
    guide: GraphGuideConfig
    value: float = Field(description="of the guide's `property`, to lead to")
    guidance: PositiveFloat = Field(1.0, description="weight of the guide; 1 is Bayes' rule")


class GraphExperimentConfig(Config):
    """One set of graphs and the models compared on it."""

    data: GraphDataConfig
    models: dict[str, GraphModelConfig] = Field(min_length=1)
    guides: dict[Name, GraphGuidedConfig] = Field(
        default_factory=dict, description="classifier guidance of these models by name, each with a guide of its own"
    )
    students: dict[Name, StudentConfig] = Field(default_factory=dict, description="distilled from `models`, by name")
    evaluation: GraphEvaluationConfig = GraphEvaluationConfig()
    comparison: GraphComparisonConfig | None = Field(None, description="left out: solvers are not compared")
    seeds: Seeds | None = Field(None, description="of this experiment; left out: those of the workflow")

    @model_validator(mode="after")
    def _students_have_teachers(self) -> "GraphExperimentConfig":
        check_students(self.students, (*self.models, *self.guides), self.models)
        return self

    @model_validator(mode="after")
    def _degrees_are_of_other_graphs(self) -> "GraphExperimentConfig":
        molecules = self.data.kind in MOLECULES or (isinstance(self.data, GraphFileConfig) and self.data.atoms is not None)
        for name, model in self.models.items():
            if molecules and model.degrees != 1:
                raise ValueError(
                    f"`models.{name}.degrees` must be left out with molecules, whose nodes are elements; got {model.degrees}"
                )
        return self

    @model_validator(mode="after")
    def _guides_lead_models(self) -> "GraphExperimentConfig":
        plain = [name for name, model in self.models.items() if model.condition == "none"]
        for name, guided in self.guides.items():
            if name in self.models:
                raise ValueError(f"names of `guides` and `models` must differ, got {name!r} in both")
            if guided.model not in plain:
                raise ValueError(
                    f"`guides.{name}.model` must be among `models` without `condition`, {', '.join(plain) or 'none'}; "
                    f"got {guided.model!r}"
                )
        return self


class GraphDataJob(Config):
    """`sciml prepare` of graphs."""

    domain: Literal["graphs"]
    data: GraphDataConfig


class GraphTrainingJob(Config):
    """`sciml train` of graphs."""

    domain: Literal["graphs"]
    model: GraphModelConfig


class GraphGuideJob(Config):
    """`sciml guide`."""

    domain: Literal["graphs"]
    guide: GraphGuideConfig


class GraphDistillationJob(Config):
    """`sciml distill` of graphs."""

    domain: Literal["graphs"]
    student: StudentConfig


class GraphEvaluationJob(Config):
    """`sciml sample` and `sciml score`."""

    domain: Literal["graphs"]
    evaluation: GraphEvaluationConfig = GraphEvaluationConfig()


class GraphComparisonJob(Config):
    """`sciml compare` of graphs."""

    domain: Literal["graphs"]
    evaluation: GraphEvaluationConfig = GraphEvaluationConfig()
    comparison: GraphComparisonConfig
