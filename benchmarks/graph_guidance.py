"""What guidance on logP does, classifier-free and by a guide: the property asked for, and the one that RDKit finds."""

from pathlib import Path
from typing import Any

from sciml.config.base import parse
from sciml.config.graph_models import GraphGuideConfig, GraphModelConfig
from sciml.config.graph_settings import GraphSamplingConfig
from sciml.config.graphs import MoleculesConfig, PublishedMoleculesConfig
from sciml.config.solvers import SolverConfig
from sciml.graphs.correction import is_valid
from sciml.graphs.data.catalog import prepare_graphs
from sciml.graphs.data.graph_set import GraphSet
from sciml.graphs.data.store import load_graphs
from sciml.graphs.generator import GraphGenerator
from sciml.graphs.guide import GraphGuide
from sciml.graphs.guide_reached import reached
from sciml.graphs.guide_train import train_guide
from sciml.graphs.molecules import to_molecules
from sciml.graphs.sampling import sample_graphs
from sciml.graphs.train import TrainedGenerator, train_generator

MODEL = {
    "net": {"kind": "graph_transformer", "width": 64, "pair_width": 32, "layers": 4},
    "training": {"cpu_seconds": 200, "batch": 64, "rate": 2.0e-3, "precision": "32"},
}
GUIDE = {"property": "logp", "training": {"cpu_seconds": 60, "batch": 128, "rate": 3.0e-3, "precision": "32"}}
DEVIATIONS = (-2.0, 0.0, 2.0)
WEIGHTS = (1.0, 2.0, 4.0)
SOLVER = SolverConfig(name="dpm_solver_pp_sde", order=2, steps=29)


def guidance(mirror: Path | None, folder: Path, count: int = 256) -> dict[str, Any]:
    """A model trained with logP, and one trained without it that a guide leads, and what they make of values asked for.

    Args:
        mirror: folder of public files; its QM9 is taken, 20,000 molecules. None: the enumerated molecules.
        folder: for data and checkpoints.
        count: molecules for each value and weight.
    """
    data = folder / "conditional.zarr"
    molecules = MoleculesConfig() if mirror is None else PublishedMoleculesConfig(kind="qm9", train=20_000)
    prepare_graphs(molecules, data, mirror)
    graphs, test = load_graphs(data, "train"), load_graphs(data, "test").take(slice(2048))
    told, untold = (_trained(condition, graphs, folder) for condition in ("logp", "none"))
    mean, deviation = told.generator.property_scale.tolist()
    guide = train_guide(
        parse(GraphGuideConfig, GUIDE, "benchmark"),
        untold.generator,
        graphs,
        seed=0,
        run_directory=folder,
        fingerprint="guide",
    )
    asked = [mean + steps * deviation for steps in DEVIATIONS]
    return {
        "property": "logp",
        "molecules": molecules.kind,
        "data": [mean, deviation],
        "steps": told.report.steps,
        "rows": _rows(told.generator, None, asked, test, count),
        "by_guide": {
            "steps": untold.report.steps,
            "guide_steps": guide.report.steps,
            "guide_parameters": guide.parameters,
            "rows": _rows(untold.generator, guide.guide, asked, test, count),
        },
    }


def _trained(condition: str, graphs: GraphSet, folder: Path) -> TrainedGenerator:
    config = parse(GraphModelConfig, MODEL | {"condition": condition}, "benchmark")
    return train_generator(config, graphs, seed=0, run_directory=folder, fingerprint=f"guidance {condition}")


def _rows(
    generator: GraphGenerator, guide: GraphGuide | None, asked: list[float], test: GraphSet, count: int
) -> list[dict[str, Any]]:
    """What is reached without a value, and with each value and weight."""
    plain = GraphSamplingConfig(count=count, solver=SOLVER)
    rows = [{"asked": None, **_reached(generator, None, plain, test)}]
    for value in asked:
        for weight in WEIGHTS:
            sampling = GraphSamplingConfig(count=count, solver=SOLVER, value=value, guidance=weight)
            rows.append({"asked": value, "weight": weight, **_reached(generator, guide, sampling, test)})
    return rows


def _reached(
    generator: GraphGenerator, guide: GraphGuide | None, sampling: GraphSamplingConfig, test: GraphSet
) -> dict[str, float]:
    drawn = sample_graphs(generator, sampling, guide, seed=0)
    graphs = drawn.generated.graphs
    found = reached("logp", sampling.value, graphs, test)
    assert found is not None
    names = ("mean", "deviation") + (() if sampling.value is None else ("mean_absolute_error",))
    valid = sum(map(is_valid, to_molecules(graphs))) / len(graphs)
    return {"valid": valid, **{name: found[name] for name in names}, "seconds_per_graph": drawn.seconds_per_graph}
