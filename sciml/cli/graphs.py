"""What the verbs do with graphs: those that only graphs have, and the part of the others that is theirs."""

import logging
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sciml.cli.account import origin_of
from sciml.cli.options import FILE, OUTPUT, provenance_of, time_left, write_account, write_json
from sciml.cli.several import leads
from sciml.config.base import read_config, to_yaml
from sciml.config.graph_settings import (
    GraphComparisonJob,
    GraphDataJob,
    GraphEvaluationJob,
    GraphTrainingJob,
)

if TYPE_CHECKING:
    from sciml.graphs.data.graph_set import GraphSet

EXAMPLES = 16
log = logging.getLogger(__name__)


def prepare_graphs(config: Path, output: Path, source: Path | None) -> None:
    """`sciml prepare` of graphs; `source` is the folder of public files, where the data is made of such."""
    from sciml.graphs.data.catalog import prepare_graphs as prepare

    prepare(read_config(GraphDataJob, config).data, output, source)


def train_graphs(
    config: Path,
    data: Path,
    output: Path,
    seed: int,
    run_directory: Path,
    manifest: Path | None,
    events: Path | None,
    time_limit: float | None,
) -> None:
    """`sciml train` of graphs."""
    job = read_config(GraphTrainingJob, config)
    from sciml.graphs.data.store import load_graphs, load_properties
    from sciml.graphs.store import save_generator
    from sciml.graphs.train import train_generator
    from sciml.io.zarr_store import dataset_digest
    from sciml.training.fingerprint import fingerprint

    plain, digest = job.model_dump(mode="json"), dataset_digest(data)
    origin = provenance_of(plain, digest, seed)
    trained = train_generator(
        job.model,
        load_graphs(data, "train"),
        seed=seed,
        run_directory=run_directory,
        fingerprint=fingerprint(plain, digest, seed),
        time_limit=time_left(time_limit),
        properties=load_properties(data, "train"),
    )
    if not leads():
        return
    save_generator(output, trained.generator, job.model)
    write_account(manifest, events, trained.run, {**origin, **asdict(trained.report), "parameters": trained.parameters})


def compare_graphs(config: Path, data: Path, model: Path, output: Path, seed: int) -> None:
    """`sciml compare` of graphs."""
    job = read_config(GraphComparisonJob, config)
    from sciml.graphs.evaluate import compare_samplers
    from sciml.graphs.store import load_generator
    from sciml.io.zarr_store import dataset_digest

    rows = compare_samplers(load_generator(model)[0], job, data, seed=seed, origin=str(model))
    if leads():
        made_by = origin_of(output, job.model_dump(mode="json"), dataset_digest(data), seed)
        write_json(output, {"seed": seed, "rows": rows, "made_by": made_by})


def inspect_graphs(model: Path) -> None:
    """`sciml inspect` of a generator of graphs."""
    from sciml.graphs.store import load_generator
    from sciml.solvers.configured import solver_label

    generator, config = load_generator(model)
    parameters = sum(parameter.numel() for parameter in generator.parameters())
    largest = int(generator.sizes.nonzero().max()) if generator.sizes.any() else 0
    kind = f"molecules of {', '.join(atoms)}" if (atoms := generator.representation.atoms) else "graphs"
    click.echo(f"# {parameters} parameters; makes {kind} of up to {largest} nodes")
    if generator.student is not None:
        click.echo(f"# distilled: sampled by {solver_label(generator.student)}")
    click.echo(to_yaml(config), nl=False)


def sample_graphs(
    config: Path, model: Path, output: Path, seed: int, export: Path | None, guide: Path | None = None
) -> None:
    """`sciml sample` of graphs."""
    job = read_config(GraphEvaluationJob, config)
    from sciml.graphs.guide_store import load_guide
    from sciml.graphs.samples import check_export, export_samples, write_samples
    from sciml.graphs.sampling import sample_graphs as draw
    from sciml.graphs.store import load_generator

    generator, made_of = load_generator(model)
    if export:
        check_export(export, bool(generator.representation.atoms))
    leading = load_guide(guide, generator, made_of, origin=str(model))[0] if guide else None
    sampled = draw(generator, job.evaluation.sampling, leading, seed=seed, origin=str(model))
    if not leads():
        return
    if export:
        export_samples(export, sampled.generated.graphs)
    made_by = origin_of(output, job.model_dump(mode="json"), None, seed)
    write_samples(output, sampled, seed=seed, origin=model.name, made_by=made_by)
    made = sampled.generated
    log.info("%d graphs by %s, %d network calls each", len(made.graphs), made.label, made.nfe)


def score_graphs(
    config: Path, data: Path, samples: Path, output: Path, seed: int, examples: Path | None, name: tuple[str, str]
) -> None:
    """`sciml score` of graphs."""
    job = read_config(GraphEvaluationJob, config)
    from sciml.graphs.data.store import summary
    from sciml.graphs.evaluate import Judge
    from sciml.graphs.guide_reached import asked_of, reached
    from sciml.graphs.samples import read_samples
    from sciml.io.zarr_store import dataset_digest

    graphs, made = read_samples(samples)
    asked = asked_of(made, job.evaluation, str(samples))
    judge = Judge(data, job.evaluation, len(graphs), seed=seed)
    if examples:
        write_json(examples, {"generated": _drawn(graphs), "training": _drawn(judge.train)})
    dataset, title = name
    known = summary(data)
    write_json(
        output,
        {
            "domain": "graphs",
            "dataset": dataset or data.stem,
            "model": title or samples.parent.name,
            "seed": seed,
            "made_by": origin_of(output, job.model_dump(mode="json"), dataset_digest(data), seed),
            "description": known.get("title"),
            "data": {key: known.get(key) for key in ("graphs", "nodes", "atoms", "source_sha256")},
            "solver": made["solver"],
            "nfe": made["nfe"],
            "count": len(graphs),
            "seconds_per_graph": made["seconds_per_graph"],
            "scores": judge.score(graphs),
            "steered": asked is not None,
            "reached": reached(job.evaluation.property, asked, graphs, judge.test),
        },
    )


def _drawn(graphs: "GraphSet") -> list[dict[str, Any]]:
    """Some graphs, evenly spaced: numbers of nodes and their edges, or SMILES as drawn, whatever the valences."""
    import torch

    few = graphs.take(torch.linspace(0, len(graphs) - 1, min(EXAMPLES, len(graphs))).long())
    if few.molecules:
        from rdkit import Chem

        from sciml.graphs.correction import is_valid
        from sciml.graphs.molecules import to_molecules

        return [{"smiles": Chem.MolToSmiles(found), "valid": is_valid(found)} for found in to_molecules(few)]
    return [
        {"nodes": int(size), "edges": edges.triu(1).nonzero().tolist()}
        for size, edges in zip(few.sizes, few.edges, strict=True)
    ]


@click.command("import-gdss")
@click.argument("checkpoint", type=FILE)
@OUTPUT
@click.option("--data", type=FILE, help="Prepared data it was trained on: for the sizes of graphs and the prior's moments.")
@click.option("--averaged/--last", default=None, help="Which weights; by default as the file's own settings say.")
def import_gdss(checkpoint: Path, output: Path, data: Path | None, averaged: bool | None) -> None:
    """Read a checkpoint of GDSS's authors, without executing any code, and write a model file.

    Without --data all graphs have the largest size, and sampling starts from pure noise, which such models never reach.
    """
    from sciml.graphs.data.store import load_graphs
    from sciml.graphs.import_gdss import imported, read_checkpoint
    from sciml.graphs.store import save_generator

    found = read_checkpoint(checkpoint, averaged=averaged)
    generator, config = imported(found, load_graphs(data, "train") if data else None, str(data))
    save_generator(output, generator, config)
    log.info("%s: %s, graphs of up to %d nodes", checkpoint, found.data, found.nodes)
