"""From letters to numbers, and what is said of letters that are none."""

from pathlib import Path

import numpy as np
import pytest
import torch

from sciml.io.errors import InputError
from sciml.sequences.data.encoding import Rules, encode, tokens_of
from sciml.sequences.data.row import Row
from sciml.sequences.data.sequence_set import DNA, PROTEIN

FILE = Path("mine.fa")


def row(text, line=2, **more):
    return Row(FILE, line, text, **{"pieces": ((line + 1, len(text)),), **more})


@pytest.mark.parametrize("alphabet", [DNA, PROTEIN])
def test_tokens_are_places_in_the_alphabet(alphabet):
    generator = np.random.default_rng(0)
    texts = ["".join(generator.choice(list(alphabet), 17)) for _ in range(50)]
    tokens = tokens_of(texts, alphabet)
    assert tokens.dtype == torch.uint8 and tokens.tolist() == [[alphabet.index(c) for c in text] for text in texts]
    found = encode([row(text) for text in texts], Rules(alphabet), "mine.fa").sequences
    assert found.letters() == texts and found.alphabet == alphabet and found.chromosomes is None and found.labels == {}


def test_labels_and_chromosomes_come_along():
    rows = [row("AC", labels=(1.0, 2.0), chromosome="chr1"), row("GT", labels=(3.0, float("nan")), chromosome="chrX")]
    found = encode(rows, Rules(DNA), "mine.fa", labels=("a", "b"))
    assert found.sequences.chromosomes == ("chr1", "chrX") and found.sequences.labels["a"].tolist() == [1.0, 3.0]
    np.testing.assert_array_equal(found.sequences.labels["b"], [2.0, np.nan])
    assert [one.line for one in found.rows] == [2, 2] and found.left_out == {}


SMALL = "is a small letter; `lower_case: upper` reads it as"
UPPER = Rules(PROTEIN, lower_case="upper")
SKIP = "; `skip_invalid: true` leaves such sequences out and counts them"


@pytest.mark.parametrize(
    ("rows", "rules", "message"),
    [
        ([row("ACGNT")], Rules(DNA), "mine.fa: line 3, column 4: 'N' is none of ACGT" + SKIP),
        ([row("ACgT")], Rules(DNA), f"mine.fa: line 3, column 3: 'g' {SMALL} G{SKIP}"),
        ([row("ACnT")], Rules(DNA), "mine.fa: line 3, column 3: 'n' is none of ACGT" + SKIP),
        ([row("ACnT")], Rules(DNA, lower_case="upper"), "mine.fa: line 3, column 3: 'N' is none of ACGT" + SKIP),
        ([row("A CT")], Rules(DNA), "mine.fa: line 3, column 2: ' ' is none of ACGT" + SKIP),
        ([row("ACÀT")], Rules(DNA), "mine.fa: line 3, column 3: 'À' is none of ACGT" + SKIP),
        ([row("A\u017fC")], UPPER, f"mine.fa: line 3, column 2: '\u017f' is none of {PROTEIN}{SKIP}"),
        ([row("MKB")], Rules(PROTEIN), "mine.fa: line 3, column 3: 'B' is none of " + PROTEIN + SKIP),
        ([row("ACGTNA", pieces=((3, 4), (5, 2)))], Rules(DNA), "mine.fa: line 5, column 1: 'N' is none of ACGT" + SKIP),
        ([row("CAN", column="dna")], Rules(DNA), "mine.fa: line 2, column 'dna', letter 3: 'N' is none of ACGT" + SKIP),
        ([row("ACG"), row("AC", 7)], Rules(DNA), f"mine.fa: line 7: has 2 letters, expected 3 as on line 2 of {FILE}{SKIP}"),
        ([row("ACG")], Rules(DNA, 4), "mine.fa: line 2: has 3 letters, expected 4 (`length`)" + SKIP),
        ([row("")], Rules(DNA), "mine.fa: line 2: has no sequence" + SKIP),
        ([], Rules(DNA), "mine.fa: there is no sequence"),
    ],
)  # fmt: skip
def test_every_fault_is_one_line(rows, rules, message):
    with pytest.raises(InputError) as caught:
        encode(rows, rules, "mine.fa")
    assert str(caught.value) == message


def test_faulty_ones_are_left_out_and_counted():
    texts = ["ACN", "ACG", "acg", "AC", "", "ANN", "TTT", "CCCC"]
    found = encode([row(text, k) for k, text in enumerate(texts)], Rules(DNA), "mine.fa", skip_invalid=True)
    assert found.sequences.letters() == ["ACG", "TTT"] and [one.line for one in found.rows] == [1, 6]
    assert found.left_out == {"letter": 2, "lower case": 1, "length": 2, "empty": 1}
    assert found.examples["letter"] == "mine.fa: line 1, column 3: 'N' is none of ACGT"
    assert found.examples["length"] == "mine.fa: line 3: has 2 letters, expected 3 as on line 1 of mine.fa"
    upper = encode([row("acg"), row("AcG")], Rules(DNA, lower_case="upper"), "mine.fa")
    assert upper.sequences.letters() == ["ACG", "ACG"]


def test_nothing_left_is_an_error():
    with pytest.raises(InputError, match=r"mine.fa: there is no sequence; mine.fa: line 3, column 1: 'N' is none of ACGT$"):
        encode([row("N"), row("NN")], Rules(DNA), "mine.fa", skip_invalid=True)
