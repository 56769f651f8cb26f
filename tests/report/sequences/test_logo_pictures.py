"""Logos: heights against logomaker's and by hand, letters that fill their boxes, a drawing that adds up."""

import base64
import math
import re
import xml.etree.ElementTree as ET

import logomaker
import numpy as np
import pandas as pd
import pytest

from sciml.report.sequences.glyphs import glyph
from sciml.report.sequences.logos import Panel, heights, picture
from sciml.report.sequences.runs import Sites
from sciml.sequences.data.sequence_set import DNA, PROTEIN

SVG = "{http://www.w3.org/2000/svg}"


def sites(counts: list[list[float]]) -> Sites:
    array = np.array(counts, dtype=np.float64)
    return Sites(array, int(array[:, 0].sum()), 10)


def drawn(panels: list[Panel], alphabet: str = DNA) -> ET.Element:
    head, _, content = picture(panels, alphabet).partition(",")
    assert head == "data:image/svg+xml;base64"
    return ET.fromstring(base64.b64decode(content, validate=True))


@pytest.mark.parametrize("letters", [4, 20])
def test_heights_are_those_of_logomaker_but_for_few_sites(letters: int) -> None:
    """logomaker has no correction for the number of sites."""
    counts = np.random.default_rng(0).integers(1, 2000, (letters, 9)).astype(np.float64)
    frame = pd.DataFrame(counts.T, columns=list((DNA, PROTEIN)[letters == 20]))
    expected = logomaker.transform_matrix(frame, from_type="counts", to_type="information", pseudocount=0)
    shares = counts / counts.sum(0)
    few = (letters - 1) / (2 * math.log(2) * counts.sum(0))
    np.testing.assert_allclose(heights(counts), expected.to_numpy().T - shares * few, atol=1e-12)


def test_heights_by_hand() -> None:
    few = 3 / (2 * math.log(2) * 8)
    found = heights(np.array([[8.0, 4, 2, 0], [0, 4, 2, 0], [0, 0, 2, 0], [0, 0, 2, 0]]))
    expected = np.zeros((4, 4))
    expected[0, 0], expected[:2, 1] = 2 - few, (1 - few) / 2
    np.testing.assert_allclose(found, expected, atol=1e-12)


@pytest.mark.parametrize("letter", [*PROTEIN])
def test_a_letter_fills_its_box(letter: str) -> None:
    points = np.array([float(number) for number in re.findall(r"-?\d+", glyph(letter))]).reshape(-1, 2)
    assert (points.min(0) == 0).all() and (points.max(0) == 1000).all()


def test_letters_are_stacked_as_high_as_they_tell() -> None:
    counts = [[60.0, 0, 8], [30, 0, 80], [10, 100, 12], [0, 0, 0]]
    tree = drawn([Panel("a", sites(counts))])
    found = [
        (use.get("href"), *(float(x) for x in re.findall(r"[\d.]+", str(use.get("transform")))))
        for use in tree.iter(f"{SVG}use")
    ]
    bits = heights(np.array(counts)) / 2 * 84
    assert [letter for letter, *_ in found[:3]] == ["#G", "#C", "#A"]
    for letter, x, top, wide, high in found:
        place = round(x // 36)
        assert high * 1000 == pytest.approx(bits[DNA.index(str(letter)[1])][place], abs=0.01)
        assert wide * 1000 == pytest.approx(0.96 * 36)
        below = bits[[k for k in range(4) if bits[k][place] < high * 1000 - 0.02], place].sum()
        assert top + high * 1000 == pytest.approx(84 - below, abs=0.03)
    identities = {path.get("id") for path in tree.iter(f"{SVG}path")}
    assert {str(letter)[1:] for letter, *_ in found} <= identities


def test_titles_are_escaped_and_no_sites_are_said() -> None:
    tree = drawn([Panel("<b> & 'c'", sites([[0.0] * 3] * 4))] * 4)
    texts = [text.text for text in tree.iter(f"{SVG}text")]
    assert texts.count("<b> & 'c'") == 4 and texts.count("no sites") == 4
    assert not list(tree.iter(f"{SVG}use"))
    assert tree.get("viewBox") == f"0 0 {3 * 346} {2 * 124}"


def test_proteins_have_a_scale_of_their_own() -> None:
    counts = np.zeros((20, 4))
    counts[8] = 500
    tree = drawn([Panel("a", Sites(counts, 500, 500))], PROTEIN)
    assert [text.text for text in tree.iter(f"{SVG}text")][:3] == ["a", "4.32", "0"]
    assert [use.get("href") for use in tree.iter(f"{SVG}use")] == ["#K"] * 4
