"""Properties that are asked for, by RDKit and by hand, and how a network is told."""

import networkx as nx
import pytest
import torch
from rdkit import Chem
from rdkit.Chem import QED, Crippen

from sciml.graphs.conditions import property_of, told
from sciml.graphs.data.graph_set import graph_set
from sciml.graphs.molecules import from_molecules
from sciml.io.errors import InputError

ATOMS = ("C", "N", "O", "F")


def test_properties_are_rdkits():
    plain = [Chem.MolFromSmiles(smiles) for smiles in ("CCO", "c1ccccc1", "O")]
    graphs = from_molecules(plain, ATOMS)
    torch.testing.assert_close(property_of("logp", graphs), torch.tensor([Crippen.MolLogP(m) for m in plain]))
    torch.testing.assert_close(property_of("qed", graphs), torch.tensor([QED.qed(m) for m in plain]))
    assert property_of("size", graphs).tolist() == [3.0, 6.0, 1.0]


def test_a_network_has_its_size_only():
    graphs = graph_set([nx.path_graph(4), nx.cycle_graph(3)])
    assert property_of("size", graphs).tolist() == [4.0, 3.0]
    with pytest.raises(InputError, match="`condition` must be among none, size for these data, got logp"):
        property_of("logp", graphs)


def test_a_value_is_told_in_deviations_from_the_mean_and_nan_is_not_told():
    """The second number says whether; what is not told is 0 and 0, whatever mean and deviation."""
    values = torch.tensor([3.0, float("nan"), 1.0, float("inf")])
    found = told(values, torch.tensor(2.0), torch.tensor(0.5))
    assert found.tolist() == [[2.0, 1.0], [0.0, 0.0], [-2.0, 1.0], [0.0, 0.0]]


def test_a_stored_number_goes_before_a_computed_one_but_not_before_the_size():
    graphs = from_molecules([Chem.MolFromSmiles(smiles) for smiles in ("CCO", "O")], ATOMS)
    known = {name: torch.tensor([5.5, -1.0], dtype=torch.float64) for name in ("logp", "boiling", "size")}
    assert property_of("logp", graphs, known).tolist() == property_of("boiling", graphs, known).tolist() == [5.5, -1.0]
    assert property_of("size", graphs, known).tolist() == [3.0, 1.0]
    with pytest.raises(InputError, match="must be among none, size, logp, boiling, qed for these data, got mass"):
        property_of("mass", graphs, known)


def test_an_error_names_the_setting_and_none_only_where_it_is_allowed():
    graphs = graph_set([nx.path_graph(4)])
    with pytest.raises(InputError, match="^`evaluation.property` must be among size for these data, got logp$"):
        property_of("logp", graphs, field="evaluation.property")
