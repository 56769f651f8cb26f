"""Where PU.1 and CTCF bind in the human genome: 28,677 and 39,184 peaks of 100 bp.

Small letters, which mark repeats, are read as large ones. Twelve peaks are of both factors and stand in the set twice, once
with each label.

Reference: example data of const-ae/Neural_Network_DNA_Demo, as kept in bernardo-de-almeida/DeepSTARR.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from sciml.config.sequences import PeaksConfig
from sciml.io.fetch import sha256
from sciml.sequences.data.encoding import Rules, encode
from sciml.sequences.data.fasta import read_fasta
from sciml.sequences.data.prepare import account, divided, without_duplicates, write_prepared
from sciml.sequences.data.row import Row
from sciml.sequences.data.sequence_set import DNA

LENGTH = 100


def prepare_peaks(data: PeaksConfig, ctcf: Path, pu1: Path, output: str | Path) -> None:
    """The peaks of both files; label `pu1` is 1 or 0; those with unknown letters (N) are left out and counted.

    Raises:
        InputError: a file that is damaged or holds something else, or a split that does not fit.
    """
    rules = Rules(DNA, LENGTH, lower_case="upper")
    found = encode(_rows(ctcf, pu1), rules, "peaks", labels=("pu1",), skip_invalid=True)
    parts = divided(found.sequences, data.split, data.seed, "peaks")
    without_duplicates(found.sequences, parts, found.rows, drop=False)
    facts = {
        "kind": "peaks",
        "title": f"PU.1 and CTCF peaks of {LENGTH} bp",
        "seed": data.seed,
        "source_sha256": {path.name: sha256(path) for path in (ctcf, pu1)},
    }
    write_prepared(found.sequences, parts, output, facts | account(found))


def _rows(*paths: Path) -> Iterator[Row]:
    for label, path in enumerate(paths):
        for row in read_fasta(path, chromosomes=True):
            yield replace(row, labels=(float(label),))
