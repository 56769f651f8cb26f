"""Judging needs graphs enough in each split, and says so."""

import networkx as nx
import numpy as np
import pytest
from rdkit import Chem

from sciml.config.graph_settings import GraphEvaluationConfig
from sciml.graphs.data.graph_set import graph_set
from sciml.graphs.data.store import write_graphs
from sciml.graphs.evaluate import Judge
from sciml.graphs.molecules import from_molecules
from sciml.io.errors import InputError

GRAPHS = graph_set([nx.cycle_graph(k) for k in range(3, 13)])
MOLECULES = from_molecules([Chem.MolFromSmiles("C" * k + "O") for k in range(1, 11)], ("C", "O"))
CONFIG = GraphEvaluationConfig(molecules=("nspdk", "logp"))


@pytest.fixture
def store(tmp_path):
    def write(graphs, *counts):
        write_graphs(graphs, np.repeat(np.arange(3, dtype=np.int8), counts), tmp_path / "d.zarr", {})
        return tmp_path / "d.zarr"

    return write


@pytest.mark.parametrize("graphs", [GRAPHS, MOLECULES])
@pytest.mark.parametrize(("counts", "name"), [((8, 1, 1), "test"), ((1, 1, 8), "train")])
def test_a_split_with_one_graph_is_named(store, graphs, counts, name):
    with pytest.raises(InputError, match=f"d.zarr: {name} split: scores need at least 2 graphs, got 1; prepare with"):
        Judge(store(graphs, *counts), CONFIG, 5, seed=0)


@pytest.mark.parametrize("graphs", [GRAPHS, MOLECULES])
def test_two_graphs_are_enough(store, graphs):
    judge = Judge(store(graphs, 2, 6, 2), CONFIG, 2, seed=0)
    scores = judge.score(graphs.take(slice(8, 10)))
    if graphs.molecules:
        assert scores["properties"]["logp"]["value"] == 0 and scores["counts"]["reference"] == 2
    else:
        assert scores["mmd"]["degree"]["biased"] == 0 and scores["counts"]["reference"] == 2


def test_one_generated_graph_is_too_few(store):
    with pytest.raises(InputError, match="scores need at least 2 generated graphs, got 1"):
        Judge(store(GRAPHS, 5, 0, 5), CONFIG, 1, seed=0)


def test_molecules_too_long_for_chemnet_are_an_error_of_the_store(store):
    long = from_molecules([Chem.MolFromSmiles("C" * k) for k in (350, 2, 3, 351)], ("C",))
    with pytest.raises(InputError, match=r"d.zarr: SMILES must be shorter than 350 characters for ChemNet .* got 351"):
        Judge(store(long, 2, 0, 2), GraphEvaluationConfig(molecules=("fcd",)), 2, seed=0)


def test_a_property_that_the_data_lack_is_refused_before_any_score(store):
    with pytest.raises(InputError, match="`evaluation.property` must be among size for these data, got logp"):
        Judge(store(GRAPHS, 5, 0, 5), GraphEvaluationConfig(property="logp"), 5, seed=0)
    assert Judge(store(GRAPHS, 5, 0, 5), GraphEvaluationConfig(property="size"), 5, seed=0).baseline is None
