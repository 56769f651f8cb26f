"""The score networks of GDSS: symmetries, independence of padding and batch, and their formulas written out."""

from dataclasses import dataclass

import pytest
import torch
from graph_plain import plain_scores
from torch import Tensor, nn

from sciml.nets.gdss import (
    Convolutions,
    ScoreNetworkA,
    ScoreNetworkX,
    ScoreNetworkXGMH,
    ValidPairs,
    attended,
    carried,
    normalised,
    powers,
)
from sciml.numerics.graph_state import pair_mask, symmetrised

ATTENTION = {"depth": 3, "hidden": 8, "attention": 4, "channels": (2, 5, 3), "linears": 2, "heads": 2}
NETS = {
    "x": lambda: ScoreNetworkX(3, 2, 8),
    "x_gmh": lambda: ScoreNetworkXGMH(3, **ATTENTION),
    "a": lambda: ScoreNetworkA(3, **ATTENTION),
}


@dataclass
class Batch:
    x: Tensor
    adj: Tensor
    mask: Tensor


def batch(sizes: tuple[int, ...] = (1, 2, 5, 9, 11), nodes: int = 11, dtype: torch.dtype = torch.float64) -> Batch:
    generator = torch.Generator().manual_seed(0)
    mask = torch.arange(nodes) < torch.tensor(sizes)[:, None]
    x = torch.randn(len(sizes), nodes, 3, generator=generator, dtype=dtype) * mask[..., None]
    adj = symmetrised(torch.randn(len(sizes), nodes, nodes, generator=generator, dtype=dtype)) * pair_mask(mask)
    return Batch(x, adj, mask)


@pytest.fixture(params=sorted(NETS))
def net(request: pytest.FixtureRequest, trained_like) -> nn.Module:
    return trained_like(NETS[request.param]()).double()


def permuted(out: Tensor, order: Tensor, adjacency: bool) -> Tensor:
    return out[:, order][:, :, order] if adjacency else out[:, order]


def test_equivariant_under_permutations_that_mix_nodes_and_padding(net):
    given, order = batch(), torch.randperm(11, generator=torch.Generator().manual_seed(1))
    adjacency = isinstance(net, ScoreNetworkA)
    there = net(given.x[:, order], given.adj[:, order][:, :, order], given.mask[:, order])
    torch.testing.assert_close(there, permuted(net(given.x, given.adj, given.mask), order, adjacency), rtol=0, atol=1e-12)


def test_does_not_depend_on_padding_or_batch_mates(net):
    given = batch()
    together = net(given.x, given.adj, given.mask)
    wide = nn.functional.pad(given.adj, (0, 9, 0, 9))
    padded = net(nn.functional.pad(given.x, (0, 0, 0, 9)), wide, nn.functional.pad(given.mask, (0, 9)))
    inner = (slice(None), slice(11), slice(11)) if isinstance(net, ScoreNetworkA) else (slice(None), slice(11))
    torch.testing.assert_close(padded[inner], together, rtol=0, atol=1e-12)
    assert padded.abs().sum().item() == pytest.approx(together.abs().sum().item(), rel=1e-12)
    for k, n in enumerate((1, 2, 5, 9, 11)):
        alone = net(given.x[k : k + 1, :n], given.adj[k : k + 1, :n, :n], given.mask[k : k + 1, :n])
        inner = (k, slice(n), slice(n)) if isinstance(net, ScoreNetworkA) else (k, slice(n))
        torch.testing.assert_close(alone[0], together[inner], rtol=0, atol=1e-12)


def test_zero_where_nothing_is(net):
    given = batch()
    out = net(given.x, given.adj, given.mask)
    if isinstance(net, ScoreNetworkA):
        assert torch.equal(out, out.transpose(1, 2)) and (out[~pair_mask(given.mask)] == 0).all()
    else:
        assert (out[~given.mask] == 0).all()
    assert (out[given.mask if out.shape[-1] == 3 else pair_mask(given.mask)] != 0).all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_network_of_the_adjacency_is_its_formulas_with_their_gradients(trained_like, dtype):
    """At the scale of community_small: to 2e-6 of the scores, gradients to 1e-5 of the largest in single precision."""
    torch.manual_seed(0)
    net = ScoreNetworkA(3, 5, 32, 16, (2, 8, 4), 2, 4).to(dtype)
    given = batch((12, 15, 20, 18, 2), 20, dtype)
    ours, plain = net(given.x, given.adj, given.mask), plain_scores(net, given.x, given.adj, given.mask)
    torch.testing.assert_close(ours, plain, rtol=0, atol=2e-6 if dtype == torch.float32 else 1e-13)
    weight = torch.randn(ours.shape, generator=torch.Generator().manual_seed(2), dtype=dtype)
    weight = weight + weight.transpose(1, 2)
    parameters = list(net.parameters())
    gradients = [torch.autograd.grad((weight * out).sum(), parameters, allow_unused=True) for out in (ours, plain)]
    largest = max(g.abs().max().item() for g in gradients[1] if g is not None)
    for found, wanted in zip(*gradients, strict=True):
        found, wanted = (torch.zeros(()) if g is None else g for g in (found, wanted))
        torch.testing.assert_close(found, wanted, rtol=0, atol=largest * (1e-5 if dtype == torch.float32 else 1e-12))


def test_gradients_with_respect_to_the_state_count_both_entries_of_a_pair(trained_like):
    """The derivative by a pair, moved as one number, is the sum of those by its two entries: as finite differences say."""
    net, given = trained_like(NETS["a"]()).double(), batch((5,), 6)
    adj = given.adj.requires_grad_()
    (slope,) = torch.autograd.grad(net(given.x, adj, given.mask).sin().sum(), adj)
    step = torch.zeros_like(adj)
    step[0, 1, 3] = step[0, 3, 1] = 1e-5
    with torch.no_grad():
        up, down = (net(given.x, adj + sign * step, given.mask).sin().sum() for sign in (1, -1))
    assert (slope[0, 1, 3] + slope[0, 3, 1]).item() == pytest.approx(((up - down) / 2e-5).item(), rel=1e-6)


def test_the_network_of_the_nodes_is_its_formulas(trained_like):
    net, given = trained_like(NETS["x"]()).double(), batch()
    looped = given.adj + torch.eye(11, dtype=torch.float64)
    degree = looped.sum(-1).clamp(min=1)
    h, seen = given.x, [given.x]
    for layer in net.layers:
        h = torch.tanh((looped / (degree[:, :, None] * degree[:, None, :]).sqrt()) @ (h @ layer.weight[0]) + layer.bias[0])
        seen.append(h)
    plain = net.final(torch.cat(seen, -1)) * given.mask[..., None]
    torch.testing.assert_close(net(given.x, given.adj, given.mask), plain, rtol=0, atol=1e-13)


def test_powers_and_normalisation_by_hand():
    path = torch.tensor([[[0.0, 1, 0], [1, 0, 1], [0, 1, 0]]])
    assert torch.equal(powers(path, 3)[:, 0], torch.stack([path[0], path[0] @ path[0], 2 * path[0]]))
    expected = torch.tensor([[1 / 2, 6**-0.5, 0], [6**-0.5, 1 / 3, 6**-0.5], [0, 6**-0.5, 1 / 2]])
    torch.testing.assert_close(normalised(path)[0], expected)
    torch.testing.assert_close(carried(torch.eye(3)[None], (path + torch.eye(3))[None])[0, 0], expected)
    negative = torch.tensor([[[0.0, -3], [-3, 0]]])  # a degree of -2 counts as 1
    expected = torch.tensor([[1.0, -3], [-3, 1]])
    torch.testing.assert_close(normalised(negative)[0], expected)
    torch.testing.assert_close(carried(torch.eye(2)[None], (negative + torch.eye(2))[None])[0, 0], expected)


def test_entries_of_pairs_go_back_where_they_came_from():
    given = batch()
    pairs, dense = ValidPairs(given.mask), torch.stack([given.adj, 2 * given.adj])
    entries = pairs.gather(dense)
    assert torch.equal(pairs.scatter(entries), dense)
    assert torch.equal(pairs.scatter(entries, diagonal=1.0), dense + torch.eye(dense.shape[-1]).to(dense))
    skewed = torch.cat([dense, dense.triu()])
    torch.testing.assert_close(pairs.gather_mean(skewed), torch.cat([entries, entries / 2]), rtol=0, atol=0)


def projections(size: float, dtype: torch.dtype) -> tuple[Tensor, Tensor, Tensor]:
    """Queries and keys of four heads of two channels, and their products times 1/4, by head, in double precision."""
    generator = torch.Generator().manual_seed(0)
    q, k = (torch.randn(3, 2, 5, 8, generator=generator).mul(size**0.5).to(dtype).requires_grad_() for _ in range(2))
    return q, k, torch.einsum("cbihd,cbjhd->cbhij", *(part.double().unflatten(-1, (4, 2)) for part in (q, k))) / 4


@pytest.mark.parametrize("size", [0.01, 1, 30, 1e4])
@pytest.mark.parametrize(("dtype", "ulp"), [(torch.float64, 2.0**-52), (torch.float32, 2.0**-23)])
def test_attention_is_the_mean_of_tanh_where_it_is_small_and_where_it_saturates(dtype, ulp, size):
    q, k, products = projections(size, dtype)
    found, plain = attended(q, k, 4, 0.25), products.tanh().mean(2)
    torch.testing.assert_close(found.double(), plain, rtol=0, atol=2 * ulp)
    slopes, exact = (torch.autograd.grad(out.sin().sum(), (q, k)) for out in (found, plain))
    for slope, wanted in zip(slopes, exact, strict=True):
        torch.testing.assert_close(slope, wanted, rtol=0, atol=20 * ulp * max(1, wanted.abs().max().item()))


def test_attention_in_bf16_is_as_precise_as_its_products():
    q, k, products = projections(0.01, torch.bfloat16)
    wrong = (attended(q, k, 4, 0.25) - products.tanh().mean(2)).abs()
    assert (wrong <= 2**-8 * products.abs().mean(2) + 2e-7).all()


def test_weights_start_as_glorot_of_each_convolution():
    torch.manual_seed(0)
    convolutions = Convolutions(2, 30, (10, 10, 50))
    assert (convolutions.bias == 0).all()
    for part, outputs in zip(convolutions.weight.split((10, 10, 50), -1), (10, 10, 50), strict=True):
        bound = (6 / (30 + outputs)) ** 0.5
        assert part.abs().max() <= bound
        assert part.var().item() == pytest.approx(bound**2 / 3, rel=0.1)
