"""Graphs that `sciml score --examples` picks for the report."""

import networkx as nx
from rdkit import Chem

from sciml.cli.graphs import EXAMPLES, _drawn
from sciml.graphs.data.graph_set import graph_set
from sciml.graphs.molecules import from_molecules


def test_examples_are_evenly_spaced_and_have_their_own_edges() -> None:
    paths = [nx.path_graph(n) for n in range(1, 3 * EXAMPLES)]
    found = _drawn(graph_set(paths))
    assert len(found) == EXAMPLES
    assert (found[0]["nodes"], found[-1]["nodes"]) == (1, 3 * EXAMPLES - 1)
    for example in found:
        assert [tuple(edge) for edge in example["edges"]] == sorted(nx.path_graph(example["nodes"]).edges)


def test_molecules_are_smiles_whatever_their_valences() -> None:
    graphs = from_molecules([Chem.MolFromSmiles("CF")], ("C", "N", "O", "F"))
    assert _drawn(graphs) == [{"smiles": "CF", "valid": True}]
    graphs.edges[graphs.edges > 0] = 3
    (faulty,) = _drawn(graphs)
    assert faulty["valid"] is False and Chem.MolFromSmiles(faulty["smiles"], sanitize=False).GetNumBonds() == 1
