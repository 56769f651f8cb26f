"""From rows of letters to one prepared store with a split."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sciml.config.sequences import ChromosomeSplit, SequenceFileConfig
from sciml.io.errors import InputError
from sciml.io.fetch import sha256
from sciml.io.split import SPLITS, UNUSED
from sciml.sequences.data.encoding import Encoded, Rules, encode
from sciml.sequences.data.row import Row
from sciml.sequences.data.sequence_files import read_rows
from sciml.sequences.data.sequence_set import DNA, PROTEIN, SequenceSet
from sciml.sequences.data.split import Groups, Parts, identical, parts_by_chromosome, parts_by_shares, straddling
from sciml.sequences.data.store import write_sequences
from sciml.sequences.data.tables import Columns

ALPHABETS = {"dna": DNA, "protein": PROTEIN}
Split = ChromosomeSplit | Sequence[int | float]


def prepare_file(data: SequenceFileConfig, output: str | Path) -> None:
    """A user's DNA or proteins.

    Args:
        data: file and what is allowed.
        output: Zarr directory to write.

    Raises:
        InputError: what is wrong, by file, line, column and letter; equal sequences in two splits, by both lines.
    """
    path = Path(data.path)
    rows = read_rows(path, Columns(data.column, data.labels, data.chromosomes))
    rules = Rules(ALPHABETS[data.alphabet], data.length, data.lower_case)
    found = encode(rows, rules, str(path), labels=data.labels, skip_invalid=data.skip_invalid)
    parts = divided(found.sequences, data.split, data.seed, str(path))
    kept = without_duplicates(found.sequences, parts, found.rows, drop=data.duplicates == "drop")
    facts = {"kind": "file", "title": path.name, "seed": data.seed, "source_sha256": sha256(path)}
    dropped = {"duplicates_dropped": int((kept != parts).sum())}
    write_prepared(found.sequences, kept, output, facts | account(found) | dropped)


def divided(sequences: SequenceSet, split: Split, seed: int, origin: str, groups: Groups | None = None) -> Parts:
    """Label of each sequence: 0 training, 1 validation, 2 test, -1 unused.

    Args:
        sequences: to be split.
        split: chromosomes held out; or three counts or shares, shuffled by `seed`.
        seed: of the shuffle.
        origin: what to call the data in an error.
        groups: what shares keep together; by default equal sequences.

    Raises:
        InputError: a split that does not fit.
    """
    if isinstance(split, ChromosomeSplit):
        return parts_by_chromosome(sequences.chromosomes, split.model_dump(), origin)
    return parts_by_shares(identical(sequences.tokens) if groups is None else groups, split, seed)


def without_duplicates(sequences: SequenceSet, parts: Parts, rows: Sequence[Row], *, drop: bool) -> Parts:
    """The parts without sequences of which an equal one is in a later split: that of training goes, that of test stays.

    Args:
        sequences: of all parts.
        parts: of each.
        rows: where each stands.
        drop: leave such sequences unused, instead of an error at the first.

    Raises:
        InputError: there is such a sequence, by its two rows.
    """
    faulty, pair = straddling(identical(sequences.tokens), parts)
    if pair and not drop:
        one, other = (f"{rows[k].where} ({SPLITS[parts[k]]})" for k in pair)
        advice = "`duplicates: drop` keeps the latter alone"
        raise InputError(f"{one} and {other} have the same sequence, which two splits must not share; {advice}")
    return np.where(faulty, np.int8(UNUSED), parts)


def write_prepared(sequences: SequenceSet, parts: Parts, output: str | Path, attributes: Mapping[str, Any]) -> None:
    """Writes a set, and how many of its sequences repeat another one, and how many labels were not measured."""
    copies = len(sequences) - int(identical(sequences.tokens).max()) - 1
    missing = {name: int(np.isnan(values).sum()) for name, values in sequences.labels.items()}
    write_sequences(sequences, parts, output, dict(attributes) | {"repeated": copies, "not_measured": missing})


def account(found: Encoded) -> dict[str, Any]:
    """What was left out of a set, for the store."""
    return {"left_out": found.left_out, "left_out_examples": found.examples}
