"""GDSS measured: imported checkpoints, few-call sampling, metrics, engineering, and training from scratch.

    python benchmarks/graphs.py --quick --json [--checkpoint FILE --reference FILE.npz]
    python benchmarks/graphs.py --full [--trained NAME=FILE ...] [--only PART ...] [--output FILE]

A checkpoint is one of GDSS's authors; without the option, that of community_small in the folder that the environment
variable SCIML_MIRROR names, or in ../shared/data beside the checkout. What needs a checkpoint and finds none is null, and
named under `skipped`. `--full` adds the checkpoint of QM9, guidance, and models trained by `sciml train`, given as
community_small=FILE and QM9=FILE beside their manifests; `--only` takes the first letters of some parts, such as
"imported", and leaves the others in the file as they are. `published code qm9` there is not measured here: the authors' own
sampler was run beside this project on the same checkpoint, and its 10,000 molecules were scored like all others.

Discrepancies are squared MMDs, the mean over degree, clustering and orbit. `mmd_mean` is the biased estimator by the
published protocol, on subsets of the test set's size, for comparison; unbiased ones with floors are beside it.
"""

import argparse
import json
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from graph_bars import (
    AUTHORS,
    BATCH,
    DATA,
    FEW_CALLS,
    difference_of_means,
    differences,
    engineering,
    imported_with_data,
    metrics_seconds,
    molecules,
    published_mean,
)
from graph_guidance import guidance
from public_files import public_files

from sciml.cli.allocator import keep_freed_memory
from sciml.config.graph_settings import GraphEvaluationConfig, GraphSamplingConfig
from sciml.config.graphs import CommunitySmallConfig
from sciml.config.solvers import SolverConfig
from sciml.graphs.data.catalog import prepare_graphs
from sciml.graphs.data.store import load_graphs
from sciml.graphs.evaluate import Judge, row
from sciml.graphs.import_gdss import read_checkpoint
from sciml.graphs.sampling import sample_graphs
from sciml.graphs.store import load_generator
from sciml.io.atomic import atomic_file
from sciml.io.provenance import git_commit


def quick(checkpoint: Path | None, reference: Path | None, mirror: Path | None, folder: Path) -> dict[str, Any]:
    """What takes less than a minute."""
    checkpoint, reference = _found(checkpoint, reference, mirror)
    found: dict[str, Any] = {
        "import_max_abs_diff": None,
        "import_max_rel_diff": None,
        "sample_calls": None,
        "sample_cpu_s_128": None,
        "mmd_mean": None,
        "mmd_interval": None,
        "metrics_cpu_s": metrics_seconds(),
        "engineering": (ratios := engineering()),
        "engineering_ratio": {name: value["ratio"] for name, value in ratios.items()},
        "skipped": [],
    }
    if checkpoint is None:
        found["skipped"].append("no checkpoint: give --checkpoint, or set SCIML_MIRROR")
        return found
    if reference is None:
        found["skipped"].append("no reference: give --reference")
    else:
        absolute, relative = differences(read_checkpoint(checkpoint), reference)
        found |= {"import_absolute": absolute, "import_relative": relative}
        found |= {"import_max_abs_diff": max(absolute.values()), "import_max_rel_diff": max(relative.values())}
    generator, data, name = imported_with_data(checkpoint, mirror, folder)
    found["checkpoint"] = name
    if generator.representation.atoms:
        sampling = FEW_CALLS.model_copy(update={"count": 512, "batch": 512})
        sampled = sample_graphs(generator, sampling, seed=0)
        found |= {"sample_calls": sampled.generated.nfe, "sample_cpu_s_128": 128 * sampled.seconds_per_graph}
        judge = Judge(data, GraphEvaluationConfig(molecules=("nspdk",), most=1000), 512, seed=0)
        found["molecules"] = judge.score(sampled.generated.graphs)
        return found
    community = published_mean(generator, data, FEW_CALLS, seeds=1)
    found |= {"sample_calls": community["calls"], "sample_cpu_s_128": community["cpu_s_128"]}
    return found | {"mmd_mean": community["published"], "mmd_interval": community["interval"], "sampling": community}


def full(
    mirror: Path | None, trained: dict[str, Path], folder: Path, output: Path, only: Sequence[str] = ()
) -> dict[str, Any]:
    """Every bar, or those whose names begin with one of `only`.

    The file is written anew after each, with the commit it was measured at, and keeps what is not measured again.
    """
    found: dict[str, Any] = json.loads(output.read_text()) if output.is_file() else {}
    for name, measure in _measures(mirror, trained, folder).items():
        if not only or name.startswith(tuple(only)):
            found[name] = measure() | {"git_commit": git_commit()}
            write(output, found)
    return found


def _measures(mirror: Path | None, trained: dict[str, Path], folder: Path) -> dict[str, Callable[[], dict[str, Any]]]:
    measures: dict[str, Callable[[], dict[str, Any]]] = {"quick": partial(quick, None, None, mirror, folder)}
    measures |= {f"trained {name}": partial(_trained, name, path, mirror, folder) for name, path in trained.items()}
    measures["guidance"] = partial(guidance, mirror, folder)
    if mirror is not None:
        measures |= {f"imported {name}": partial(_imported, name, mirror, folder) for name in ("community_small", "qm9")}
        names = {"ENZYMES": "enzymes", "ZINC250k": "zinc250k", "community_small": "community_small"}
        measures["engineering at real sizes"] = lambda: engineering(
            sizes={name: _sizes(key, mirror, folder) for name, key in names.items()}
        )
    return measures


def write(path: Path, found: dict[str, Any]) -> None:
    """One JSON object, whole or not at all."""
    with atomic_file(path) as temporary:
        temporary.write_text(json.dumps(found, indent=1) + "\n")


def _imported(name: str, mirror: Path, folder: Path) -> dict[str, Any]:
    checkpoint, reference = (mirror / "checkpoints" / f for f in (f"gdss_{name}.pth", f"reference_{name}.npz"))
    generator, data, _ = imported_with_data(checkpoint, mirror, folder)
    absolute, relative = differences(read_checkpoint(checkpoint), reference)
    found: dict[str, Any] = {"absolute_differences": absolute, "relative_differences": relative}
    if not generator.representation.atoms:
        few = published_mean(generator, data, FEW_CALLS, seeds=4)
        theirs = published_mean(generator, data, AUTHORS[name], seeds=4)
        apart = difference_of_means(few["published_by_seed"], theirs["published_by_seed"])
        return found | {"few_calls": few, "authors_sampler": theirs, "few_calls_less_authors": apart}
    ways = {
        "langevin": SolverConfig(name="ddim", eta=1.0, steps=49, corrections=1, snr=0.2, noise_scale=0.7, grid="log_snr"),
        "few_calls": FEW_CALLS.solver.model_copy(update={"steps": 49}),
    }
    for way, solver in ways.items():
        sampling = GraphSamplingConfig(count=10_000, solver=solver, batch=1000)
        found[way] = molecules(generator, data, sampling, most=10_000)
    as_many = AUTHORS[name].model_copy(update={"solver": ways["langevin"]})
    # their steps, but Langevin steps as long as the noise level asks for, where theirs follow the size of the network's own
    # scores: not their sampler, which is in the row of the published code
    for way, sampling in {"authors_steps_own_norms": AUTHORS[name], "langevin_as_many": as_many}.items():
        found[way] = molecules(generator, data, sampling, most=10_000)
    return found


def _trained(name: str, path: Path, mirror: Path | None, folder: Path) -> dict[str, Any]:
    data = folder / f"trained_{name}.zarr"
    prepare_graphs(CommunitySmallConfig() if name == "community_small" else DATA[name], data, mirror)
    generator, config = load_generator(path)
    manifest = path.with_name("manifest.json")
    made = json.loads(manifest.read_text()) if manifest.is_file() else {}
    count = 10_000 if generator.representation.atoms else 1024
    evaluation = GraphEvaluationConfig(
        law="none" if generator.representation.atoms else "community", most=10_000, molecules=("fcd", "nspdk")
    )
    judge, rows = Judge(data, evaluation, count, seed=0), []
    for steps in (19, 49):
        solver = SolverConfig(name="dpm_solver_pp_sde", order=2, steps=steps)
        rows.append(row(sample_graphs(generator, GraphSamplingConfig(count=count, solver=solver), seed=0), judge))
    spent = {key: made.get(key) for key in ("cpu_seconds", "steps", "parameters", "git_commit")}
    return {"training": spent, "model": config.model_dump(mode="json"), "rows": rows}


def _sizes(name: str, mirror: Path, folder: Path) -> torch.Tensor:
    key = {"enzymes": "ENZYMES", "zinc250k": "ZINC250k"}.get(name, name)
    store = folder / f"{key}.zarr"
    if not store.exists():
        prepare_graphs(DATA[key], store, mirror)
    sizes = load_graphs(store, "train").sizes
    chosen = torch.randperm(len(sizes), generator=torch.Generator().manual_seed(0))[: BATCH[key]]
    return sizes[chosen].long()


def _found(checkpoint: Path | None, reference: Path | None, mirror: Path | None) -> tuple[Path | None, Path | None]:
    if checkpoint is not None or mirror is None:
        return checkpoint, reference
    folder = mirror / "checkpoints"
    pair = folder / "gdss_community_small.pth", folder / "reference_community_small.npz"
    return (pair[0] if pair[0].is_file() else None), (pair[1] if pair[1].is_file() else None)


def _named(text: str) -> tuple[str, Path]:
    name, _, path = text.partition("=")
    return name, Path(path)


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--json", action="store_true", help="print one JSON object only")
    parser.add_argument("--checkpoint", type=Path)
    parser.add_argument("--reference", type=Path)
    parser.add_argument("--trained", type=_named, nargs="*", default=[], metavar="NAME=FILE")
    parser.add_argument("--only", nargs="*", default=[], metavar="PART")
    parser.add_argument("--output", type=Path, default=Path(__file__).with_name("graphs.json"))
    arguments = parser.parse_args()
    if arguments.reference is not None and arguments.checkpoint is None:
        parser.error("--reference needs --checkpoint, the model that it is of")
    keep_freed_memory()
    torch.set_num_threads(1)
    source = public_files()
    with tempfile.TemporaryDirectory() as folder:
        if arguments.full:
            found = full(source, dict(arguments.trained), Path(folder), arguments.output, arguments.only)
        else:
            found = quick(arguments.checkpoint, arguments.reference, source, Path(folder))
    print(json.dumps(found, indent=None if arguments.json else 1))


if __name__ == "__main__":
    main()
