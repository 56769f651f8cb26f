"""Mini-batches: every example once an epoch, the same on any number of processes."""

from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sciml.training.batches import Batches, hash_seed
from sciml.training.rates import warmup_cosine


@given(n=st.integers(1, 40), size=st.integers(1, 50), seed=st.integers(0, 2**31))
def test_an_epoch_holds_no_example_twice(n: int, size: int, seed: int) -> None:
    size = min(size, n)
    batches = Batches([torch.arange(n)], size, seed)
    epoch = torch.cat([batches[k][0] for k in range(n // batches.size)])
    assert len(epoch.unique()) == len(epoch) == n - n % batches.size


def test_epochs_differ_and_repeat_by_seed() -> None:
    one, again, other = (Batches([torch.arange(100)], 100, seed) for seed in (1, 1, 2))
    assert torch.equal(one[3][0], again[3][0])
    assert not torch.equal(one[3][0], one[4][0])
    assert not torch.equal(one[3][0], other[3][0])


@pytest.mark.parametrize("ranks", [1, 2, 3])
def test_processes_share_a_batch(ranks: int) -> None:
    x = torch.arange(60)
    whole = Batches([x], 12, seed=5)
    shares = [Batches([x], 12, seed=5, rank=rank, ranks=ranks) for rank in range(ranks)]
    for step in range(11):
        together = torch.cat([share[step][0] for share in shares])
        assert sorted(together.tolist()) == sorted(whole[step][0].tolist())


def test_rows_of_all_tensors_belong_together() -> None:
    x = torch.arange(30)
    a, b = Batches([x, 2 * x], 7, seed=0)[1]
    assert torch.equal(b, 2 * a)


def test_names_bad_examples() -> None:
    with pytest.raises(ValueError, match=r"got lengths \[2, 3\]"):
        Batches([torch.zeros(2), torch.zeros(3)], 1, 0)
    with pytest.raises(ValueError, match="`batch` must be at most the number of examples, 2, got 3"):
        Batches([torch.zeros(2)], 3, 0)
    with pytest.raises(ValueError, match="`batch` must be a multiple of the number of processes, 3, got 4"):
        Batches([torch.zeros(9)], 4, 0, ranks=3)


def test_seeds_do_not_collide() -> None:
    seeds = {hash_seed(a, b) for a in range(100) for b in range(100)}
    assert len(seeds) == 10_000
    assert all(0 <= seed < 2**63 for seed in seeds)


def test_rate_rises_then_falls_to_zero() -> None:
    rates = [warmup_cosine(step, 100, 10) for step in range(100)]
    assert rates[0] == pytest.approx(0.1)
    assert max(rates) == pytest.approx(rates[9])
    assert rates[9] == pytest.approx(0.980, abs=1e-3)
    assert rates[50] == pytest.approx(0.5)
    assert rates[-1] < 1e-3
    assert all(later < earlier for earlier, later in pairwise(rates[9:]))
