"""From public files, or a user's own, to one prepared store with a split."""

import hashlib
import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import networkx as nx
import numpy as np
import torch
from jaxtyping import Int8

from sciml.graphs.data.citeseer import citation_graph, ego_small
from sciml.graphs.data.enumerated_molecules import VALENCES, enumerated_molecules
from sciml.graphs.data.graph_files import READERS, check_size, read_graph_files
from sciml.graphs.data.graph_set import GraphSet, graph_set
from sciml.graphs.data.molecule_rows import ENDINGS, Row, ending, read_rows
from sciml.graphs.data.molecule_set import ZINC_ATOMS, MoleculeSet, Rules, molecule_set
from sciml.graphs.data.overlap import isomorphic_to_training
from sciml.graphs.data.store import Properties, write_graphs
from sciml.graphs.data.tu_folder import enzymes, is_tu_folder, read_tu_folder
from sciml.graphs.molecules import from_molecules
from sciml.io.errors import InputError
from sciml.io.fetch import sha256
from sciml.io.split import labels

PYG = (".pt", ".pth")
log = logging.getLogger(__name__)
Split = Sequence[int | float]


def prepare_ego_small(
    source: str | Path, output: str | Path, *, split: Split = (0.7, 0.1, 0.2), published_split: bool = False, seed: int = 0
) -> None:
    """ego_small from Planetoid's `ind.citeseer.graph`.

    Args:
        source: that file.
        output: Zarr directory to write.
        split: three counts or three fractions of the graphs, shuffled by `seed`.
        published_split: instead, the authors': the first fifth is the test set, the rest training.

    Raises:
        InputError: a source that cannot be read, or a split that does not fit.
    """
    title = "ego_small: neighbourhoods in the CiteSeer citation network"
    _prepare_real("ego_small", title, ego_small(citation_graph(source)), source, output, split, published_split, seed)


def prepare_enzymes(
    source: str | Path, output: str | Path, *, split: Split = (0.7, 0.1, 0.2), published_split: bool = False, seed: int = 0
) -> None:
    """ENZYMES from its TU folder; arguments as those of `prepare_ego_small`."""
    graphs = enzymes(read_tu_folder(source))
    _prepare_real("enzymes", "ENZYMES: protein graphs", graphs, source, output, split, published_split, seed)


def prepare_molecules(output: str | Path, *, largest: int = 6, split: Split = (20_000, 2_000, 5_000), seed: int = 0) -> None:
    """Some of all molecules of at most `largest` atoms C, N, O and F, shuffled by `seed`; counts left over stay unused."""
    molecules = enumerated_molecules(largest)
    parts = labels(len(molecules), split, seed)
    used = [molecule for molecule, part in zip(molecules, parts, strict=True) if part >= 0]
    graphs = from_molecules(used, tuple(VALENCES), largest=largest)
    title = f"Molecules of C, N, O and F with at most {largest} heavy atoms"
    write_graphs(graphs, parts[parts >= 0], output, {"kind": "molecules", "title": title, "seed": seed})


def prepare_file(
    path: str | Path,
    output: str | Path,
    *,
    column: str = "smiles",
    properties: Sequence[str] = (),
    atoms: Sequence[str] | None = None,
    largest: int = 500,
    charges: Literal["refuse", "drop"] = "refuse",
    skip_invalid: bool = False,
    split: Split = (0.8, 0.1, 0.1),
    seed: int = 0,
) -> None:
    """A user's graphs or molecules, told by the ending of the file or by what a folder holds.

    Args:
        path: SMILES (.smi, .txt), CSV or SDF, also with .gz; edge lists (.edges, .edgelist) or GraphML, or a folder of
            them; a TU folder; PyG data (.pt).
        output: Zarr directory to write.
        column: of SMILES in a CSV.
        properties: columns of a CSV or fields of an SDF, with a number for each molecule.
        atoms: element symbols of molecules; by default those of ZINC250k; PyG data are molecules only where given.
        largest: most nodes, or heavy atoms, of a graph.
        charges: of molecules, see `Rules`.
        skip_invalid: leave out molecules that are not allowed; how many, and why, stands in the store.
        split: three counts or three fractions of the graphs, shuffled by `seed`.
        seed: of the shuffle.

    Raises:
        InputError: what is wrong, by file, line and molecule or graph.
    """
    path = Path(path)
    if not path.exists():
        raise InputError(f"{path}: no such file or folder")
    attributes = {"kind": "file", "title": path.name, "seed": seed, "source_sha256": source_digest(path)}
    pyg_molecules = path.suffix in PYG and atoms is not None
    if path.is_dir() or (ending(path) not in ENDINGS and not pyg_molecules):
        graphs = _graphs(path, largest, atoms)
        write_plain(graphs, labels(len(graphs), split, seed), output, attributes)
        return
    rules = Rules(ZINC_ATOMS if atoms is None else tuple(atoms), largest, charges)
    if pyg_molecules:
        rows = _pyg_rows(path, rules.atoms, largest, properties)
    else:
        rows = read_rows(path, column=column, properties=properties)
    found = molecule_set(rows, rules, skip_invalid=skip_invalid, origin=path)
    parts = labels(len(found.graphs), split, seed)
    named = Properties(tuple(properties), found.properties)
    write_plain(found.graphs, parts, output, attributes | account(found), named)


def account(found: MoleculeSet) -> dict[str, Any]:
    """What was left out of the set and of its molecules, for the store."""
    return {"charges_left_out": found.charged, "left_out": found.left_out, "left_out_examples": found.examples}


def source_digest(path: Path) -> str:
    """sha256 of a file; of a folder, that of the names and sha256 of its files."""
    if path.is_file():
        return sha256(path)
    files = sorted(file for file in path.iterdir() if file.is_file())
    return hashlib.sha256("".join(f"{file.name} {sha256(file)}\n" for file in files).encode()).hexdigest()


def write_plain(
    graphs: GraphSet,
    parts: Int8[np.ndarray, " graph"],
    output: str | Path,
    attributes: Mapping[str, Any],
    properties: Properties | None = None,
) -> None:
    """Writes graphs, and how many test graphs are isomorphic to training graphs, 0 where there is no training; and warns."""
    train, test = (graphs.take(torch.from_numpy(parts == k)) for k in (0, 2))
    copies = isomorphic_to_training(train, test) if len(train) and len(test) else 0
    if copies:
        text = "%s: %d of %d test graphs are copies of training graphs: scores reward memory"
        log.warning(text, output, copies, len(test))
    write_graphs(graphs, parts, output, dict(attributes) | {"test_isomorphic_to_train": copies}, properties)


def _prepare_real(
    kind: str,
    title: str,
    graphs: list[nx.Graph],
    source: str | Path,
    output: str | Path,
    split: Split,
    published_split: bool,
    seed: int,
) -> None:
    parts = _published(len(graphs)) if published_split else labels(len(graphs), split, seed)
    attributes = {"kind": kind, "title": title, "seed": seed, "source_sha256": source_digest(Path(source))}
    write_plain(graph_set(graphs), parts, output, attributes)


def _published(count: int) -> Int8[np.ndarray, " graph"]:
    parts = np.zeros(count, dtype=np.int8)
    parts[: count // 5] = 2
    return parts


def _pyg_rows(path: Path, atoms: tuple[str, ...], largest: int, properties: Sequence[str]) -> Iterator[Row]:
    from sciml.graphs.data.pyg import pyg_rows, read_pyg  # loads PyTorch Geometric: only where it is needed

    if properties:
        raise InputError(f"{path}: `properties` need a CSV or SDF, got {', '.join(properties)}")
    return pyg_rows(read_pyg(path), atoms, largest=largest, origin=str(path))


def _graphs(path: Path, largest: int, atoms: Sequence[str] | None) -> GraphSet:
    if path.suffix in PYG and path.is_file():
        from sciml.graphs.data.pyg import from_pyg, read_pyg  # loads PyTorch Geometric: only where it is needed

        return from_pyg(read_pyg(path), largest=largest, origin=str(path))
    if atoms:
        raise InputError(f"{path}: `atoms` are for molecules, and graphs of this format have none; got {', '.join(atoms)}")
    if path.is_dir() and is_tu_folder(path):
        graphs = read_tu_folder(path)
        for number, graph in enumerate(graphs, start=1):
            check_size(graph.number_of_nodes(), f"{path}: graph {number}", largest)
        return graph_set(graphs)
    if path.is_dir() or path.suffix in READERS:
        return graph_set(read_graph_files(path, largest=largest))
    allowed = ", ".join((*ENDINGS, *READERS, *PYG))
    raise InputError(f"{path}: ending {path.suffix!r} is not known; allowed: {allowed}, or a folder")
