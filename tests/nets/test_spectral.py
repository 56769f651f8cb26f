"""The spectral operator: its cosine transform against scipy's, and what mixing of modes means."""

import numpy as np
import pytest
import scipy.fft
import torch
import torch.nn.functional as F

from sciml.nets.spectral import CosineMixing, SpectralLayer, SpectralOperator

F64 = torch.float64


def test_mixing_multiplies_each_mode_by_its_own_matrix() -> None:
    mix = CosineMixing(2, (3, 4)).double()
    h = torch.randn(5, 6, 9, 2, dtype=F64, generator=torch.Generator().manual_seed(0))
    modes = torch.from_numpy(scipy.fft.dctn(h.numpy(), type=2, norm="ortho", axes=(1, 2)))
    kept = torch.zeros_like(modes)
    kept[:, :3, :4] = torch.einsum("bxyi,xyio->bxyo", modes[:, :3, :4], mix.weight.reshape(3, 4, 2, 2).detach())
    expected = scipy.fft.idctn(kept.numpy(), type=2, norm="ortho", axes=(1, 2))
    np.testing.assert_allclose(mix(h).detach().numpy(), expected, atol=1e-12)


def test_a_layer_is_its_formula(trained_like) -> None:
    """h + W_2 gelu((1 + a(t)) norm(W_1 h + S h + K h) + b(t)), every part by another library or by hand."""
    layer = trained_like(SpectralLayer(4, (3, 2), embedding=6, dropout=0.0)).double()
    generator = torch.Generator().manual_seed(0)
    h, time = torch.randn(2, 6, 5, 4, dtype=F64, generator=generator), torch.randn(2, 6, dtype=F64, generator=generator)
    mixed = layer.mix(h)  # tested above
    near = F.conv2d(h.permute(0, 3, 1, 2), layer.near.weight, padding=1, groups=4).permute(0, 2, 3, 1)
    g = h @ layer.point.weight.T + layer.point.bias + mixed + near
    g = (g - g.mean(-1, keepdim=True)) / torch.sqrt(g.var(-1, unbiased=False, keepdim=True) + 1e-5)
    scale, shift = (time @ layer.film.weight.T + layer.film.bias)[:, None, None].chunk(2, -1)
    g = (1 + scale) * g + shift
    g = g * (1 + torch.erf(g / 2**0.5)) / 2
    torch.testing.assert_close(layer(h, time), h + g @ layer.leave.weight.T + layer.leave.bias)


def test_names_bad_sizes() -> None:
    with pytest.raises(ValueError, match="`modes` must be given for 1, 2 or 3 axes, got 4"):
        SpectralOperator(1, 1, (2, 2, 2, 2))
    with pytest.raises(ValueError, match=r"`modes` must be at least 1 along each axis, got \[2, 0\]"):
        SpectralOperator(1, 1, (2, 0))
    net = SpectralOperator(1, 1, (2, 6), width=4)
    with pytest.raises(ValueError, match=r"`x` must have 2 axes beside batch and channel, got shape \(1, 1, 8\)"):
        net(torch.zeros(1, 1, 8), torch.zeros(1))
    with pytest.raises(ValueError, match=r"`modes` must lie in \[1, 5\], the size of the axis, got 6"):
        net(torch.zeros(1, 1, 5, 5), torch.zeros(1))
