"""Motifs of transcription factors: how often each letter stood at each place of the sites a factor was seen to bind.

Reference: Wasserman and Sandelin (2004), Applied bioinformatics for the identification of regulatory elements,
doi:10.1038/nrg1315; Rauluseviciute et al. (2024), JASPAR 2024, doi:10.1093/nar/gkad1059.
"""

import warnings
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cache

import numpy as np
from jaxtyping import Float64

from sciml.io.errors import InputError
from sciml.sequences.data.sequence_set import DNA

RELEASE = "JASPAR2024"


@dataclass(frozen=True, eq=False)
class Motif:
    """A matrix of counts.

    Args:
        identity: of the matrix with its version, such as MA0080.7.
        name: of the factor, such as Spi1; several matrices may share one.
        counts: of A, C, G, T at each place; columns may add up to different numbers.
    """

    identity: str
    name: str
    counts: Float64[np.ndarray, "4 width"]

    @property
    def width(self) -> int:
        """Letters of a site."""
        return self.counts.shape[1]

    def reverse_complement(self) -> "Motif":
        """The motif as read on the other strand."""
        return Motif(self.identity, self.name, self.counts[::-1, ::-1].copy())

    def probabilities(self, gc: float = 0.5) -> Float64[np.ndarray, "4 width"]:
        """p_cj = (n_cj + b_c sqrt(N)) / (N_j + sqrt(N)), N_j the count of column j and N the mean of them.

        Args:
            gc: share of G and C in the background b, in (0, 1).
        """
        total = self.counts.sum(0)
        pseudocount = np.sqrt(total.mean())
        return (self.counts + pseudocount * background(gc)[:, None]) / (total + pseudocount)

    def log_odds(self, gc: float = 0.5) -> Float64[np.ndarray, "4 width"]:
        """log2(p_cj / b_c) in bits, of which a site's score is the sum over its letters; `gc` as of `probabilities`."""
        return np.log2(self.probabilities(gc) / background(gc)[:, None])


def background(gc: float) -> Float64[np.ndarray, "4"]:
    """Probabilities of A, C, G, T where both strands are alike.

    Raises:
        ValueError: `gc` does not lie in (0, 1).
    """
    if not 0 < gc < 1:
        raise ValueError(f"`gc` must lie in (0, 1), got {gc}")
    return np.array([1 - gc, gc, gc, 1 - gc]) / 2


def read_motifs(release: str = RELEASE, group: str = "vertebrates", collection: str = "CORE") -> tuple[Motif, ...]:
    """The latest version of every motif of a JASPAR release, by identity, from the files of the pyjaspar package.

    Args:
        release: JASPAR2014, 2016, ... 2026.
        group: of species: vertebrates, insects, nematodes, plants, fungi, urochordates, diatoms.
        collection: of the data base; CORE is the curated one.

    Raises:
        InputError: pyjaspar has no such release, or the release no such motifs.
    """
    return _read(release, group, collection)


@cache
def _read(release: str, group: str, collection: str) -> tuple[Motif, ...]:
    import pyjaspar  # type: ignore[import-untyped]  # half a second: only where motifs are read

    if release not in pyjaspar.jaspar_releases:
        raise InputError(f"`release` must be among {', '.join(sorted(pyjaspar.jaspar_releases))}, got {release!r}")
    data = pyjaspar.jaspardb(release=release)
    with closing(data.conn), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that there are none is said below
        found = data.fetch_motifs(collection=collection, tax_group=[group])
    if not found:
        raise InputError(f"{release}: has no motifs of collection {collection!r} and group {group!r}")
    motifs = (Motif(m.matrix_id, m.name, np.array([m.counts[letter] for letter in DNA], dtype=np.float64)) for m in found)
    return tuple(sorted(motifs, key=lambda motif: motif.identity))


def find_motif(motifs: Sequence[Motif], wanted: str) -> Motif:
    """The motif of an identity, with or without version, or of a name in any case; the first if several have that name.

    Raises:
        InputError: none has.
    """
    for motif in motifs:
        if wanted in (motif.identity, motif.identity.split(".")[0]):
            return motif
    for motif in motifs:
        if wanted.casefold() == motif.name.casefold():
            return motif
    raise InputError(f"no motif has the identity or name {wanted!r} among {len(motifs)}, such as {_example(motifs)}")


def _example(motifs: Sequence[Motif]) -> str:
    return ", ".join(f"{motif.identity} ({motif.name})" for motif in motifs[:2])
