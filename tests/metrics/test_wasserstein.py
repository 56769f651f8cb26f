"""The sliced distance where it is known: shifts, scalings, and Gaussians."""

import pytest
import torch

from sciml.metrics.wasserstein import sliced_wasserstein

F64 = torch.float64


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def distance(x, y, directions=2000):
    return sliced_wasserstein(x, y, directions=directions, generator=torch.Generator().manual_seed(1))


def test_a_shift_costs_its_length_over_the_root_of_the_dimension(generator):
    x = torch.randn(50, 3, generator=generator, dtype=F64)
    shift = torch.tensor([1.0, -2.0, 2.0], dtype=F64)
    assert distance(x, x + shift, 20000) == pytest.approx(3 / 3**0.5, rel=0.02)
    assert distance(x, x[torch.randperm(50, generator=generator)]) == pytest.approx(0, abs=1e-12)


def test_in_one_dimension_it_is_the_distance_of_sorted_samples(generator):
    x, y = torch.randn(2, 40, 1, generator=generator, dtype=F64)
    expected = (x.sort(0).values - y.sort(0).values).square().mean().sqrt()
    assert distance(x, y, 3) == pytest.approx(expected.item(), rel=1e-12)


def test_gaussians_of_two_widths(generator):
    """W_2 on any line is |a - b|; the sets are of different sizes."""
    x, y = torch.randn(20000, 2, generator=generator, dtype=F64), 3 * torch.randn(30000, 2, generator=generator, dtype=F64)
    assert distance(x, y, 50) == pytest.approx(2, rel=0.02)


def test_other_shapes_are_refused():
    with pytest.raises(ValueError, match=r"`y` must have samples of shape \(2,\), got \(3,\)"):
        distance(torch.ones(4, 2), torch.ones(4, 3))
