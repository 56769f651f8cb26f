"""Properties against published or tabulated values."""

import pytest
from rdkit import Chem

from sciml.graphs.metrics.properties import PROPERTIES, properties

ASPIRIN = "CC(=O)Oc1ccccc1C(=O)O"


def test_aspirin():
    """Mass 180.16 Da; QED .55 (Bickerton et al.); logP 1.31 (Crippen); easy to make."""
    values = properties([Chem.MolFromSmiles(ASPIRIN)], list(PROPERTIES))
    assert values["weight"].item() == pytest.approx(180.16, abs=0.01)
    assert values["qed"].item() == pytest.approx(0.55, abs=0.01)
    assert values["logp"].item() == pytest.approx(1.31, abs=0.01)
    assert values["sa"].item() == pytest.approx(1.58, abs=0.01)


def test_a_strained_cage_is_harder_to_make():
    values = properties([Chem.MolFromSmiles(name) for name in (ASPIRIN, "C12C3C4C1C5C2C3C45")], ["sa"])["sa"]
    assert values[1] > values[0] + 1


def test_unknown_names_are_refused():
    with pytest.raises(ValueError, match="`names` must be among qed, logp, sa, weight, got mass"):
        properties([], ["mass"])
