"""Small generators of graphs and molecules."""

from collections.abc import Callable
from typing import Any

import networkx as nx
import pytest
from rdkit import Chem

from sciml.config.base import parse
from sciml.config.graph_models import GraphModelConfig
from sciml.graphs.data.graph_set import GraphSet, graph_set
from sciml.graphs.molecules import from_molecules


@pytest.fixture
def small_model() -> Callable[..., GraphModelConfig]:
    """A configuration of a generator as small as can be, with some settings changed."""

    def make(**settings: Any) -> GraphModelConfig:
        values = {
            "net": {"kind": "graph_transformer", "width": 8, "pair_width": 4, "layers": 1, "heads": 2},
            "training": {"steps": 20, "batch": 8, "precision": "32"},
        }
        return parse(GraphModelConfig, {**values, **settings}, "small")

    return make


@pytest.fixture
def published_model(small_model: Callable[..., GraphModelConfig]) -> Callable[..., GraphModelConfig]:
    """The published system with networks as small as can be."""

    def make(**settings: Any) -> GraphModelConfig:
        net = {"kind": "score_networks", "depth": 1, "layers": 1, "hidden": 4, "attention": 4, "heads": 2}
        parts = {"x": {"kind": "vp_linear", "low": 0.1, "high": 1.0}, "adj": {"kind": "ve", "low": 0.2, "high": 1.0}}
        values = {"net": net, **parts, "parameterisation": "score", "codes": "plain", "matched_prior": True, "degrees": 5}
        return small_model(**values | settings)

    return make


@pytest.fixture
def networks() -> GraphSet:
    """Paths and cycles of 3 to 6 nodes."""
    return graph_set([make(n) for n in range(3, 7) for make in (nx.path_graph, nx.cycle_graph)] * 2)


@pytest.fixture
def molecules() -> GraphSet:
    """Small molecules of four elements."""
    smiles = ["CC#N", "C=O", "FC(F)F", "O", "NC1CC1", "CCO", "C#C", "CNC", "OCC=O", "CC(C)C"]
    return from_molecules([Chem.MolFromSmiles(one) for one in smiles], ("C", "N", "O", "F"))
