"""The kernel against one written out with sorted tuples in place of hashes."""

from collections import Counter, defaultdict
from math import sqrt

import networkx as nx
import numpy as np
import pytest
from rdkit import Chem

from sciml.graphs.metrics.nspdk import nspdk_features

SMILES = ["C", "CCO", "c1ccccc1O", "C1CC1C#N", "CC(=O)NC1CCCCC1", "CCCCCCCCO", "O.CC", "Cc1ccc2[nH]ccc2c1", "OCC"]


def _features(molecule: Chem.Mol) -> dict[tuple, float]:
    """Unit vector by name: Costa and De Grave's pairs, with Costa's second neighbourhoods, radii and distances to 4."""
    graph = nx.Graph()
    graph.add_nodes_from((a.GetIdx(), {"symbol": a.GetSymbol()}) for a in molecule.GetAtoms())
    graph.add_edges_from(
        (b.GetBeginAtomIdx(), b.GetEndAtomIdx(), {"order": int(b.GetBondTypeAsDouble())}) for b in molecule.GetBonds()
    )
    distance = dict(nx.all_pairs_shortest_path_length(graph))
    counts: dict[tuple[int, int], Counter] = defaultdict(Counter)
    for v in graph:
        for u, d in distance[v].items():
            for r in range(5):
                first, second = _neighbourhood(graph, distance[v], r), _neighbourhood(graph, distance[u], r)
                if d <= 4 and first and second:
                    counts[r, d][("pair", *sorted([first, second]))] += 1
                    counts[r, d][("one", second)] += 1
    result = {}
    for block, own in counts.items():
        norm = sqrt(sum(count**2 for count in own.values()) * len(counts))
        result |= {(block, *name): count / norm for name, count in own.items()}
    return result


def _neighbourhood(graph: nx.Graph, distance: dict[int, int], radius: int) -> tuple:
    layers = []
    for r in range(radius + 1):
        nodes = sorted((graph.nodes[n]["symbol"], graph.degree[n]) for n, d in distance.items() if d == r)
        if not nodes:
            return ()
        between = sorted(
            order for a, b, order in graph.edges.data("order") if a in distance and min(distance[a], distance[b]) == r - 1
        )
        layers.append((tuple(between), tuple(nodes)))
    return tuple(layers)


def test_kernel_equals_the_one_written_out():
    molecules = [Chem.MolFromSmiles(name) for name in SMILES]
    rows = nspdk_features(molecules)
    names = [_features(molecule) for molecule in molecules]
    expected = [[sum(value * other.get(name, 0) for name, value in one.items()) for other in names] for one in names]
    np.testing.assert_allclose((rows @ rows.T).toarray(), expected, atol=1e-12)


def test_unit_norm_and_invariance_under_numbering():
    molecules = [Chem.MolFromSmiles(name) for name in SMILES]
    kernel = nspdk_features(molecules) @ nspdk_features(molecules).T
    np.testing.assert_allclose(kernel.diagonal(), 1, rtol=1e-12)
    assert kernel[1, 8] == pytest.approx(1, rel=1e-12)  # CCO and OCC


def test_chunks_do_not_matter(monkeypatch: pytest.MonkeyPatch):
    molecules = [Chem.MolFromSmiles(name) for name in SMILES]
    whole = nspdk_features(molecules)
    monkeypatch.setattr("sciml.graphs.metrics.nspdk.CHUNK", 1)
    single = nspdk_features(molecules)
    np.testing.assert_array_equal(single.toarray(), whole.toarray())
