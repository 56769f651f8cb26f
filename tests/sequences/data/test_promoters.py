"""Human and mouse promoters: their counts, and files that are public as plain text."""

import gzip
import hashlib

from sciml.config.sequences import PromotersConfig
from sciml.io.fetch import SOURCES


def test_counts(prepared, mirror):
    known, parts = prepared(PromotersConfig())
    assert known["sequences"] == {"train": 4812, "validation": 602, "test": 601} and known["length"] == 300
    assert sum(part.labels["human"].sum() for part in parts.values()) == 2929 and known["repeated"] == 0
    with gzip.open(mirror / "sequences" / "hs_pos_TATA.txt.gz", "rt") as file:
        human = set(file.read().split())
    test = parts["test"]
    assert [text in human for text in test.letters()] == (test.labels["human"] == 1).tolist()


def test_unpacked_copies_are_as_good(mirror):
    """The sha256 of the content is that of the public address."""
    for name in ("human_promoters", "mouse_promoters", "yeast_drift", "yeast_random", "yeast_selection"):
        source = SOURCES[name]
        content = gzip.decompress((mirror / source.filename).read_bytes())
        assert source.is_good(hashlib.sha256(content).hexdigest()) and not source.url.endswith(".gz")
