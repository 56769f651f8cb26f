"""What the sweeps of a configuration ask for: their tables, and what of their rows is made once and copied."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from domain_plan import DomainPlan, any_of

from sciml.config.base import Config, to_yaml
from sciml.config.graph_settings import GraphExperimentConfig
from sciml.config.sequence_oracles import PANEL
from sciml.config.sequence_settings import PRETRAINED, SequenceExperimentConfig
from sciml.config.settings import Settings
from sciml.config.sweep_settings import StageConfig, SweepJob, SweepLineConfig, SweepRunConfig
from sciml.config.sweeps import Sweep, SweepLine
from sciml.io.atomic import write_text_if_changed

MAKERS = {"training.yaml": "train", "distillation.yaml": "distill", "guide.yaml": "guide", "finetuning.yaml": "finetune"}
SCORING = {"pde": ("evaluate",), "graphs": ("sample", "score"), "sequences": ("sample", "score")}
PRODUCTS = {"evaluate": "evaluation.json", "sample": "samples.zarr", "score": "evaluation.json"}
ORACLES = "oracles"


@dataclass(frozen=True)
class SweepPlan:
    """Sweeps whose rows are experiments of these domains.

    Args:
        settings: with the rows as experiments.
        sweeps: what the rows became.
        domains: the plan of each domain by its name.
    """

    settings: Settings
    sweeps: tuple[Sweep, ...]
    domains: Mapping[str, DomainPlan[Any]]

    @property
    def names(self) -> list[str]:
        """Of the sweeps."""
        return [sweep.name for sweep in self.sweeps]

    @property
    def patterns(self) -> dict[str, str]:
        """Regular expressions for names of sweeps and for what is a copy: data, folders of models, folders of oracles."""
        inside = {path: path.removeprefix(f"{self.settings.results}/") for path in self.copies}
        oracles = {name for path, name in inside.items() if path.split("/")[-2] == ORACLES}
        data = {path for path in self.copies if path.endswith(".zarr")}
        runs = {name for path, name in inside.items() if path not in data} - oracles
        data_names = {path.removeprefix(f"{self.settings.data}/").removesuffix(".zarr") for path in data}
        patterns = {"copied_data": data_names, "copied_run": runs, "copied_oracles": oracles}
        return {"sweep": any_of(self.names), **{name: any_of(paths) for name, paths in patterns.items()}}

    @cached_property
    def copies(self) -> dict[str, str]:
        """Data and folders of rows that are copied, with what they are copied from: made before of equal settings."""
        first: dict[Any, str] = {}
        found = {}
        for domain in self.domains.values() if self.sweeps else ():
            for dataset in domain.experiments:
                for path, recipe in self._made(domain, dataset):
                    origin = first.setdefault(recipe, path)
                    if origin != path and dataset in domain.swept:
                        found[path] = origin
        return found

    def origin(self, path: str) -> str:
        """Where something is made: at the path itself, if it is no copy."""
        return self.copies.get(path, path)

    def oracle(self, folder: str, member: str, suffix: str = "safetensors") -> str:
        """Where a file of an oracle is made, of a folder that may be a copy."""
        return f"{self.origin(folder)}/{member}.{suffix}"

    def copied_model(self, folder: str) -> list[str]:
        """What the folder of a copied model needs: the original, and what that was learned from, named by its manifest."""
        domain_name, dataset, name, seed = folder.split("/")[-4:]
        domain = self.domains[domain_name]
        learned_from = [
            f"{domain.run(dataset, other, seed[5:])}/model.safetensors" for other in _sources(domain, dataset, name)
        ]
        files = ("model.safetensors", "manifest.json", "events.jsonl")
        return [*(f"{self.origin(folder)}/{file}" for file in files), *learned_from]

    def scores(self, name: str) -> list[str]:
        """The scores of a sweep, but for rows whose data cannot be had."""
        return [
            f"{run.directory}/evaluation.json" for line in self.job(name).lines if not line.left_out for run in line.runs
        ]

    def write_jobs(self) -> None:
        """One file for each sweep, which says what its rows are and where their scores will be."""
        for name in self.names:
            write_text_if_changed(Path(self.settings.results, "sweeps", f"{name}.yaml"), to_yaml(self.job(name)))

    def job(self, name: str) -> SweepJob:
        """What `sciml sweep` is told of a sweep."""
        return self._jobs[name]

    @cached_property
    def _jobs(self) -> dict[str, SweepJob]:
        return {
            sweep.name: SweepJob(
                sweep=sweep.name,
                domain=sweep.domain,
                experiment=sweep.experiment,
                columns=sweep.columns,
                lines=tuple(self._line(self.domains[sweep.domain], line) for line in sweep.lines),
            )
            for sweep in self.sweeps
        }

    def _line(self, domain: DomainPlan[Any], line: SweepLine) -> SweepLineConfig:
        runs = tuple(
            SweepRunConfig(
                row=row,
                seed=seed,
                directory=domain.run(line.dataset, line.model, seed),
                stages=tuple(self._stages(domain, line.dataset, line.model, seed)),
            )
            for seed, row in line.seeds.items()
        )
        return SweepLineConfig(
            settings=line.settings,
            dataset=line.dataset,
            model=line.model,
            left_out=domain.left_out.get(line.dataset),
            runs=runs,
        )

    def _stages(self, domain: DomainPlan[Any], dataset: str, name: str, seed: int) -> Iterator[StageConfig]:
        """From the data to the score, where each is really made."""
        data = self.origin(f"{self.settings.data}/{domain.domain}/{dataset}.zarr")
        where = f"{domain.domain}/{Path(data).stem}"
        yield StageConfig(rule="prepare", makes=data, log=f"{self.settings.results}/logs/{where}/prepare.log")
        if isinstance(domain.asked[dataset], SequenceExperimentConfig):
            folder = self.origin(domain.run(dataset, ORACLES, seed))
            yield from (self._stage("oracle", folder, f"{member}.safetensors", f"{member}.log") for member in PANEL)
        makers = _makers(domain, dataset)
        for each in (*_sources(domain, dataset, name), name):
            if each in makers:
                rule, folder = MAKERS[makers[each].split("/")[1]], self.origin(domain.run(dataset, each, seed))
                yield self._stage(rule, folder, "model.safetensors", f"{rule}.log")
        for rule in SCORING[domain.domain]:
            yield self._stage(rule, domain.run(dataset, name, seed), PRODUCTS[rule], f"{rule}.log")

    def _stage(self, rule: str, folder: str, product: str, log: str) -> StageConfig:
        logs = f"{self.settings.results}/logs/{folder.removeprefix(f'{self.settings.results}/')}"
        return StageConfig(rule=rule, makes=f"{folder}/{product}", log=f"{logs}/{log}")

    def _made(self, domain: DomainPlan[Any], dataset: str) -> Iterator[tuple[str, Any]]:
        """What an experiment makes and can be taken over, each with all that it depends on."""
        jobs, makers = domain.jobs(dataset), _makers(domain, dataset)
        data = (domain.domain, _text(jobs["data.yaml"]))
        yield f"{self.settings.data}/{domain.domain}/{dataset}.zarr", data
        oracles = _text(jobs["oracles.yaml"]) if "oracles.yaml" in jobs else ""
        for seed in domain.seeds(dataset, PRETRAINED) if oracles else ():
            yield domain.run(dataset, ORACLES, seed), (data, ORACLES, oracles, seed)
        for name, job in makers.items():
            chain = [_text(jobs[makers[each]]) for each in (*_sources(domain, dataset, name), name) if each in makers]
            judged = oracles if job.endswith("finetuning.yaml") else ""
            for seed in domain.seeds(dataset, name):
                yield domain.run(dataset, name, seed), (data, job.split("/")[1], tuple(chain), judged, seed)


def _makers(domain: DomainPlan[Any], dataset: str) -> dict[str, str]:
    """What is trained of an experiment, by name, with the file of its settings."""
    named = (path.split("/") for path in domain.jobs(dataset) if "/" in path)
    return {name: f"{name}/{file}" for name, file in named if file in MAKERS}


def _sources(domain: DomainPlan[Any], dataset: str, name: str) -> list[str]:
    """The models that one is learned from, tuned from, or leads."""
    experiment = domain.asked[dataset]
    if isinstance(experiment, SequenceExperimentConfig):
        return [PRETRAINED] if name != PRETRAINED else []
    if name in experiment.students:
        return [experiment.students[name].teacher]
    guided = isinstance(experiment, GraphExperimentConfig) and name in experiment.guides
    return [experiment.guides[name].model] if guided else []


def _text(job: Config) -> str:
    return job.model_dump_json()
