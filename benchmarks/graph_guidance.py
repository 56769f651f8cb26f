"""What classifier-free guidance on logP does: the property that is asked for, and the one that RDKit finds."""

from pathlib import Path
from typing import Any

import torch

from sciml.config.base import parse
from sciml.config.graph_models import GraphModelConfig
from sciml.config.graph_settings import GraphSamplingConfig
from sciml.config.graphs import MoleculesConfig, PublishedMoleculesConfig
from sciml.config.solvers import SolverConfig
from sciml.graphs.conditions import property_of
from sciml.graphs.correction import is_valid
from sciml.graphs.data.catalog import prepare_graphs
from sciml.graphs.data.store import load_graphs
from sciml.graphs.generator import GraphGenerator
from sciml.graphs.molecules import to_molecules
from sciml.graphs.sampling import sample_graphs
from sciml.graphs.train import train_generator

MODEL = {
    "net": {"kind": "graph_transformer", "width": 64, "pair_width": 32, "layers": 4},
    "condition": "logp",
    "training": {"cpu_seconds": 200, "batch": 64, "rate": 2.0e-3, "precision": "32"},
}
DEVIATIONS = (-2.0, 0.0, 2.0)
WEIGHTS = (1.0, 2.0, 4.0)
SOLVER = SolverConfig(name="dpm_solver_pp_sde", order=2, steps=29)


def guidance(mirror: Path | None, folder: Path, count: int = 256) -> dict[str, Any]:
    """A model trained with logP, and what it makes of values asked for.

    Args:
        mirror: folder of public files; its QM9 is taken, 20,000 molecules. None: the enumerated molecules.
        folder: for data and checkpoints.
        count: molecules for each value and weight.
    """
    data = folder / "conditional.zarr"
    molecules = MoleculesConfig() if mirror is None else PublishedMoleculesConfig(kind="qm9", train=20_000)
    prepare_graphs(molecules, data, mirror)
    graphs = load_graphs(data, "train")
    config = parse(GraphModelConfig, MODEL, "benchmark")
    trained = train_generator(config, graphs, seed=0, run_directory=folder, fingerprint="guidance")
    generator = trained.generator
    mean, deviation = generator.property_scale.tolist()
    rows = [{"asked": None, **_reached(generator, GraphSamplingConfig(count=count, solver=SOLVER), None)}]
    for steps in DEVIATIONS:
        asked = mean + steps * deviation
        for weight in WEIGHTS:
            sampling = GraphSamplingConfig(count=count, solver=SOLVER, value=asked, guidance=weight)
            rows.append({"asked": asked, "weight": weight, **_reached(generator, sampling, asked)})
    return {
        "property": "logp",
        "molecules": molecules.kind,
        "data": [mean, deviation],
        "steps": trained.report.steps,
        "rows": rows,
    }


def _reached(generator: GraphGenerator, sampling: GraphSamplingConfig, asked: float | None) -> dict[str, float]:
    drawn = sample_graphs(generator, sampling, seed=0).generated.graphs
    values = property_of("logp", drawn)
    values = values[torch.isfinite(values)]
    found = {
        "valid": sum(map(is_valid, to_molecules(drawn))) / len(drawn),
        "mean": values.mean().item(),
        "deviation": values.std().item(),
    }
    return found if asked is None else found | {"mean_absolute_error": (values - asked).abs().mean().item()}
