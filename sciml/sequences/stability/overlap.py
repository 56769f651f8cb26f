"""Proteins that two tables share, and how alike those are that they do not: whether a split leaks.

    identity of two sequences = equal letters of their best local alignment / letters of the shorter one,

the alignment by BLOSUM62 with gaps of 11 to open and 1 to extend.

Reference: Smith and Waterman (1981), doi:10.1016/0022-2836(81)90087-5; Altschul et al. (1990),
doi:10.1016/S0022-2836(05)80360-2, for the penalties.
"""

from functools import cache
from typing import Any

from Bio.Align import PairwiseAligner, substitution_matrices

from sciml.io.errors import InputError
from sciml.sequences.stability.mutations import Mutations

HOMOLOGOUS = 0.3  # identity from which proteins are taken to be related


def overlap(one: Mutations, other: Mutations) -> dict[str, Any]:
    """Counts of what two tables share: `proteins` by PDB code, `accessions`, `sequences`; the `closest` pair of sequences
    with its identity; `related_proteins`, how many of the other have a relative in the first, with an identity of at least
    0.3, and how many `mutations` these have."""
    sequences = {sequence: protein for protein, sequence in zip(other.proteins, other.sequences, strict=True)}
    known = {sequence: protein for protein, sequence in zip(one.proteins, one.sequences, strict=True)}
    nearest = {mine: max((identity(mine, theirs), known[theirs]) for theirs in known) for mine in sequences}
    closest = max(nearest, key=lambda sequence: nearest[sequence][0])
    related = {sequence for sequence, (share, _) in nearest.items() if share >= HOMOLOGOUS}
    return {
        "proteins": len(set(one.proteins) & set(other.proteins)),
        "accessions": len(set(one.accessions) & set(other.accessions)),
        "sequences": len(set(known) & set(sequences)),
        "closest": {"identity": nearest[closest][0], "proteins": [nearest[closest][1], sequences[closest]]},
        "related_proteins": len(related),
        "mutations": sum(sequence in related for sequence in other.sequences),
    }


def refuse_overlap(one: Mutations, other: Mutations, names: tuple[str, str]) -> None:
    """Two tables must not share a protein.

    Args:
        one, other: tables.
        names: what to call them in an error.

    Raises:
        InputError: they share a PDB code, a UniProt accession or a sequence, which it names.
    """
    for what in ("proteins", "accessions", "sequences"):
        shared = sorted(set(getattr(one, what)) & set(getattr(other, what)))
        if shared:
            raise InputError(
                f"{names[0]} and {names[1]} share {len(shared)} {what}, such as {shared[0]}; no two may share any"
            )


def identity(one: str, other: str) -> float:
    """Of two sequences, in [0, 1]."""
    if not one or not other:
        raise ValueError("sequences must have letters")
    best = next(iter(_aligner().align(one, other)), None)
    return best.counts().identities / min(len(one), len(other)) if best is not None else 0.0


@cache
def _aligner() -> PairwiseAligner:
    aligner = PairwiseAligner(mode="local")
    aligner.substitution_matrix = substitution_matrices.load("BLOSUM62")
    aligner.open_gap_score, aligner.extend_gap_score = -12, -1  # the first letter of a gap costs both
    return aligner
