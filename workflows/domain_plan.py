"""What all domains plan alike: which data sets can be had here, runs, the time granted to them."""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil, inf
from pathlib import Path
from typing import ClassVar, Generic, TypeVar

from sciml.config.base import Config, to_yaml
from sciml.config.graph_settings import GraphExperimentConfig
from sciml.config.models import TrainingConfig
from sciml.config.sequence_settings import SequenceExperimentConfig
from sciml.config.settings import ExperimentConfig, Settings, seeds_of
from sciml.io.atomic import write_text_if_changed
from sciml.io.fetch import Source

E = TypeVar("E", ExperimentConfig, GraphExperimentConfig, SequenceExperimentConfig)

DAY = 24 * 60  # minutes


@dataclass(frozen=True)
class DomainPlan(ABC, Generic[E]):
    """The experiments of one domain, and what of them can be done here.

    Args:
        settings: the checked configuration.
        mirror: folder with copies of the public files.
        left_out: data sets that cannot be had, and one line each on why.
        swept: names of experiments that are rows of sweeps: each has a line in a table, no part in the report.
    """

    domain: ClassVar[str]
    settings: Settings
    mirror: str | None
    left_out: dict[str, str] = field(init=False)
    swept: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        reasons = {dataset: self._missing(dataset) for dataset in self.asked}
        object.__setattr__(self, "left_out", {dataset: why for dataset, why in reasons.items() if why})

    @property
    @abstractmethod
    def asked(self) -> dict[str, E]:
        """All experiments of the configuration."""

    @abstractmethod
    def sources(self, dataset: str) -> Sequence[Source]:
        """The public files that a data set is made of."""

    @abstractmethod
    def own_file(self, dataset: str) -> str | None:
        """The user's file that a data set is made of, if it is."""

    def seeds(self, dataset: str, model: str) -> Sequence[int]:
        """One training for each."""
        return seeds_of(self.settings, self.asked[dataset])

    @abstractmethod
    def training(self, dataset: str, model: str) -> TrainingConfig | None:
        """How a model is trained, if it is."""

    @abstractmethod
    def compared(self, dataset: str, model: str) -> bool:
        """Whether solvers are compared on a model."""

    @abstractmethod
    def jobs(self, dataset: str) -> Mapping[str, Config]:
        """Settings of all jobs on a data set by their path below its folder of results."""

    @property
    def experiments(self) -> dict[str, E]:
        """Those whose data can be had."""
        return {name: value for name, value in self.asked.items() if name not in self.left_out}

    @property
    def own(self) -> dict[str, E]:
        """Those that are no rows of sweeps."""
        return {name: value for name, value in self.experiments.items() if name not in self.swept}

    @property
    def datasets(self) -> list[str]:
        """Prepared data of these."""
        return [f"{self.settings.data}/{self.domain}/{dataset}.zarr" for dataset in self.experiments]

    @property
    def runs(self) -> list[str]:
        """Folders of results, one for each training."""
        return [
            self.run(dataset, model, seed)
            for dataset, experiment in self.own.items()
            for model in experiment.models
            for seed in self.seeds(dataset, model)
        ]

    @property
    def comparisons(self) -> list[str]:
        """Those of the folders in which solvers are compared."""
        return [run for run in self.runs if self.compared(*run.split("/")[-3:-1])]

    def run(self, dataset: str, model: str, seed: int | str) -> str:
        """The folder of results of a training."""
        return f"{self.settings.results}/{self.domain}/{dataset}/{model}/seed-{seed}"

    def raw(self, dataset: str) -> list[str]:
        """The files to import: the copies of public ones, or the user's own; none for what is simulated."""
        copies = [f"{self.settings.data}/raw/{source.filename}" for source in self.sources(dataset)]
        own = self.own_file(dataset)
        return copies if own is None else [own]

    @property
    def patterns(self) -> tuple[str, str]:
        """Regular expressions for the names of data sets and of models."""
        models = {name for experiment in self.asked.values() for name in experiment.models}
        return any_of(self.asked), any_of(models)

    def training_seconds(self, dataset: str, model: str) -> float:
        """Processor time granted: none where nothing is trained, without bound where steps are counted."""
        training = self.training(dataset, model)
        return (training.cpu_seconds or inf) if training else 0.0

    def training_minutes(self, dataset: str, model: str) -> int:
        """Wall time after which a training may be ended: twice what it is granted, a day where steps are counted."""
        seconds = self.training_seconds(dataset, model)
        return DAY if seconds == inf else 15 + ceil(2 * seconds / 60)

    def training_priority(self, dataset: str, model: str) -> float:
        """Longest first, so that no core is idle at the end."""
        return 1 + min(self.training_seconds(dataset, model), 1e5)

    def write_jobs(self) -> None:
        """One file of settings for each job, touched only where the text differs.

        So a comment edited in the configuration re-runs nothing, and a changed learning rate re-runs one model's training
        and what follows from it. A rule that did this would re-run everything.
        """
        for dataset in self.asked:
            folder = Path(self.settings.results, self.domain, dataset)
            for name, job in self.jobs(dataset).items():
                write_text_if_changed(folder / name, to_yaml(job))

    def _missing(self, dataset: str) -> str | None:
        folders = [Path(self.settings.data, "raw"), *([Path(self.mirror)] if self.mirror else [])]
        absent = [
            source.filename
            for source in self.sources(dataset)
            if not any((folder / source.filename).is_file() for folder in folders)
        ]
        if not absent or self.settings.download:
            return None
        return (
            f"Data set {dataset} is left out: there is no {' and no '.join(absent)} in {' or '.join(map(str, folders))} and "
            "downloads are off. Set `download: true`, or the environment variable SCIML_MIRROR to a folder that has it."
        )


def any_of(names: Iterable[str]) -> str:
    """A regular expression for one of the names; for none of them, one that nothing matches."""
    return "|".join(sorted(map(re.escape, names))) or r"(?!)"
