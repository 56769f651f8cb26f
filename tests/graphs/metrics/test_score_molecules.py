"""Scores of molecules: shares counted by hand, formulas side by side, floors and warnings."""

import json

import numpy as np
import pytest
from rdkit import Chem
from scipy.stats import wasserstein_distance

from sciml.graphs.data.graph_set import GraphSet
from sciml.graphs.metrics.chemnet import chemnet_features, frechet_distance, moments
from sciml.graphs.metrics.described_molecules import canonical_smiles
from sciml.graphs.metrics.molecule_baseline import molecule_baseline
from sciml.graphs.metrics.nspdk import nspdk_features
from sciml.graphs.metrics.score_molecules import score_molecules
from sciml.graphs.molecules import from_molecules

ATOMS = ("C", "N", "O", "F")
TRAIN = ["CCO", "CCN", "c1ccccc1", "CC(=O)O", "CCC", "CCCC", "C1CC1", "C#N", "CF", "COC"]
TEST = ["CCO", "CCCO", "CCCN", "C1CCC1", "CC#N", "NCCO"]


def _graphs(smiles: list[str]) -> GraphSet:
    return from_molecules([Chem.MolFromSmiles(name) for name in smiles], ATOMS, largest=8)


def _with_five_bonds(graphs: GraphSet, index: int) -> GraphSet:
    graphs.edges[index, 0, 1] = graphs.edges[index, 1, 0] = 3
    graphs.edges[index, 0, 2] = graphs.edges[index, 2, 0] = 2
    return graphs


def test_shares_are_counted():
    """Six: ethanol twice (training), methylamine twice, propane with a carbon of five bonds, and two pieces."""
    generated = _with_five_bonds(_graphs(["CCO", "OCC", "CN", "CN", "CCC", "C.CCF"]), 4)
    baseline = molecule_baseline(_graphs(TEST), _graphs(TRAIN), count=6, seed=0, parts=())
    scores = score_molecules(generated, baseline, seed=0, draws=5)
    names = ("valid", "valid_corrected", "connected", "unique", "novel", "reference_in_train")
    assert {name: round(scores[name]["value"], 6) for name in names} == {
        "valid": round(5 / 6, 6),
        "valid_corrected": 1,
        "connected": round(5 / 6, 6),
        "unique": round(4 / 6, 6),
        "novel": 0.75,  # of four: ethanol is in training
        "reference_in_train": round(1 / 6, 6),
    }
    assert scores["novel"]["samples"] == 4
    assert "nspdk" not in scores and "fcd" not in scores and scores["properties"] == {}
    assert scores["warnings"] == ["16.7% of the reference molecules are training molecules: scores reward memory"]
    assert json.loads(json.dumps(scores)) == scores


def test_distances_are_those_of_the_formulas():
    generated = ["CCCF", "CCC#N", "OCCO", "CC(C)O", "C1CO1"]
    baseline = molecule_baseline(_graphs(TEST), _graphs(TRAIN), count=5, seed=0, parts=("nspdk", "fcd", "weight"))
    scores = score_molecules(_graphs(generated), baseline, seed=0, draws=40)
    molecules = [Chem.MolFromSmiles(name) for name in generated + TEST]
    kernel = (lambda rows: (rows @ rows.T).toarray())(nspdk_features(molecules))
    biased = kernel[:5, :5].mean() + kernel[5:, 5:].mean() - 2 * kernel[:5, 5:].mean()
    assert scores["nspdk"]["biased"] == pytest.approx(biased, abs=1e-12)
    x, y = (moments(chemnet_features([Chem.CanonSmiles(name) for name in names])) for names in (generated, TEST))
    assert scores["fcd"]["value"] == pytest.approx(frechet_distance(x, y), rel=1e-4)
    weights = [Chem.Descriptors.MolWt(molecule) for molecule in molecules]
    assert scores["properties"]["weight"]["value"] == pytest.approx(wasserstein_distance(weights[:5], weights[5:]))
    for part in (scores["nspdk"], scores["fcd"], scores["properties"]["weight"]):
        assert part["interval"][0] < part["value"] < part["interval"][1] and np.isfinite(part["floor"])


def test_training_scores_at_its_own_floor():
    """The floor's sample is all of training here, in its order: the generated set being the same, scores equal floors."""
    baseline = molecule_baseline(_graphs(TEST), _graphs(TRAIN), count=10, seed=0, parts=("nspdk", "logp", "qed"))
    scores = score_molecules(_graphs(TRAIN), baseline, seed=0, draws=5)
    assert scores["novel"]["value"] == 0
    assert scores["nspdk"]["value"] == pytest.approx(scores["nspdk"]["floor"], abs=1e-12)
    for part in scores["properties"].values():
        assert part["value"] == pytest.approx(part["floor"], abs=1e-12)


def test_a_floors_interval_is_that_of_training_in_the_place_of_generated():
    """By the same draws, if the seeds are the same: those of the scores and of the floors."""
    parts = ("nspdk", "fcd", "logp", "qed")
    baseline = molecule_baseline(_graphs(TEST), _graphs(TRAIN), count=10, seed=3, parts=parts, draws=40)
    scores = score_molecules(_graphs(TRAIN), baseline, seed=3, draws=40)
    other = score_molecules(_graphs(["CCCF", "OCCO", "C1CO1"]), baseline, seed=3, draws=40)
    pairs = [(scores[name], other[name]) for name in ("nspdk", "fcd")]
    pairs += [(part, other["properties"][name]) for name, part in scores["properties"].items()]
    assert len(pairs) == 4
    for part, again in pairs:
        assert part["floor_interval"] == part["interval"] == again["floor_interval"] != again["interval"]
        assert part["floor_interval"][0] < part["floor"] < part["floor_interval"][1]


def test_canonical_smiles_forget_charges_as_graphs_do():
    assert canonical_smiles(_graphs(["OCC", "C[NH3+]"])) == ["CCO", "CN"]


def test_a_reference_may_keep_its_charges():
    molecules = [Chem.MolFromSmiles(name) for name in ("C[NH3+]", "CCO")]
    baseline = molecule_baseline(molecules, _graphs(TRAIN), count=5, seed=0, parts=())
    assert baseline.reference.smiles == ["C[NH3+]", "CCO"]


def test_bad_arguments_are_refused():
    with pytest.raises(ValueError, match="`parts` must be among nspdk, fcd, qed, logp, sa, weight, got mass"):
        molecule_baseline(_graphs(TEST), _graphs(TRAIN), count=5, seed=0, parts=("mass",))
    with pytest.raises(ValueError, match="`reference` must have at least 2 molecules"):
        molecule_baseline(_graphs(TEST[:1]), _graphs(TRAIN), count=5, seed=0, parts=())
    baseline = molecule_baseline(_graphs(TEST), _graphs(TRAIN), count=5, seed=0, parts=())
    with pytest.raises(ValueError, match="`generated` must have at least 2 molecules"):
        score_molecules(_graphs(TRAIN[:1]), baseline, seed=0)
