"""Masks, symmetric matrices and their entries above the diagonal, and the sorting of graphs by size, against loops."""

from collections.abc import Iterable
from itertools import combinations

import pytest
import torch

from sciml.numerics.graph_state import PairIndex, pair_mask, size_buckets, symmetrised


def test_a_pair_is_of_two_different_nodes_that_are_there():
    mask = torch.tensor([[True, True, False], [True, False, True]])
    found = pair_mask(mask)
    for b in range(2):
        for i in range(3):
            for j in range(3):
                assert found[b, i, j] == (mask[b, i] and mask[b, j] and i != j)


def test_the_upper_triangle_is_mirrored():
    upper = torch.arange(9.0).reshape(1, 3, 3)
    assert torch.equal(symmetrised(upper), torch.tensor([[[0.0, 1, 2], [1, 0, 5], [2, 5, 0]]]))


@pytest.mark.parametrize("nodes", [1, 2, 5])
def test_pairs_are_gathered_row_by_row_and_scattered_back(nodes):
    index = PairIndex(nodes, torch.device("cpu"))
    dense = symmetrised(torch.randn(3, 2, nodes, nodes, generator=torch.Generator().manual_seed(0))).permute(0, 2, 3, 1)
    pairs = index.gather(dense)
    rows = [dense[:, i, j] for i in range(nodes) for j in range(i + 1, nodes)]
    assert torch.equal(pairs, torch.stack(rows, 1) if rows else dense.new_zeros(3, 0, 2))
    assert torch.equal(index.scatter(pairs), dense)
    assert torch.equal(index.gather(pair_mask(torch.ones(1, nodes, dtype=torch.bool))[..., None]).all(), torch.tensor(True))


@pytest.mark.parametrize("overhead", [0, 300, 10**6])
@pytest.mark.parametrize("nodes", [7, 40])
def test_buckets_are_a_partition_into_graphs_that_fit(nodes, overhead):
    generator = torch.Generator().manual_seed(nodes)
    sizes = torch.randint(1, nodes + 1, (60,), generator=generator)
    mask = torch.arange(nodes) < sizes[:, None]
    mask[3] &= torch.rand(nodes, generator=generator) < 0.5  # a mask with holes
    seen, buckets = torch.zeros(60, dtype=torch.int64), list(size_buckets(mask, overhead))
    for index, n in buckets:
        seen[index] += 1
        assert max((mask[index] * torch.arange(1, nodes + 1)).amax().item(), 1) == n
    assert (seen == 1).all()
    different = len((mask * torch.arange(1, nodes + 1)).amax(1).clamp(min=1).unique())
    assert {0: different, 10**6: 1}.get(overhead, 2) <= len(buckets) <= {10**6: 1}.get(overhead, different)


def test_no_other_buckets_are_less_work():
    """Against all 64 ways to cut seven sizes into ranges."""
    sizes = torch.tensor([3, 3, 4, 6, 6, 6, 9, 10, 14, 20, 20])
    different, mask = sorted(set(sizes.tolist())), torch.arange(20) < sizes[:, None]

    def work(bounds: Iterable[int]) -> int:
        total, below = 0, 0
        for bound in bounds:
            total += 150 + bound**2 * int(((sizes > below) & (sizes <= bound)).sum())
            below = bound
        return total

    ways = [(*some, 20) for k in range(7) for some in combinations(different[:-1], k)]
    assert work(sorted(n for _, n in size_buckets(mask, 150))) == min(map(work, ways)) < min(work([20]), work(different))


def test_a_graph_without_nodes_has_a_bucket():
    ((index, n),) = size_buckets(torch.zeros(2, 5, dtype=torch.bool))
    assert index.tolist() == [0, 1] and n == 1
