"""The reward network: against its formula, on both strands, differentiable in relaxed letters, of any length."""

import math

import pytest
import torch
import torch.nn.functional as F

from sciml.nets.sequence_oracle import SequenceOracle

COMPLEMENT = (3, 2, 1, 0)


def _letters(batch: int, length: int, letters: int = 4) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return F.one_hot(torch.randint(letters, (batch, length), generator=generator), letters).float()


def _other_strand(x: torch.Tensor) -> torch.Tensor:
    return x.flip(1, 2)  # the letters A, C, G, T in the opposite order pair with each other


def test_one_convolution_by_hand(trained_like) -> None:
    """gelu of the motif's score at each place, mean plus maximum over places, weighted."""
    net = trained_like(SequenceOracle(4, width=3, kernels=(3,)))
    x = _letters(2, 6)
    (layer,) = net.convolutions
    padded = F.pad(x - 0.25, (0, 0, 1, 1))
    score = torch.stack([torch.einsum("bkc,wck->bw", padded[:, p : p + 3], layer.weight) + layer.bias for p in range(6)])
    h = 0.5 * score * (1 + torch.erf(score / math.sqrt(2)))
    expected = (h.mean(0) + h.amax(0)) @ net.head.weight[0] + net.head.bias
    torch.testing.assert_close(net(x), expected, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("length", [1, 2, 4, 7, 30, 101])
@pytest.mark.parametrize("complement", [None, COMPLEMENT])
def test_reads_any_length(trained_like, length: int, complement) -> None:
    net = trained_like(SequenceOracle(4, width=8, kernels=(5, 3, 3), pool=3, complement=complement))
    x = _letters(3, length)
    torch.testing.assert_close(net(x), torch.cat([net(row[None]) for row in x]), atol=1e-6, rtol=1e-5)


def test_strands_are_alike_only_if_asked_for(trained_like) -> None:
    x = _letters(5, 23)
    alike = trained_like(SequenceOracle(4, width=8, complement=COMPLEMENT))
    torch.testing.assert_close(alike(x), alike(_other_strand(x)), atol=1e-6, rtol=1e-5)
    other = trained_like(SequenceOracle(4, width=8))
    assert (other(x) - other(_other_strand(x))).abs().max() > 1e-3
    torch.testing.assert_close(alike(x), (other(x) + other(_other_strand(x))) / 2, atol=1e-6, rtol=1e-5)


def test_training_reads_one_strand_at_random(trained_like) -> None:
    net = trained_like(SequenceOracle(4, width=8, complement=COMPLEMENT)).train()
    one_way = trained_like(SequenceOracle(4, width=8))
    x = _letters(1, 23).expand(400, -1, -1)
    here, there = one_way(x[:1]), one_way(_other_strand(x[:1]))
    torch.manual_seed(0)
    said = net(x)
    assert torch.isclose(said[:, None], torch.cat([here, there]), atol=1e-6).any(1).all()
    assert torch.isclose(said, here, atol=1e-6).double().mean().item() == pytest.approx(0.5, abs=0.1)


def test_gradient_in_relaxed_letters(trained_like) -> None:
    net = trained_like(SequenceOracle(4, width=6, kernels=(5, 3), pool=2, complement=COMPLEMENT)).double()
    x = torch.rand(2, 11, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(net, (x,))


def test_every_position_counts(trained_like) -> None:
    net = trained_like(SequenceOracle(20, width=6, kernels=(5, 3), pool=2))
    x = _letters(1, 12, 20).requires_grad_()
    net(x).sum().backward()
    assert (x.grad.abs().sum(2) > 0).all()


def test_bad_arguments_are_refused() -> None:
    for kernels in ((), (4,), (3, 0)):
        with pytest.raises(ValueError, match="`kernels` must be odd widths, at least one, got"):
            SequenceOracle(4, kernels=kernels)
    with pytest.raises(ValueError, match=r"`complement` must hold each of 0 to 3 once, got \(3, 2, 1, 1\)"):
        SequenceOracle(4, complement=(3, 2, 1, 1))
