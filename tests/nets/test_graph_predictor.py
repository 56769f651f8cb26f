"""The pooled graph transformer: invariance, independence of padding and batch-mates, and what it can tell."""

import pytest
import torch

from sciml.nets.graph_predictor import GraphPredictor
from sciml.numerics.graph_state import pair_mask

F64 = torch.float64
SIZES = (1, 2, 5, 9)


@pytest.fixture
def net(trained_like) -> GraphPredictor:
    return trained_like(GraphPredictor(3, 2, width=16, pair_width=8, layers=2, heads=2)).double()


def batch():
    generator = torch.Generator().manual_seed(0)
    mask = torch.arange(9) < torch.tensor(SIZES)[:, None]
    x = torch.randn(4, 9, 3, generator=generator, dtype=F64) * mask[..., None]
    adj = torch.randn(4, 9, 9, 2, generator=generator, dtype=F64)
    return x, (adj + adj.transpose(1, 2)) * pair_mask(mask)[..., None], mask, torch.tensor([0.1, 0.4, 0.7, 1.0], dtype=F64)


def test_the_order_of_nodes_is_not_seen(net):
    """Nor where the padding is."""
    x, adj, mask, t = batch()
    order = torch.randperm(9, generator=torch.Generator().manual_seed(1))
    found = net(x[:, order], adj[:, order][:, :, order], mask[:, order], t)
    torch.testing.assert_close(found, net(x, adj, mask, t), rtol=0, atol=1e-12)


def test_a_graph_is_seen_by_itself_and_without_its_padding(net):
    x, adj, mask, t = batch()
    together = net(torch.where(mask[..., None], x, 7.0), torch.where(pair_mask(mask)[..., None], adj, -5.0), mask, t)
    for k, n in enumerate(SIZES):
        alone = net(x[k : k + 1, :n], adj[k : k + 1, :n, :n], mask[k : k + 1, :n], t[k : k + 1])
        torch.testing.assert_close(together[k : k + 1], alone, rtol=0, atol=1e-12)
    assert together.std(0).min() > 1e-3  # different graphs are told apart


def test_every_part_of_a_graph_and_its_time_count(net):
    x, adj, mask, t = (part.requires_grad_() if part.is_floating_point() else part for part in batch())
    net(x, adj, mask, t).pow(2).sum().backward()
    assert (x.grad[mask].abs().sum(-1) > 0).all() and (x.grad[~mask] == 0).all()
    pairs = pair_mask(mask)
    touched = (adj.grad + adj.grad.transpose(1, 2)).abs().sum(-1)
    assert (touched[pairs] > 0).all() and (touched[~pairs] == 0).all()
    assert (t.grad != 0).all()


def test_untrained_it_says_nothing():
    x, adj, mask, t = (part.float() if part.is_floating_point() else part for part in batch())
    assert torch.equal(GraphPredictor(3, 2)(x, adj, mask, t), torch.zeros(4, 2))
