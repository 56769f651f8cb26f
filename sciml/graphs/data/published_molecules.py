"""QM9 and ZINC250k, with the test molecules that the papers use.

As in the papers molecules are kekulised, hydrogens are left out, and so are charges and stereochemistry: 1,845 molecules of
QM9 and 81,325 of ZINC250k have a charged atom.

Reference: Ramakrishnan et al. (2014), doi:10.1038/sdata.2014.22; Irwin et al. (2012), doi:10.1021/ci3001277; the test rows
are those of Liu et al. (2018), arXiv 1805.09076, used by Jo, Lee and Hwang (2022), arXiv 2202.02514, appendix C.2.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Int64

from sciml.graphs.data.molecule_rows import Row, parsed, read_smiles
from sciml.graphs.data.molecule_set import QM9_ATOMS, ZINC_ATOMS, Rules, molecule_set
from sciml.graphs.data.prepare import account, source_digest
from sciml.graphs.data.store import write_graphs
from sciml.io.errors import InputError


@dataclass(frozen=True)
class PublishedSet:
    """A published set of molecules.

    Args:
        title: for the store.
        rules: what its molecules are.
    """

    title: str
    rules: Rules


SETS = {
    "qm9": PublishedSet("QM9", Rules(QM9_ATOMS, 9, charges="drop")),
    "zinc250k": PublishedSet("ZINC250k", Rules(ZINC_ATOMS, 38, charges="drop")),
}


def prepare_published(
    kind: str,
    source: str | Path,
    test_rows: str | Path,
    output: str | Path,
    *,
    train: int | None = None,
    validation: int = 0,
    test: int | None = None,
    seed: int = 0,
) -> None:
    """The molecules of the published training and test sets, or some of them; others are not even read.

    Args:
        kind: `qm9` or `zinc250k`.
        source: CSV or list of SMILES, in the published order.
        test_rows: JSON: the published list of test rows, counted from 0.
        output: Zarr directory to write.
        train: how many training molecules; None for all that there are.
        validation: how many molecules of the training set to hold out.
        test: how many test molecules; None for all.
        seed: chooses validation molecules, and training and test molecules where these are not all.

    Raises:
        InputError: unreadable files, rows that are not there, more molecules asked for than there are, or a molecule that
            is none of the set's.
    """
    rows = read_smiles(source)
    members, parts = chosen_rows(len(rows), read_rows_file(test_rows, len(rows)), train, validation, test, seed)
    stream = (Row(rows[i][0], rows[i][1], parsed(rows[i][1])) for i in members)
    known = SETS[kind]
    found = molecule_set(stream, known.rules, width=known.rules.largest, origin=source)
    source_sha256 = {Path(file).name: source_digest(Path(file)) for file in (source, test_rows)}
    attributes = {"kind": kind, "title": known.title, "seed": seed, "source_sha256": source_sha256}
    write_graphs(found.graphs, parts, output, attributes | account(found))


def read_rows_file(path: str | Path, rows: int) -> list[int]:
    """The published test rows: a list of numbers, or a mapping whose `valid_idxs` lists them.

    Raises:
        InputError: unreadable, something else, a row twice, or one that is not 0 to `rows` - 1.
    """
    try:
        content = json.loads(Path(path).read_text())
        listed = content["valid_idxs"] if isinstance(content, dict) else content
        if not isinstance(listed, list):
            raise TypeError(f"got {type(listed).__name__}")
        numbers = [_row(entry) for entry in listed]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(f"{path}: must be JSON, a list of rows or one named valid_idxs ({error!r})") from error
    seen: set[int] = set()
    for number in numbers:
        if not 0 <= number < rows or number in seen:
            raise InputError(f"{path}: row {number}: must be there once and lie in 0 to {rows - 1}")
        seen.add(number)
    return numbers


def _row(entry: object) -> int:
    """A whole number, or its digits as text, as QM9's file has them."""
    if type(entry) is int or (isinstance(entry, str) and entry.isdecimal()):
        return int(entry)
    raise ValueError(f"{entry!r} is no row")


def chosen_rows(
    rows: int, test_rows: Sequence[int], train: int | None, validation: int, test: int | None, seed: int
) -> tuple[Int64[np.ndarray, " chosen"], np.ndarray]:
    """Which rows are taken, in order, and the split of each: 0 training, 1 validation, 2 test.

    Raises:
        InputError: more asked for than there are.
    """
    others = np.setdiff1d(np.arange(rows), test_rows)
    train = len(others) - validation if train is None else train
    test = len(test_rows) if test is None else test
    if min(train, validation, test) < 0 or train + validation > len(others) or test > len(test_rows):
        raise InputError(
            f"`train` and `validation` must be at most {len(others)} together and `test` at most {len(test_rows)}, "
            f"got {train}, {validation} and {test}"
        )
    generator = np.random.default_rng(seed)
    shuffled = generator.permutation(others)
    tested = generator.permutation(np.asarray(test_rows, dtype=np.int64))[:test]
    members = np.concatenate([shuffled[validation : validation + train], shuffled[:validation], tested])
    order = np.argsort(members)
    return members[order], np.repeat(np.arange(3, dtype=np.int8), (train, validation, test))[order]
