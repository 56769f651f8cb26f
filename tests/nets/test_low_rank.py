"""LoRA: nothing at first, the same merged, and taken over by another checkpoint."""

from copy import deepcopy

import pytest
import torch
from torch import Generator, nn

from sciml.io.digest import digest
from sciml.nets.low_rank import adapt, change_of, merge, take_over


def network(seed: int = 0) -> nn.Sequential:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Conv1d(3, 8, 5, padding=2), nn.SiLU(), nn.Conv1d(8, 2, 1), nn.Flatten(), nn.Linear(20, 4))


X = torch.randn(6, 3, 10, generator=Generator().manual_seed(1))


def trained(seed: int = 0) -> nn.Sequential:
    net = network(seed)
    adapt(net, 2, generator=Generator().manual_seed(2))
    optimizer = torch.optim.Adam([p for p in net.parameters() if p.requires_grad], 1e-2)
    for _ in range(20):
        optimizer.zero_grad()
        (net(X) - 1).square().mean().backward()
        optimizer.step()
    return net


def test_at_first_the_network_says_what_it_said():
    net = network()
    before = net(X)
    adapt(net, 2, generator=Generator().manual_seed(0))
    torch.testing.assert_close(net(X), before, rtol=0, atol=0)


def test_only_the_change_is_trained_and_it_has_that_rank():
    net, kept = trained(), network()
    assert sum(p.numel() for p in net.parameters() if p.requires_grad) == 2 * ((8 + 15) + (2 + 8) + (4 + 20))
    assert digest({"w": net[4].parametrizations.weight.original}) == digest({"w": kept[4].weight})
    change = (net[4].weight - kept[4].weight).detach()
    assert torch.linalg.matrix_rank(change, atol=1e-5) == 2
    assert (net(X) - 1).square().mean() < 0.5 * (kept(X) - 1).square().mean()


def test_merged_it_is_an_ordinary_network_that_says_the_same():
    net = trained()
    before = net(X).detach()
    merge(net)
    torch.testing.assert_close(net(X).detach(), before, rtol=0, atol=1e-6)
    network(1).load_state_dict(net.state_dict())


def test_another_checkpoint_takes_the_change_over():
    net, other = trained(), network(7)
    plain = deepcopy(other)
    adapt(other, 2, generator=Generator().manual_seed(9))
    take_over(other, change_of(net))
    change = net[4].weight - network()[4].weight
    torch.testing.assert_close(other[4].weight, plain[4].weight + change, rtol=0, atol=1e-6)


def test_what_does_not_fit_is_refused():
    net, other = trained(), network()
    with pytest.raises(ValueError, match=r"`change` must be of the same layers, one side lacks '0\.a'"):
        take_over(other, change_of(net))
    adapt(other, 3, generator=Generator())
    with pytest.raises(ValueError, match=r"`change` has '0\.a' of shape \(2, 15\), here it is \(3, 15\)"):
        take_over(other, change_of(net))
    with pytest.raises(ValueError, match="`rank` must be at least 1, got 0"):
        adapt(network(), 0, generator=Generator())
    with pytest.raises(ValueError, match="must have linear layers or convolutions, got SiLU without"):
        adapt(nn.SiLU(), 2, generator=Generator())
