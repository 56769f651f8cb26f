"""Cosine modes against scipy, and what is orthogonal."""

import numpy as np
import pytest
import scipy.fft
import torch

from sciml.numerics.modes import cosine_basis, cosine_modes, dense_modes

F64 = torch.float64


@pytest.mark.parametrize(("n", "modes"), [(8, 8), (13, 5), (40, 16)])
def test_the_basis_is_the_discrete_cosine_transform(n: int, modes: int) -> None:
    basis = cosine_basis(n, modes).numpy()
    expected = scipy.fft.dct(np.eye(n), type=2, norm="ortho", axis=1)[:, :modes]
    np.testing.assert_allclose(basis, expected, atol=1e-14)


def test_cosine_modes_are_the_transform_over_the_named_axes() -> None:
    x = torch.randn(3, 2, 6, 9, dtype=F64, generator=torch.Generator().manual_seed(0))
    modes = cosine_modes((2, 6, 9), (1, 2))
    np.testing.assert_allclose(modes.forward(x).numpy(), scipy.fft.dctn(x.numpy(), norm="ortho", axes=(2, 3)), atol=1e-13)
    torch.testing.assert_close(modes.inverse(modes.forward(x), x.shape), x)


def test_dense_modes_see_a_sample_as_a_vector() -> None:
    basis = torch.linalg.qr(torch.randn(12, 12, dtype=F64, generator=torch.Generator().manual_seed(0))).Q
    x = torch.randn(5, 3, 4, dtype=F64, generator=torch.Generator().manual_seed(1))
    modes = dense_modes(basis)
    torch.testing.assert_close(modes.forward(x), x.reshape(5, 12) @ basis)
    torch.testing.assert_close(modes.inverse(modes.forward(x), x.shape), x)
