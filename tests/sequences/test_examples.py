"""What the report is shown: sequences as text, letters of sites and of positions, as plain values."""

import json

import numpy as np
import pytest
import torch

from sciml.config.sequences import MotifsConfig
from sciml.io.errors import InputError
from sciml.sequences.data.planted import simulate
from sciml.sequences.data.sequence_set import DNA, PROTEIN, SequenceSet
from sciml.sequences.examples import sequence_examples
from sciml.sequences.metrics.logos import site_letters
from sciml.sequences.motifs import find_motif, read_motifs


@pytest.fixture(scope="module")
def dna() -> tuple[SequenceSet, SequenceSet]:
    found = simulate(MotifsConfig(count=300, length=80))
    return found.take(np.arange(100)), found.take(np.arange(100, 300))


def test_sites_of_named_motifs(dna: tuple[SequenceSet, SequenceSet]) -> None:
    generated, real = dna
    found = sequence_examples(generated, real, ("SPI1", "MA0139"))
    assert json.loads(json.dumps(found)) == found
    assert found["alphabet"] == DNA
    assert [(logo["name"], logo["identity"]) for logo in found["logos"]] == [("Spi1", "MA0080.7"), ("CTCF", "MA0139.2")]
    motif = find_motif(read_motifs(), "SPI1")
    for name, each in (("generated", generated), ("real", real)):
        shown = found["logos"][0][name]
        np.testing.assert_array_equal(shown["counts"], site_letters(motif, each.tokens))
        assert (shown["sequences"], shown["sites"]) == (len(each), sum(row[0] for row in shown["counts"]))
        assert shown["sites"] > 0.3 * len(each)


def test_a_few_sequences_from_first_to_last(dna: tuple[SequenceSet, SequenceSet]) -> None:
    generated, real = dna
    found = sequence_examples(generated, real)
    letters = generated.letters()
    assert found["generated"] == [letters[k] for k in (0, 14, 28, 42, 56, 70, 84, 99)]
    assert len(found["real"]) == 8 and found["logos"] == []
    assert sequence_examples(generated.take(np.arange(3)), real)["generated"] == letters[:3]


def test_short_sequences_have_a_logo_of_all_positions() -> None:
    generated = SequenceSet(torch.tensor([[0, 1], [0, 2], [19, 2]], dtype=torch.uint8), PROTEIN)
    (logo,) = sequence_examples(generated, generated.take(np.array([0])))["logos"]
    assert (logo["name"], logo["identity"]) == ("all positions", None)
    counts = np.array(logo["generated"]["counts"])
    assert counts.shape == (20, 2) and (logo["generated"]["sites"], logo["real"]["sites"]) == (3, 1)
    assert {(int(k), int(j)): int(counts[k, j]) for k, j in zip(*counts.nonzero(), strict=True)} == {
        **{(0, 0): 2, (19, 0): 1},
        **{(1, 1): 1, (2, 1): 2},
    }


def test_long_proteins_have_none_and_read_no_motifs() -> None:
    sequences = SequenceSet(torch.zeros(2, 13, dtype=torch.uint8), PROTEIN)
    assert sequence_examples(sequences, sequences, ("SPI1",), motifs=())["logos"] == []


def test_what_does_not_fit_is_refused(dna: tuple[SequenceSet, SequenceSet]) -> None:
    generated, real = dna
    with pytest.raises(ValueError, match=r"alphabet and length of `real`, \('ACGT', 80\), got \('ACGT', 79\)"):
        sequence_examples(SequenceSet(generated.tokens[:, 1:], DNA), real)
    with pytest.raises(InputError, match="no motif has the identity or name 'nothing'"):
        sequence_examples(generated, real, ("nothing",))
