"""The spectral operator: its cosine transform against scipy's, and what mixing of modes means."""

import numpy as np
import pytest
import scipy.fft
import torch

from sciml.nets.spectral import CosineMixing, SpectralOperator

F64 = torch.float64


def test_mixing_multiplies_each_mode_by_its_own_matrix() -> None:
    mix = CosineMixing(2, (3, 4)).double()
    h = torch.randn(5, 6, 9, 2, dtype=F64, generator=torch.Generator().manual_seed(0))
    modes = torch.from_numpy(scipy.fft.dctn(h.numpy(), type=2, norm="ortho", axes=(1, 2)))
    kept = torch.zeros_like(modes)
    kept[:, :3, :4] = torch.einsum("bxyi,xyio->bxyo", modes[:, :3, :4], mix.weight.reshape(3, 4, 2, 2).detach())
    expected = scipy.fft.idctn(kept.numpy(), type=2, norm="ortho", axes=(1, 2))
    np.testing.assert_allclose(mix(h).detach().numpy(), expected, atol=1e-12)


def test_names_bad_modes() -> None:
    with pytest.raises(ValueError, match="`modes` must be given for 1, 2 or 3 axes, got 4"):
        SpectralOperator(1, 1, (2, 2, 2, 2))
