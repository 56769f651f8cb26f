"""What a configuration asks for on this machine: data sets, runs and the settings of jobs. Knows nothing of Snakemake."""

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import ceil, inf
from pathlib import Path
from typing import Any

from sciml.config.base import parse, to_yaml
from sciml.config.jobs import CalibrationJob, ComparisonJob, DataJob, EvaluationJob, TrainingJob, window_of
from sciml.config.models import DiffusionConfig, NeuralConfig
from sciml.config.settings import ExperimentConfig, FileConfig, Settings
from sciml.io.atomic import write_text_if_changed
from sciml.io.errors import InputError
from sciml.io.fetch import SOURCES, Source

DAY = 24 * 60  # minutes


@dataclass(frozen=True)
class Plan:
    """The settings, and what of them can be done here.

    Args:
        settings: the checked configuration.
        mirror: folder with copies of the public files.
        left_out: data sets that cannot be had, and one line each on why.
    """

    settings: Settings
    mirror: str | None
    left_out: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        reasons = {dataset: self._missing(dataset) for dataset in self.settings.pde}
        object.__setattr__(self, "left_out", {dataset: why for dataset, why in reasons.items() if why})
        if not self.experiments:
            raise InputError(" ".join(["`pde` has no data set that can be had here.", *self.left_out.values()]))

    @property
    def experiments(self) -> dict[str, ExperimentConfig]:
        """Those whose data can be had."""
        return {name: value for name, value in self.settings.pde.items() if name not in self.left_out}

    @property
    def runs(self) -> list[str]:
        """Folders of results, one for each training; a baseline has nothing random in it, and one seed is enough."""
        return [
            f"{self.settings.results}/pde/{dataset}/{name}/seed-{seed}"
            for dataset, experiment in self.experiments.items()
            for name, model in experiment.models.items()
            for seed in (self.settings.seeds if isinstance(model, NeuralConfig) else self.settings.seeds[:1])
        ]

    @property
    def comparisons(self) -> list[str]:
        """Those of the folders in which solvers are compared."""
        return [run for run in self.runs if self.compared(*run.split("/")[-3:-1])]

    def calibration(self, dataset: str, model: str, seed: str, stage: str) -> list[str]:
        """The calibration that a stage, evaluation or comparison, of a model needs for its solver `auto`, if any."""
        experiment = self.settings.pde[dataset]
        compared = experiment.comparison.solvers if experiment.comparison else ()
        solvers = (experiment.evaluation.solver,) if stage == "evaluation" else compared
        if experiment.calibration is None or all(solver.name != "auto" for solver in solvers):
            return []
        folder = f"{self.settings.results}/pde/{dataset}/{model}/seed-{seed}"
        return [f"{folder}/calibration.safetensors"] if self._samples(dataset, model) else []

    def compared(self, dataset: str, model: str) -> bool:
        """Whether solvers are compared on a model."""
        return self.settings.pde[dataset].comparison is not None and self._samples(dataset, model)

    @property
    def patterns(self) -> dict[str, str]:
        """Regular expressions for the parts of paths."""
        models = {name for experiment in self.settings.pde.values() for name in experiment.models}
        return {
            "dataset": _any_of(self.settings.pde),
            "model": _any_of(models),
            "seed": r"\d+",
            "filename": _any_of(source.filename for source in SOURCES.values()),
        }

    def source(self, dataset: str) -> Source | None:
        """The public file that a data set is made of, if it is."""
        data = self.settings.pde[dataset].data
        return SOURCES.get(data.path) if isinstance(data, FileConfig) else None

    def raw(self, dataset: str) -> str | None:
        """The file to import: the copy of a public one, or the user's own; None for a simulation."""
        data, source = self.settings.pde[dataset].data, self.source(dataset)
        if source:
            return f"{self.settings.data}/raw/{source.filename}"
        return data.path if isinstance(data, FileConfig) else None

    def training_seconds(self, dataset: str, model: str) -> float:
        """Processor time granted: none for a baseline, without bound where steps are counted."""
        config = self.settings.pde[dataset].models[model]
        return (config.training.cpu_seconds or inf) if isinstance(config, NeuralConfig) else 0.0

    def training_minutes(self, dataset: str, model: str) -> int:
        """Wall time after which a training may be ended: twice what it is granted, a day where steps are counted."""
        seconds = self.training_seconds(dataset, model)
        return DAY if seconds == inf else 15 + ceil(2 * seconds / 60)

    def training_priority(self, dataset: str, model: str) -> float:
        """Longest first, so that no core is idle at the end, and diffusion before the rest: its scores take longest."""
        return 1 + min(self.training_seconds(dataset, model), 1e5) + (1e5 if self._samples(dataset, model) else 0)

    def write_jobs(self) -> None:
        """One file of settings for each job, touched only where the text differs.

        So a comment edited in the configuration re-runs nothing, and a changed learning rate re-runs one model's training
        and what follows from it. A rule that did this would re-run everything.
        """
        for dataset, experiment in self.settings.pde.items():
            folder, window = Path(self.settings.results, "pde", dataset), window_of(experiment.data)
            evaluation = EvaluationJob(window=window, evaluation=experiment.evaluation)
            write_text_if_changed(folder / "data.yaml", to_yaml(DataJob(data=experiment.data)))
            write_text_if_changed(folder / "evaluation.yaml", to_yaml(evaluation))
            if experiment.calibration:
                job = CalibrationJob(window=window, calibration=experiment.calibration)
                write_text_if_changed(folder / "calibration.yaml", to_yaml(job))
            if experiment.comparison:
                comparison = ComparisonJob(window=window, comparison=experiment.comparison)
                write_text_if_changed(folder / "comparison.yaml", to_yaml(comparison))
            for name, model in experiment.models.items():
                write_text_if_changed(folder / name / "training.yaml", to_yaml(TrainingJob(window=window, model=model)))

    def _samples(self, dataset: str, model: str) -> bool:
        config = self.settings.pde[dataset].models[model]
        return isinstance(config, NeuralConfig) and isinstance(config.method, DiffusionConfig)

    def _missing(self, dataset: str) -> str | None:
        source = self.source(dataset)
        if source is None or self.settings.download:
            return None
        folders = [Path(self.settings.data, "raw"), *([Path(self.mirror)] if self.mirror else [])]
        if any((folder / source.filename).is_file() for folder in folders):
            return None
        return (
            f"Data set {dataset} is left out: there is no {source.filename} in {' or '.join(map(str, folders))} and "
            "downloads are off. Set `download: true`, or the environment variable SCIML_MIRROR to a folder that has it."
        )


def make_plan(values: Mapping[str, Any], origin: str, environment: Mapping[str, str] = os.environ) -> Plan:
    """Check a configuration.

    Args:
        values: as read from YAML.
        origin: what to call it in an error.
        environment: SCIML_MIRROR overrides the setting `mirror`.

    Raises:
        InputError: one line that names the file and the field.
    """
    settings = parse(Settings, dict(values), origin)
    for dataset, experiment in settings.pde.items():
        data = experiment.data
        if isinstance(data, FileConfig) and data.path not in SOURCES and not Path(data.path).exists():
            allowed = f"a file that is there, or a known source ({', '.join(SOURCES)})"
            raise InputError(f"{origin}: `pde.{dataset}.data.path` must be {allowed}, got {data.path!r}")
    try:
        return Plan(settings, environment.get("SCIML_MIRROR") or settings.mirror)
    except InputError as error:
        raise InputError(f"{origin}: {error}") from None


def _any_of(names: Iterable[str]) -> str:
    return "|".join(sorted(map(re.escape, names)))
