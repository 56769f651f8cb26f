"""Codes of categories: round trips, standardisation, thresholds and moments, by hand and over small sets."""

import networkx as nx
import pytest
import torch
from rdkit import Chem

from sciml.graphs.data.graph_set import GraphSet, graph_set
from sciml.graphs.molecules import from_molecules
from sciml.graphs.representation import GraphRepresentation
from sciml.numerics.graph_state import GraphState, pair_mask, symmetrised

ATOMS = ("C", "N", "O", "F")
SMILES = ["CC#N", "C=O", "FC(F)F", "O", "NC1CC1"]


def molecules() -> GraphSet:
    return from_molecules([Chem.MolFromSmiles(smiles) for smiles in SMILES], ATOMS)


def networks() -> GraphSet:
    return graph_set([nx.path_graph(4), nx.star_graph(5), nx.cycle_graph(3), nx.empty_graph(1)])


def of_molecules() -> GraphRepresentation:
    return GraphRepresentation(ATOMS, 4, 4)


def assert_same(found: GraphSet, wanted: GraphSet) -> None:
    for name in ("labels", "edges", "sizes"):
        one, other = getattr(found, name), getattr(wanted, name)
        assert one.dtype == other.dtype and torch.equal(one, other), name
    assert found.atoms == wanted.atoms


@pytest.mark.parametrize("standard", [False, True])
@pytest.mark.parametrize(
    ("graphs", "representation"),
    [(molecules(), of_molecules), (networks(), lambda: GraphRepresentation((), 10, 2))],
    ids=["molecules", "networks"],
)
def test_decoding_undoes_encoding(graphs, representation, standard):
    """Also of codes off by just under half their distance; padded entries are 0 either way."""
    codes = representation()
    codes.fit(graphs, standardise=standard)
    state = codes.encode(graphs)
    assert_same(codes.decode(state), graphs)
    assert (state.x[~graphs.mask] == 0).all() and (state.adj[~pair_mask(graphs.mask)] == 0).all()
    step = 0.49 * codes.pairs.codes[:, 0].diff().min()
    signs = symmetrised(torch.randint(0, 2, state.adj.shape, generator=torch.Generator().manual_seed(0)) * 2.0 - 1)
    shaken = state.adj + step * signs * pair_mask(graphs.mask)
    assert_same(codes.decode(GraphState(state.x, shaken, state.mask)), graphs)


def test_plain_codes_are_one_hot_and_whole_numbers():
    state = of_molecules().encode(from_molecules([Chem.MolFromSmiles("C#N")], ATOMS, largest=3))
    assert state.x.tolist() == [[[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0]]]
    assert state.adj.tolist() == [[[0, 3, 0], [3, 0, 0], [0, 0, 0]]]


def test_other_graphs_have_their_degree_as_category_the_last_for_more():
    nodes, pairs = GraphRepresentation((), 4, 2).categories(networks())
    assert nodes.tolist()[:2] == [[1, 2, 2, 1, 0, 0], [3, 1, 1, 1, 1, 1]]  # the star's centre has 5, told as 3
    assert torch.equal(pairs, networks().edges)


@pytest.mark.parametrize(
    ("value", "order"), [(-1.0, 0), (0.499, 0), (0.501, 1), (1.499, 1), (1.501, 2), (2.499, 2), (2.501, 3), (9.0, 3)]
)
def test_plain_codes_are_told_apart_at_halves(value, order):
    mask = torch.ones(1, 2, dtype=torch.bool)
    x = torch.tensor([[[0.4, 0.3, 0.0, 0.1], [-1.0, -3.0, -0.9, -2.0]]])
    state = GraphState(x, symmetrised(torch.tensor([[[0.0, value], [0.0, 0.0]]])), mask)
    decoded = of_molecules().decode(state)
    assert decoded.edges.tolist() == [[[0, order], [order, 0]]]
    assert decoded.labels.tolist() == [[0, 2]]  # the largest entry is the nearest one-hot code


@pytest.mark.parametrize(
    ("graphs", "representation"), [(molecules(), of_molecules()), (networks(), GraphRepresentation((), 6, 2))]
)
def test_standard_codes_have_mean_0_and_variance_1(graphs, representation):
    """Each node feature has mean 0, and they have variance 1 on average; so have pairs i < j."""
    representation.fit(graphs, standardise=True)
    state = representation.encode(graphs)
    x, adj = state.x[graphs.mask], state.adj[pair_mask(graphs.mask).triu()]
    torch.testing.assert_close(x.mean(0), torch.zeros(x.shape[1]), rtol=0, atol=1e-6)
    torch.testing.assert_close(x.var(0, correction=0).mean(), torch.tensor(1.0))
    torch.testing.assert_close(adj.mean(), torch.tensor(0.0), rtol=0, atol=1e-6)
    torch.testing.assert_close(adj.var(correction=0), torch.tensor(1.0))


def test_standard_codes_of_what_never_varies_are_finite():
    """One kind of node, one graph of one pair: nothing to scale by."""
    representation, graphs = GraphRepresentation(("C",), 1, 4), from_molecules([Chem.MolFromSmiles("CC")], ("C",))
    representation.fit(graphs, standardise=True)
    assert torch.isfinite(representation.nodes.codes).all() and torch.isfinite(representation.pairs.codes).all()
    assert_same(representation.decode(representation.encode(graphs)), graphs)


@pytest.mark.parametrize("standardise", [False, True])
def test_shares_are_counts_with_one_more_of_each(standardise):
    """Elements C N O F and bonds of CC#N, C=O, FC(F)F, O, NC1CC1, counted by hand."""
    representation = of_molecules()
    representation.fit(molecules(), standardise=standardise)
    torch.testing.assert_close(representation.nodes.shares, torch.tensor([7 + 1, 2 + 1, 2 + 1, 3 + 1]) / 18)
    pairs = 3 + 1 + 6 + 0 + 6
    bonds = torch.tensor([pairs - 10, 8, 1, 1])
    torch.testing.assert_close(representation.pairs.shares, (bonds + 1) / (pairs + 4))


def test_moments_are_those_of_the_numbers_that_are_there():
    graphs, representation = molecules(), of_molecules()
    moments, numbers, entries = representation.moments(graphs), [], []
    for labels, edges, n in zip(graphs.labels, graphs.edges, graphs.sizes.tolist(), strict=True):
        numbers += [torch.eye(4, dtype=torch.float64)[int(label)] for label in labels[:n]]
        entries += [float(edges[i, j]) for i in range(n) for j in range(n) if i != j]
    x, adj = torch.stack(numbers), torch.tensor(entries, dtype=torch.float64)
    assert moments.x_mean == pytest.approx(x.mean(0).tolist())
    assert moments.x_variance == pytest.approx(x.var(0, correction=0).tolist())
    assert (moments.adj_mean, moments.adj_variance) == pytest.approx((adj.mean().item(), adj.var(correction=0).item()))


def test_a_blank_has_the_shapes_of_the_codes():
    mask = torch.tensor([[True, True, False]])
    blank = GraphRepresentation((), 7, 2).blank(mask)
    assert blank.x.shape == (1, 3, 7) and blank.adj.shape == (1, 3, 3) and blank.mask is mask
    assert (blank.x == 0).all() and (blank.adj == 0).all()


def test_the_degree_of_a_large_hub_is_not_wrapped():
    """299 edges, which 8 bits would tell as 43."""
    star = graph_set([nx.star_graph(299)])
    representation = GraphRepresentation((), 300, 2)
    nodes, _ = representation.categories(star)
    assert nodes[0].tolist() == [299, *[1] * 299]
    assert representation.encode(star).x[0].argmax(-1).tolist() == [299, *[1] * 299]
