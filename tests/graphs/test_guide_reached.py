"""How near samples come to what was asked for, by hand."""

import networkx as nx
import pytest
from rdkit import Chem
from rdkit.Chem import Crippen

from sciml.config.graph_settings import GraphEvaluationConfig, GraphSamplingConfig
from sciml.graphs.data.graph_set import graph_set
from sciml.graphs.guide_reached import reached
from sciml.graphs.molecules import from_molecules
from sciml.io.errors import InputError

ATOMS = ("C", "N", "O", "F")


def test_mean_deviation_and_distance_of_a_property():
    made, test = (graph_set([nx.path_graph(n) for n in sizes]) for sizes in ((3, 5), (2, 4, 6)))
    found = reached(GraphEvaluationConfig(property="size", sampling=GraphSamplingConfig(value=4.5)), made, test)
    assert found == {
        "property": "size",
        "asked": 4.5,
        "count": 2,
        "mean": 4.0,
        "deviation": 1.0,
        "mean_absolute_error": 1.0,
        "test_mean": 4.0,
        "test_deviation": pytest.approx((8 / 3) ** 0.5),
    }
    unasked = reached(GraphEvaluationConfig(property="size"), made, test)
    assert unasked is not None and unasked["asked"] is None and unasked["mean_absolute_error"] is None


def test_properties_of_molecules_are_rdkits_and_nothing_is_told_unasked():
    plain = [Chem.MolFromSmiles(smiles) for smiles in ("CCO", "CCCC")]
    graphs = from_molecules(plain, ATOMS)
    found = reached(GraphEvaluationConfig(property="logp"), graphs, graphs)
    assert found is not None
    assert found["mean"] == found["test_mean"] == pytest.approx(sum(map(Crippen.MolLogP, plain)) / 2)
    assert reached(GraphEvaluationConfig(), graphs, graphs) is None
    networks = graph_set([nx.path_graph(3)])
    with pytest.raises(InputError, match="got logp"):
        reached(GraphEvaluationConfig(property="logp"), networks, networks)
