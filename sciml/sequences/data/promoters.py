"""Human and mouse promoters with a TATA box: 2,929 and 3,086 sequences of 300 bp.

Reference: Oubounyt et al. (2019), DeePromoter, doi:10.3389/fgene.2019.00286, from the Eukaryotic Promoter Database.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from sciml.config.sequences import PromotersConfig
from sciml.io.fetch import sha256
from sciml.sequences.data.encoding import Rules, encode
from sciml.sequences.data.prepare import account, divided, write_prepared
from sciml.sequences.data.row import Row
from sciml.sequences.data.sequence_files import read_list
from sciml.sequences.data.sequence_set import DNA

LENGTH = 300


def prepare_promoters(data: PromotersConfig, human: Path, mouse: Path, output: str | Path) -> None:
    """The promoters of both files; label `human` is 1 or 0.

    Raises:
        InputError: a file that is damaged or holds something else, or a split that does not fit.
    """
    found = encode(_rows(mouse, human), Rules(DNA, LENGTH), "promoters", labels=("human",))
    parts = divided(found.sequences, data.split, data.seed, "promoters")
    facts = {
        "kind": "promoters",
        "title": f"Human and mouse promoters of {LENGTH} bp with a TATA box",
        "seed": data.seed,
        "source_sha256": {path.name: sha256(path) for path in (human, mouse)},
    }
    write_prepared(found.sequences, parts, output, facts | account(found))


def _rows(*paths: Path) -> Iterator[Row]:
    for label, path in enumerate(paths):
        for row in read_list(path):
            yield replace(row, labels=(float(label),))
