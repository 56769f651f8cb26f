"""The graph transformer: symmetries, independence of padding and batch, conditions, and that it sees cycles."""

import networkx as nx
import pytest
import torch
from torch import nn

from sciml.nets import graph_transformer
from sciml.nets.graph_transformer import GraphTransformer
from sciml.numerics.graph_state import pair_mask, symmetrised

F64 = torch.float64
SIZES = (1, 2, 5, 9)


@pytest.fixture
def net(trained_like) -> GraphTransformer:
    return trained_like(GraphTransformer(3, 1, 4, 2, width=16, pair_width=8, layers=2, heads=2)).double()


def batch():
    generator = torch.Generator().manual_seed(0)
    mask = torch.arange(9) < torch.tensor(SIZES)[:, None]
    x = torch.randn(4, 9, 3, generator=generator, dtype=F64) * mask[..., None]
    adj = symmetrised(torch.randn(4, 9, 9, generator=generator, dtype=F64)) * pair_mask(mask)
    return x, adj, mask, torch.tensor([0.1, 0.4, 0.7, 1.0], dtype=F64)


def test_equivariant_under_permutations_that_mix_nodes_and_padding(net):
    x, adj, mask, t = batch()
    order = torch.randperm(9, generator=torch.Generator().manual_seed(1))
    nodes, pairs = net(x, adj, mask, t)
    nodes_there, pairs_there = net(x[:, order], adj[:, order][:, :, order], mask[:, order], t)
    there = mask[:, order]
    torch.testing.assert_close(nodes_there[there], nodes[:, order][there], rtol=0, atol=1e-12)
    chosen = pair_mask(there)
    torch.testing.assert_close(pairs_there[chosen], pairs[:, order][:, :, order][chosen], rtol=0, atol=1e-12)
    assert torch.equal(pairs, pairs.transpose(1, 2))


def test_does_not_depend_on_padding_or_batch_mates(net):
    x, adj, mask, t = batch()
    nodes, pairs = net(x, adj, mask, t)
    for k, n in enumerate(SIZES):
        alone = net(x[k : k + 1, :n], adj[k : k + 1, :n, :n], mask[k : k + 1, :n], t[k : k + 1])
        torch.testing.assert_close(alone[0][0], nodes[k, :n], rtol=0, atol=1e-12)
        inside = pair_mask(mask[k : k + 1, :n])[0]
        torch.testing.assert_close(alone[1][0][inside], pairs[k, :n, :n][inside], rtol=0, atol=1e-12)


def test_what_padding_holds_is_not_looked_at(net):
    x, adj, mask, t = batch()
    junk_x, junk_adj = torch.where(mask[..., None], x, 7.0), torch.where(pair_mask(mask), adj, -5.0)
    for clean, junk in zip(net(x, adj, mask, t), net(junk_x, junk_adj, mask, t), strict=True):
        chosen = mask if clean.ndim == 3 else pair_mask(mask)
        torch.testing.assert_close(junk[chosen], clean[chosen], rtol=0, atol=1e-12)


@pytest.mark.parametrize("conditions", [0, 2])
def test_large_batches_go_by_size_and_say_the_same(trained_like, monkeypatch, conditions):
    net = trained_like(
        GraphTransformer(3, 1, 4, 2, width=16, pair_width=8, layers=2, heads=2, conditions=conditions)
    ).double()
    cond = torch.randn(4, 2, generator=torch.Generator().manual_seed(2), dtype=F64) if conditions else None
    x, adj, mask, t = batch()
    whole = net(x, adj, mask, t, cond)
    monkeypatch.setattr(graph_transformer, "BUCKETED", 1)
    for there, found, expected in zip((mask, pair_mask(mask)), net(x, adj, mask, t, cond), whole, strict=True):
        torch.testing.assert_close(found[there], expected[there], rtol=0, atol=1e-12)


def test_cycles_are_told_apart(net):
    """A hexagon and two triangles, all degrees alike: attention over nodes with no features cannot tell, walks can."""
    hexagon, triangles = nx.cycle_graph(6), nx.disjoint_union(nx.cycle_graph(3), nx.cycle_graph(3))
    adj = torch.stack([torch.tensor(nx.to_numpy_array(graph)) for graph in (hexagon, triangles)])
    mask = torch.ones(2, 6, dtype=torch.bool)
    _, pairs = net(torch.zeros(2, 6, 3, dtype=F64), adj, mask, torch.full((2,), 0.5, dtype=F64))
    assert (pairs[0, 0, 1] - pairs[1, 0, 1]).abs().max() > 1e-4


def test_starts_at_zero_and_time_and_size_reach_the_output(net):
    x, adj, mask, t = batch()
    untrained = GraphTransformer(3, 1, 4, 2, width=16, pair_width=8, layers=2, heads=2).double()
    assert all((out == 0).all() for out in untrained(x, adj, mask, t))
    assert (net(x, adj, mask, t)[0] - net(x, adj, mask, 0.5 * t)[0])[mask].abs().min() > 0


def test_a_condition_that_is_not_told_is_one_of_zeros(trained_like):
    """Training says zeros for what is not told, sampling says nothing: the network must take both alike."""
    net = trained_like(GraphTransformer(3, 1, 4, 2, 16, 8, 2, 2, conditions=2)).double()
    given = batch()
    nothing, zeros = net(*given), net(*given, torch.zeros(4, 2, dtype=F64))
    asked = net(*given, torch.tensor([[0.3, 1.0]], dtype=F64).expand(4, 2))
    for one, other, third in zip(nothing, zeros, asked, strict=True):
        assert torch.equal(one, other)
        assert (one - third).abs().max() > 1e-6


def test_pairs_may_have_several_features(trained_like):
    """Each reaches the output; one feature alone may do without its dimension."""
    net = trained_like(GraphTransformer(3, 2, 4, 2, 16, 8, 2, 2)).double()
    x, adj, mask, t = batch()
    both = torch.stack([adj, adj.sin()], -1)
    order = torch.randperm(9, generator=torch.Generator().manual_seed(1))
    pairs = net(x, both, mask, t)[1]
    moved = net(x[:, order], both[:, order][:, :, order], mask[:, order], t)[1]
    chosen = pair_mask(mask[:, order])
    torch.testing.assert_close(moved[chosen], pairs[:, order][:, :, order][chosen], rtol=0, atol=1e-12)
    for k in range(2):
        changed = both.clone()
        changed[..., k] *= 2
        assert (net(x, changed, mask, t)[1] - pairs).abs().max() > 1e-6
    single = trained_like(GraphTransformer(3, 1, 4, 2, 16, 8, 2, 2)).double()
    for one, other in zip(single(x, adj, mask, t), single(x, adj[..., None], mask, t), strict=True):
        assert torch.equal(one, other)


def test_dropout_is_of_training_alone(trained_like):
    net = trained_like(GraphTransformer(3, 1, 4, 2, 16, 8, 2, 2, dropout=0.5)).double()
    given = batch()
    assert torch.equal(net(*given)[0], net(*given)[0])
    net.train()
    torch.manual_seed(0)
    assert not torch.equal(net(*given)[0], net(*given)[0])


def test_width_is_a_multiple_of_heads():
    with pytest.raises(ValueError, match="`width` must be a multiple of `heads` = 4, got 10"):
        GraphTransformer(3, 1, 4, 2, width=10)
    assert isinstance(GraphTransformer(3, 1, 4, 2, width=12), nn.Module)
