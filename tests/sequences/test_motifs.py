"""Motifs against Biopython and the data base they come from."""

import numpy as np
import pytest
from Bio.motifs import jaspar

from sciml.io.errors import InputError
from sciml.sequences.motifs import Motif, background, find_motif, read_motifs


def biopython(motif: Motif) -> jaspar.Motif:
    return jaspar.Motif(motif.identity, motif.name, counts=dict(zip("ACGT", motif.counts.tolist(), strict=True)))


@pytest.mark.parametrize("name", ["MA0080.7", "MA0139.2", "MA0004.1", "MA1596.1"])
@pytest.mark.parametrize("gc", [0.5, 0.38])
def test_log_odds_are_those_of_biopython_with_its_pseudocounts(name: str, gc: float):
    motif = find_motif(read_motifs(), name)
    other = biopython(motif)
    other.background = dict(zip("ACGT", background(gc).tolist(), strict=True))
    other.pseudocounts = jaspar.calculate_pseudocounts(other)
    expected = np.array([other.pssm[letter] for letter in "ACGT"])
    np.testing.assert_allclose(motif.log_odds(gc), expected, atol=1e-12)
    np.testing.assert_allclose(motif.probabilities(gc), np.array([other.pwm[letter] for letter in "ACGT"]), atol=1e-14)


def test_other_strand_is_that_of_biopython():
    motif = find_motif(read_motifs(), "MA0139.2")
    expected = biopython(motif).reverse_complement().counts
    np.testing.assert_array_equal(motif.reverse_complement().counts, np.array([expected[letter] for letter in "ACGT"]))
    np.testing.assert_array_equal(motif.reverse_complement().reverse_complement().counts, motif.counts)


def test_vertebrate_core_motifs_of_2024():
    """879, each identity once without its version; the published counts of Arnt."""
    motifs = read_motifs()
    assert len(motifs) == len({motif.identity.split(".")[0] for motif in motifs}) == 879
    assert [motif.identity for motif in motifs] == sorted(motif.identity for motif in motifs)
    arnt = find_motif(motifs, "MA0004")
    assert arnt.name == "Arnt" and arnt.width == 6
    np.testing.assert_array_equal(arnt.counts[0], [4, 19, 0, 0, 0, 0])
    np.testing.assert_array_equal(arnt.counts[3], [0, 0, 0, 0, 20, 0])


def test_motifs_are_found_by_identity_and_by_name_in_any_case():
    motifs = read_motifs()
    assert find_motif(motifs, "SPI1").identity == find_motif(motifs, "MA0080").identity == "MA0080.7"
    assert find_motif(motifs, "ctcf").identity == "MA0139.2"  # the first of three of that name
    with pytest.raises(InputError, match=r"no motif has the identity or name 'MA0080\.1' among 879, such as MA0002\.3"):
        find_motif(motifs, "MA0080.1")


def test_bad_arguments_are_refused():
    with pytest.raises(InputError, match="`release` must be among JASPAR2014, .*, got 'JASPAR1999'"):
        read_motifs("JASPAR1999")
    with pytest.raises(InputError, match="JASPAR2024: has no motifs of collection 'CORE' and group 'martians'"):
        read_motifs(group="martians")
    with pytest.raises(ValueError, match=r"`gc` must lie in \(0, 1\), got 1.0"):
        background(1.0)
