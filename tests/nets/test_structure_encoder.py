"""The network over a graph of neighbours: its formula, what passes where, and what it takes no notice of."""

import pytest
import torch
import torch.nn.functional as F

from sciml.nets.structure_encoder import OnStructure, StructureEncoder
from sciml.nets.structure_graph import StructureGraph, union


def _graph(length: int, k: int = 4, features: int = 6, seed: int = 0) -> StructureGraph:
    generator = torch.Generator().manual_seed(seed)
    points = torch.randn(length, 3, generator=generator)
    near = torch.cdist(points, points).argsort(1)[:, :k]
    return StructureGraph(near, torch.randn(*near.shape, features, generator=generator), torch.ones_like(near) > 0)


def _x(batch: int, length: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(batch, length, 5, generator=torch.Generator().manual_seed(seed)).softmax(-1)


def _net(encoder: int = 2, decoder: int = 2, timed: bool = False) -> StructureEncoder:
    """With weights as it is born with: all paths count."""
    torch.manual_seed(1)
    return StructureEncoder(5, 4, 6, width=8, encoder_layers=encoder, decoder_layers=decoder, timed=timed).eval()


@pytest.fixture
def net() -> StructureEncoder:
    return _net()


def test_goes_along_with_positions(net):
    graph, x, t = _graph(12), _x(3, 12), torch.rand(3)
    order = torch.randperm(12, generator=torch.Generator().manual_seed(1))
    back = order.argsort()
    moved = StructureGraph(back[graph.neighbours[order]], graph.edges[order], graph.there[order])
    torch.testing.assert_close(net(x[:, order], t, moved), net(x, t, graph)[:, order], atol=1e-5, rtol=1e-4)


def test_the_order_of_neighbours_does_not_matter(net):
    graph, x, t = _graph(12), _x(3, 12), torch.rand(3)
    other = StructureGraph(graph.neighbours.flip(1), graph.edges.flip(1), graph.there)
    torch.testing.assert_close(net(x, t, other), net(x, t, graph), atol=1e-5, rtol=1e-4)


def test_structures_side_by_side_hear_nothing_of_each_other(net):
    """One has fewer residues than the other has neighbours."""
    graphs, t = [_graph(12, 4), _graph(3, 3, seed=1), _graph(7, 2, seed=2)], torch.rand(2)
    x = [_x(2, len(graph), seed) for seed, graph in enumerate(graphs)]
    alone = torch.cat([net(each, t, graph) for each, graph in zip(x, graphs, strict=True)], 1)
    torch.testing.assert_close(net(torch.cat(x, 1), t, union(graphs)), alone, atol=1e-5, rtol=1e-4)


def test_a_sample_does_not_depend_on_its_batch_mates(net):
    graph, x, t = _graph(9), _x(4, 9), torch.rand(4)
    alone = torch.cat([net(x[k : k + 1], t[k : k + 1], graph) for k in range(4)])
    torch.testing.assert_close(net(x, t, graph), alone, atol=1e-5, rtol=1e-4)


def test_letters_are_heard_as_far_as_the_decoder_has_layers():
    """One layer: from neighbours alone; two: from theirs too."""
    graph = _graph(15, 3)
    hears = torch.zeros(15, 15).scatter_(1, graph.neighbours, 1.0)
    for layers, reach in ((1, hears), (2, hears @ hears)):
        net = _net(1, layers)
        x = _x(1, 15).requires_grad_()
        out = net(x, torch.zeros(1), graph)
        for i in range(15):
            (slope,) = torch.autograd.grad(out[0, i].square().sum(), x, retain_graph=True)
            assert torch.equal(slope[0].abs().sum(1) > 0, reach[i] > 0)


def test_one_decoder_layer_is_the_published_formula():
    """Edge by edge, with concatenated inputs and the mean of whole messages."""
    graph, x = _graph(6, 4), _x(1, 6)
    net = _net(1, 1)
    h, e = net.encode(graph)
    layer, s = net.decoder[0], net.letter(x)[0]
    message = layer.message
    first = torch.cat([message.own.weight, message.edge.weight, *(each.weight for each in message.others)], 1)
    rows = []
    for i in range(6):
        total = torch.zeros(8)
        for k, j in enumerate(graph.neighbours[i].tolist()):
            heard = torch.cat([h[i], e[i, k], h[j], s[j], h[j]])
            total = total + message.third(F.gelu(message.second(F.gelu(first @ heard + message.edge.bias))))
        rows.append(layer.node.first(h[i] + total / 30))
    expected = torch.stack(rows)
    expected = layer.node.last(expected + layer.node.mlp(expected))
    torch.testing.assert_close(net(x, torch.zeros(1), graph)[0], net.out(expected), atol=1e-5, rtol=1e-4)


def test_gradients_in_relaxed_letters_are_exact(net):
    net, graph, x = net.double(), _graph(6), _x(1, 6).double().requires_grad_()
    graph = StructureGraph(graph.neighbours, graph.edges.double(), graph.there)
    assert torch.autograd.gradcheck(lambda x: net(x, torch.zeros(1, dtype=torch.float64), graph), (x,), atol=1e-6)


def test_a_bound_structure_is_the_same_and_shares_the_weights(net):
    graph, x, t = _graph(8), _x(2, 8), torch.rand(2)
    bound = OnStructure(net, graph)
    assert torch.equal(bound(x, t), net(x, t, graph))
    assert bound.net is net and set(bound.state_dict()) == {f"net.{name}" for name in net.state_dict()}


def test_sees_letters_structure_and_time_if_told():
    for timed in (False, True):
        net = _net(timed=timed)
        graph, x, t = _graph(8), _x(1, 8), torch.full((1,), 0.3)
        base = net(x, t, graph)
        assert ((net(x, t + 0.3, graph) - base).abs().max() > 1e-4) == timed
        assert (net(x.flip(2), t, graph) - base).abs().max() > 1e-4
        assert (net(x, t, _graph(8, seed=3)) - base).abs().max() > 1e-4


def test_needs_a_structure_of_as_many_positions(net):
    with pytest.raises(ValueError, match="`cond` must be a StructureGraph of 8 positions, got nothing"):
        net(_x(1, 8), torch.zeros(1))
    with pytest.raises(ValueError, match="of 8 positions, got 7 positions"):
        net(_x(1, 8), torch.zeros(1), _graph(7))
