"""Score generated graphs against a prepared data set, and quality against network calls."""

from pathlib import Path
from typing import Any

import torch

from sciml.config.graph_settings import GraphComparisonJob, GraphEvaluationConfig
from sciml.graphs.conditions import check_property
from sciml.graphs.data.graph_set import GraphSet
from sciml.graphs.data.store import load_graphs
from sciml.graphs.generator import GraphGenerator
from sciml.graphs.metrics.described_molecules import canonical_smiles
from sciml.graphs.metrics.molecule_baseline import MoleculeBaseline, molecule_baseline
from sciml.graphs.metrics.score_graphs import score_graphs
from sciml.graphs.metrics.score_molecules import score_molecules
from sciml.graphs.sampling import Sampled, sample_graphs
from sciml.io.errors import InputError
from sciml.solvers.configured import with_calls

FEWEST = 2


class Judge:
    """Scores sets of generated graphs against one data set; what that needs of the data is computed once.

    Args:
        data: prepared data set; its test and training splits are used.
        config: which scores.
        count: graphs that will be generated, at most.
        seed: of bootstraps and choices.

    Raises:
        InputError: fewer than 2 graphs in a split or generated, a property that the data lack, or molecules that a score
            cannot take.
    """

    def __init__(self, data: Path, config: GraphEvaluationConfig, count: int, *, seed: int) -> None:
        self.config, self.seed = config, seed
        self.train, test = load_graphs(data, "train"), load_graphs(data, "test")
        for name, number in {f"{data}: train split": len(self.train), f"{data}: test split": len(test)}.items():
            if number < FEWEST:
                raise InputError(f"{name}: scores need at least {FEWEST} graphs, got {number}; prepare with another `split`")
        if count < FEWEST:
            raise InputError(f"scores need at least {FEWEST} generated graphs, got {count}")
        if config.property is not None:
            check_property(config.property, test, field="evaluation.property")
        self.test = _some(test, config.most, seed)
        self.baseline: MoleculeBaseline | None = None
        if self.train.molecules:
            known = frozenset(canonical_smiles(self.train))
            try:
                self.baseline = molecule_baseline(
                    self.test, self.train, count=count, seed=seed, parts=config.molecules, known=known
                )
            except InputError as error:
                raise InputError(f"{data}: {error}") from error

    def score(self, graphs: GraphSet) -> dict[str, Any]:
        """All scores, as plain values.

        Raises:
            InputError: molecules are compared with graphs that are none, or have other elements.
        """
        if graphs.atoms != self.train.atoms:
            raise InputError(f"the samples have elements {list(graphs.atoms)}, the data {list(self.train.atoms)}")
        if self.baseline is not None:
            return score_molecules(graphs, self.baseline, seed=self.seed)
        config = self.config
        return score_graphs(
            graphs,
            self.test,
            self.train,
            seed=self.seed,
            kind=None if config.law == "none" else config.law,
            drop_isolated=config.drop_isolated,
            most=config.most,
        )


def compare_samplers(
    generator: GraphGenerator, job: GraphComparisonJob, data: Path, *, seed: int, origin: str = "the model"
) -> list[dict[str, Any]]:
    """A row for each solver and number of calls: who, calls, seconds a graph, scores.

    Args:
        generator: trained.
        job: solvers, calls, scores.
        data: prepared data set.
        seed: of the samples.
        origin: what to call the model in an error.
    """
    config, process = job.comparison, generator.process.parts["adj"]
    judge, rows = Judge(data, job.evaluation, config.count, seed=seed), []
    chosen = job.evaluation.sampling
    each = 1 if chosen.guidance == 1 else 2  # guidance asks with the property and without
    for solver in config.solvers:
        # The last call is the denoiser's, where it is asked for.
        asked = [with_calls(solver, process, calls // each - int(chosen.denoise)) for calls in sorted(config.calls)]
        for one in {found.steps: found for found in asked if found is not None}.values():
            sampling = chosen.model_copy(update={"solver": one, "count": config.count})
            rows.append(row(sample_graphs(generator, sampling, seed=seed, origin=origin), judge))
    return rows


def row(sampled: Sampled, judge: Judge) -> dict[str, Any]:
    """What was sampled and how good it is."""
    generated = sampled.generated
    return {
        "solver": generated.label,
        "nfe": generated.nfe,
        "count": len(generated.graphs),
        "seconds_per_graph": sampled.seconds_per_graph,
        "scores": judge.score(generated.graphs),
    }


def _some(graphs: GraphSet, most: int, seed: int) -> GraphSet:
    if len(graphs) <= most:
        return graphs
    return graphs.take(torch.randperm(len(graphs), generator=torch.Generator().manual_seed(seed))[:most].sort().values)
