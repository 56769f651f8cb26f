"""The settings of a whole workflow: what is in `workflows/config/*.yaml`."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt, model_validator

from sciml.config.base import Config
from sciml.config.distillation import StudentConfig, check_students
from sciml.config.graph_settings import GraphExperimentConfig
from sciml.config.models import DiffusionConfig, ModelConfig, NeuralConfig
from sciml.config.parts import Parts
from sciml.config.seeds import Seeds
from sciml.config.sequence_settings import SequenceExperimentConfig
from sciml.config.solvers import SolverConfig
from sciml.config.sweep_settings import Name, SweepConfig

LONGEST = 200  # characters of a name: file systems take 255, with endings
Dimension = Literal["trajectory", "time", "interval", "y", "x"]


class BurgersConfig(Config):
    """Trajectories of forced 1-D viscous Burgers, simulated (WDNO, arXiv 2412.04833, appendix)."""

    kind: Literal["burgers"] = "burgers"
    train: PositiveInt
    validation: PositiveInt
    test: PositiveInt
    points: Annotated[int, Field(ge=8)] = Field(120, description="stored grid points in (0, 1)")
    intervals: Annotated[int, Field(ge=2)] = Field(80, description="stored time intervals: intervals + 1 frames")
    solver_points: PositiveInt = Field(240, description="grid points of the finite-volume solver, at least `points`")
    viscosity: PositiveFloat = 0.01
    duration: PositiveFloat = 8.0
    seed: NonNegativeInt = 0

    @model_validator(mode="after")
    def _solver_is_as_fine(self) -> "BurgersConfig":
        if self.solver_points < self.points:
            raise ValueError(f"`solver_points` ({self.solver_points}) must be at least `points` ({self.points})")
        return self


class FileConfig(Config):
    """A user's own data: NetCDF, zarr or GRIB with dimensions (trajectory, time, x) or (time, y, x)."""

    kind: Literal["file"] = "file"
    path: str = Field(min_length=1, description="file, or the name of a known source (see `sciml fetch --list`)")
    variables: tuple[str, ...] = Field(min_length=1, strict=False, description="variables to predict, over time")
    forcing: tuple[str, ...] = Field(
        (), strict=False, description="variables that drive them, known in advance: dimension interval for time"
    )
    rename: dict[str, Dimension] = Field(
        default_factory=dict,
        description="dimensions of the file under names of its own, and what they are: trajectory, time, interval, y or x",
    )
    given: PositiveInt = Field(description="frames given")
    predicted: PositiveInt = Field(description="frames to predict")
    period: PositiveInt | None = Field(None, description="frames of one cycle (24 for hourly data), if there is one")
    stride: PositiveInt = Field(1, description="frames between the starts of neighbouring windows of a long record")
    split: Parts = Field(
        (0.75, 0.05, 0.2),
        strict=False,
        description="training, validation and test: three counts of frames or trajectories, or three shares",
    )
    seed: NonNegativeInt = Field(0, description="of the shuffle that splits trajectories")

    @model_validator(mode="after")
    def _variables_are_named_once(self) -> "FileConfig":
        if (repeated := _repeated([*self.variables, *self.forcing])) is not None:
            raise ValueError(f"`variables` and `forcing` may name a variable once, got {repeated!r} again")
        return self


class EvaluationConfig(Config):
    """What the models are scored on."""

    windows: PositiveInt = Field(128, description="test windows, evenly spaced; all if there are fewer")
    members: Annotated[int, Field(ge=2)] = Field(8, description="samples for each window")
    solver: SolverConfig = Field(SolverConfig(), description="the solver of the main table")
    batch: PositiveInt = Field(64, description="samples a network call")


class CalibrationConfig(Config):
    """How solver schedules are found for a model, on windows of the validation set."""

    calls: tuple[PositiveInt, ...] = Field(
        (5, 10, 20), min_length=1, strict=False, description="network calls to find one for"
    )
    windows: Annotated[int, Field(ge=2)] = Field(16, description="reference trajectories, half to choose and half to judge")
    reference_steps: PositiveInt = Field(100, description="steps of the reference")
    refine: Annotated[int, Field(ge=0)] = Field(1, description="candidates whose grid is learned, for each number of calls")
    iterations: PositiveInt = Field(40, description="of learning a grid")
    trials: Annotated[int, Field(ge=0)] = Field(0, description="schedules that a search over steps tries (S^3)")
    statistics: Annotated[int, Field(ge=0)] = Field(
        64, description="training windows whose spectrum whitened solvers use; 0: none are tried"
    )
    model_statistics: Annotated[int, Field(ge=0)] = Field(
        0, description="training windows on which the statistics of DPM-Solver-v3 are measured; 0: it is not tried"
    )

    @model_validator(mode="after")
    def _modes_come_from_the_data(self) -> "CalibrationConfig":
        for name in ("statistics", "model_statistics"):
            if getattr(self, name) == 1:
                raise ValueError(f"`{name}` must be 0 or at least 2, got 1")
        if self.model_statistics and not self.statistics:
            raise ValueError("`model_statistics` goes with `statistics` of at least 1, in whose modes they are")
        return self


class ComparisonConfig(Config):
    """Quality against network calls, solver by solver."""

    solvers: tuple[SolverConfig, ...] = Field(
        min_length=1,
        strict=False,
        description="`steps` of each is set so that it makes at most as many calls as below; left out where it cannot",
    )
    calls: tuple[PositiveInt, ...] = Field((5, 10, 20), min_length=1, strict=False)
    reference_steps: PositiveInt = Field(100, description="steps of the solution that the others are compared with")
    windows: PositiveInt = Field(16, description="test windows, evenly spaced; all if there are fewer")
    members: Annotated[int, Field(ge=2)] = Field(8, description="samples for each window")
    batch: PositiveInt = Field(64, description="samples a network call")


class ExperimentConfig(Config):
    """One data set and the models compared on it."""

    data: Annotated[BurgersConfig | FileConfig, Field(discriminator="kind")]
    models: dict[str, ModelConfig] = Field(min_length=1)
    students: dict[str, StudentConfig] = Field(default_factory=dict, description="distilled from these, by name")
    evaluation: EvaluationConfig = EvaluationConfig()
    calibration: CalibrationConfig | None = Field(None, description="left out: models are not calibrated")
    comparison: ComparisonConfig | None = Field(None, description="left out: solvers are not compared")
    seeds: Seeds | None = Field(None, description="of this experiment; left out: those of the workflow")

    @model_validator(mode="after")
    def _teachers_sample(self) -> "ExperimentConfig":
        check_students(self.students, self.models, [name for name, model in self.models.items() if samples(model)])
        return self


class Settings(Config):
    """The configuration of the workflow."""

    scale: str = Field("default", description="a name for the report")
    results: str = Field("results", min_length=1, description="folder of results")
    data: str = Field("data", min_length=1, description="folder of fetched and simulated data")
    mirror: str | None = Field(None, description="folder with the sources of data/README.md, used before any download")
    download: bool = Field(False, description="fetch what the mirror lacks from its public address")
    seeds: Seeds = Field((0,), description="one training of every model for each")
    processes: PositiveInt = Field(
        1,
        description="that share each training and sampling; results are equal but for rounding, so nothing re-runs",
    )
    solver_benchmark: bool = Field(False, description="also measure the solvers on problems with exact answers, small")
    pde: dict[str, ExperimentConfig] = Field(default_factory=dict, description="experiments on PDE fields, by data set")
    graphs: dict[str, GraphExperimentConfig] = Field(
        default_factory=dict, description="experiments on graphs and molecules, by data set"
    )
    sequences: dict[str, SequenceExperimentConfig] = Field(
        default_factory=dict, description="experiments on DNA and proteins, by data set"
    )
    sweeps: dict[Name, SweepConfig] = Field(
        default_factory=dict, description="these experiments again with other settings, see docs/sweeps.md"
    )

    @model_validator(mode="after")
    def _names_make_paths(self) -> "Settings":
        domains: dict[str, Mapping[str, ExperimentConfig | GraphExperimentConfig | SequenceExperimentConfig]]
        domains = {"pde": self.pde, "graphs": self.graphs, "sequences": self.sequences}
        for domain, experiments in domains.items():
            for dataset, experiment in experiments.items():
                students = experiment.students if isinstance(experiment, ExperimentConfig) else ()
                for name in (dataset, *experiment.models, *students):
                    if not name.replace("_", "").replace("-", "").isalnum():
                        raise ValueError(f"`{domain}.{dataset}`: names may hold letters, digits, - and _ only, got {name!r}")
                    if len(name) > LONGEST:
                        told = f"{name[:20]}... of {len(name)}"
                        raise ValueError(f"`{domain}.{dataset}`: names may have at most {LONGEST} characters, got {told}")
        return self


def samples(model: ModelConfig) -> bool:
    """Whether its forecasts are drawn by a solver."""
    return isinstance(model, NeuralConfig) and isinstance(model.method, DiffusionConfig)


def seeds_of(
    settings: Settings, experiment: ExperimentConfig | GraphExperimentConfig | SequenceExperimentConfig
) -> tuple[int, ...]:
    """The seeds of an experiment: its own, or those of the workflow."""
    return experiment.seeds or settings.seeds


def neural_models(experiment: ExperimentConfig) -> dict[str, NeuralConfig]:
    """The models of an experiment that are trained."""
    return {name: model for name, model in experiment.models.items() if isinstance(model, NeuralConfig)}


def _repeated(values: Sequence[str | int]) -> str | int | None:
    """The first value that was there before."""
    return next((value for index, value in enumerate(values) if value in values[:index]), None)
