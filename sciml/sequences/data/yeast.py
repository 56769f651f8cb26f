"""Promoters in yeast with measured expression: 110 bp, of which the 80 between constant ends differ.

| table | sequences | rows | medium |
| --- | --- | --- | --- |
| drift | random sequences with 1 to 3 mutations, families of 3 | 2,983 | complex |
| selection | steps of simulated evolution towards high or low expression, families of up to 24 | 10,322 | complex |
| random | random sequences | 5,289 | defined |

The beginnings of the way up and of the way down are the same measurement in two rows: 430 of them, of which one is kept.
A family is of one split, as its sequences differ in few letters.

Reference: Vaishnav et al. (2022), The evolution, evolvability and engineering of gene regulatory DNA,
doi:10.1038/s41586-022-04506-6.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from sciml.config.sequences import YeastConfig
from sciml.io.fetch import sha256
from sciml.sequences.data.encoding import Rules, encode
from sciml.sequences.data.prepare import account, divided, write_prepared
from sciml.sequences.data.row import Row
from sciml.sequences.data.sequence_set import DNA
from sciml.sequences.data.split import Groups, identical
from sciml.sequences.data.tables import Columns, read_table

LENGTH = 110
COMPLEX, DEFINED = 0.0, 1.0


def prepare_yeast(data: YeastConfig, drift: Path, random: Path, selection: Path, output: str | Path) -> None:
    """The promoters measured in the medium asked for; labels are `expression` and `defined`, 1 for the defined medium.

    Raises:
        InputError: a file that is damaged or holds something else, or a split that does not fit.
    """
    rows, repeated = _once(_rows(data.medium, drift, random, selection))
    found = encode(rows, Rules(DNA, LENGTH), "yeast", labels=("expression", "defined"))
    families = joined_families([str(row.chromosome) for row in found.rows], identical(found.sequences.tokens))
    parts = divided(found.sequences, data.split, data.seed, "yeast", families)
    facts = {
        "kind": "yeast",
        "title": f"Yeast promoters of {LENGTH} bp with measured expression",
        "seed": data.seed,
        "source_sha256": {path.name: sha256(path) for path in (drift, random, selection)},
        "families": int(families.max()) + 1,
        "repeated_measurements": repeated,
    }
    write_prepared(replace(found.sequences, chromosomes=None), parts, output, facts | account(found))


def joined_families(names: Sequence[str], groups: Groups) -> Groups:
    """Number of the family of each sequence, from 0; families that share a sequence are one.

    Args:
        names: of the family of each.
        groups: numbers of the sets of equal sequences, from 0 without gaps.
    """
    family = np.unique(names, return_inverse=True)[1]
    size = family.max() + groups.max() + 2
    links = coo_array((np.ones(len(family)), (family, family.max() + 1 + groups)), shape=(size, size))
    component = connected_components(links, directed=False)[1]
    return np.unique(component[family], return_inverse=True)[1]


def _rows(medium: str, drift: Path, random: Path, selection: Path) -> Iterator[Row]:
    """The rows of all tables, with the name of the family in the place of a chromosome."""
    if medium != "defined":
        for path, expression in ((drift, "meanEL.mut"), (selection, "meanEL")):
            for row in read_table(path, Columns("seq110", (expression,), "baseSeq"), kind=".csv"):
                yield replace(row, labels=(*row.labels, COMPLEX), chromosome=f"{path.name} {row.chromosome}")
    if medium != "complex":
        for row in read_table(random, Columns("seq110", ("Measured Expression",)), kind=".csv"):
            yield replace(row, labels=(*row.labels, DEFINED), chromosome=row.where)


def _once(rows: Iterator[Row]) -> tuple[list[Row], int]:
    """Rows without those whose sequence and labels were there before, and how many these are."""
    seen: dict[tuple[str, tuple[float, ...]], Row] = {}
    repeated = 0
    for row in rows:
        repeated += seen.setdefault((row.text, row.labels), row) is not row
    return list(seen.values()), repeated
