"""What the report shows of generated sequences: some of them, and the letters of their sites beside those of real ones."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from sciml.sequences.data.sequence_set import DNA, SequenceSet
from sciml.sequences.metrics.logos import position_letters, site_letters
from sciml.sequences.motifs import Motif, find_motif, read_motifs

SHOWN = 8  # sequences
SHORT = 12  # letters, up to which sequences are taken to be aligned


def sequence_examples(
    generated: SequenceSet,
    real: SequenceSet,
    named: Sequence[str] = (),
    *,
    motifs: Sequence[Motif] | None = None,
    p_value: float = 1e-4,
) -> dict[str, Any]:
    """Plain values: {"alphabet", "generated", "real", "logos"}.

    `generated` and `real` are a few sequences as text. A logo has a `name`, an `identity` or None, and of `generated` and
    of `real` the number of `sequences`, that of `sites`, and `counts`, a row of numbers for each letter of the alphabet, one
    for each place. Of sequences of at most 12 letters, such as variants of one protein, there is one logo of all positions;
    of longer DNA one for each motif that is named; of other sequences none.

    Args:
        generated: all that were generated.
        real: of the same alphabet and length.
        named: identities or names of motifs; of no use for other sequences than DNA.
        motifs: among which they are, by default those of vertebrates in JASPAR.
        p_value: of a site, see `MotifScanner`.

    Raises:
        ValueError: sets of different alphabets or lengths.
        InputError: no motif has a name.
    """
    own, other = ((each.alphabet, each.length) for each in (generated, real))
    if own != other:
        raise ValueError(f"`generated` must have the alphabet and length of `real`, {other}, got {own}")
    logos: list[dict[str, Any]] = []
    if generated.length <= SHORT:
        logos = [_positions(generated, real)]
    elif generated.alphabet == DNA and named:
        known = read_motifs() if motifs is None else motifs
        logos = [_sites(find_motif(known, name), generated, real, p_value) for name in named]
    return {"alphabet": generated.alphabet, "generated": _few(generated), "real": _few(real), "logos": logos}


def _few(sequences: SequenceSet) -> list[str]:
    """Evenly spaced ones."""
    rows = np.linspace(0, len(sequences) - 1, min(SHOWN, len(sequences))).astype(np.int64)
    return sequences.take(rows).letters()


def _positions(generated: SequenceSet, real: SequenceSet) -> dict[str, Any]:
    letters = len(generated.alphabet)
    counts = (position_letters(each.tokens, letters) for each in (generated, real))
    return _logo("all positions", None, (generated, real), counts)


def _sites(motif: Motif, generated: SequenceSet, real: SequenceSet, p_value: float) -> dict[str, Any]:
    counts = (site_letters(motif, each.tokens, p_value=p_value) for each in (generated, real))
    return _logo(motif.name, motif.identity, (generated, real), counts)


def _logo(name: str, identity: str | None, sets: tuple[SequenceSet, SequenceSet], counts: Any) -> dict[str, Any]:
    found = [
        {"sequences": len(each), "sites": int(letters[:, 0].sum()), "counts": letters.tolist()}
        for each, letters in zip(sets, counts, strict=True)
    ]
    return {"name": name, "identity": identity, "generated": found[0], "real": found[1]}
