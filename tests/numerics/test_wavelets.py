"""The wavelet transform against PyWavelets, its own inverse and finite differences."""

import numpy as np
import pytest
import pywt
import torch

from sciml.numerics.wavelets.transform import Backend, WaveletTransform

SHAPES = {1: [(32,), (27,)], 2: [(16, 24), (15, 18), (33, 49)], 3: [(8, 10, 12), (20, 9, 7)]}
CASES = [
    (shape, wavelet, mode, backend)
    for dimensions, shapes in SHAPES.items()
    for shape in shapes
    for wavelet in ("bior2.4", "bior1.3", "haar", "db3")
    for mode in ("periodization", "zero")
    for backend in (("matrix", "library") if dimensions < 3 else ("matrix",))
]


def field(*shape: int, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    return torch.randn(shape, dtype=dtype, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(("shape", "wavelet", "mode", "backend"), CASES)
def test_equals_pywavelets(shape: tuple[int, ...], wavelet: str, mode: str, backend: Backend) -> None:
    x = field(2, *shape, dtype=torch.float32)
    ours = WaveletTransform(len(shape), wavelet, mode, backend=backend).forward(x)
    theirs = pywt.dwtn(x.numpy(), wavelet, mode, axes=range(1, 1 + len(shape)))
    bands = torch.cat([ours.average.unsqueeze(1), ours.details[0]], 1)
    for band in range(2 ** len(shape)):
        key = format(band, f"0{len(shape)}b").replace("0", "a").replace("1", "d")
        np.testing.assert_allclose(bands[:, band].numpy(), theirs[key], atol=1e-5)


@pytest.mark.parametrize(("shape", "wavelet", "mode", "backend"), CASES)
@pytest.mark.parametrize("levels", [1, 2])
def test_reconstructs(shape: tuple[int, ...], wavelet: str, mode: str, backend: Backend, levels: int) -> None:
    transform = WaveletTransform(len(shape), wavelet, mode, levels, backend)
    x = field(2, 3, *shape)
    torch.testing.assert_close(transform.inverse(transform.forward(x)), x, atol=1e-10, rtol=0)


def test_levels_equal_pywavelets() -> None:
    x = field(80, 120)
    ours = WaveletTransform(2, levels=3).forward(x)
    average, *details = pywt.wavedec2(x.numpy(), "bior2.4", "periodization", level=3)
    np.testing.assert_allclose(ours.average.numpy(), average, atol=1e-12)
    for mine, (first, second, both) in zip(reversed(ours.details), details, strict=True):
        np.testing.assert_allclose(mine.numpy(), np.stack([second, first, both]), atol=1e-12)


@pytest.mark.parametrize("mode", ["periodization", "zero"])
@pytest.mark.parametrize(
    ("shape", "backend"),
    [((6, 7), "matrix"), ((10, 11), "library"), ((6, 4), "library"), ((13,), "library"), ((4, 3, 5), "matrix")],
)
def test_gradients(shape: tuple[int, ...], backend: Backend, mode: str) -> None:
    transform = WaveletTransform(len(shape), "bior2.4", mode, backend=backend)
    x = field(*shape).requires_grad_()
    assert torch.autograd.gradcheck(lambda y: (transform.forward(y).average, *transform.forward(y).details), (x,))
    parts = transform.forward(x.detach())
    inputs = tuple(p.clone().requires_grad_() for p in (parts.average, *parts.details))
    assert torch.autograd.gradcheck(lambda a, d: transform.inverse(type(parts)(a, (d,), parts.shape)), inputs)


@pytest.mark.parametrize("mode", ["symmetric", "reflect", "periodic", "smooth"])
def test_refuses_modes_with_wrong_gradients(mode: str) -> None:
    with pytest.raises(ValueError, match=f"`mode` must be one of periodization, zero, got '{mode}'"):
        WaveletTransform(2, mode=mode)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"dimensions": 4}, "`dimensions`"),
        ({"dimensions": 2, "levels": 0}, "`levels`"),
        ({"dimensions": 2, "wavelet": "morlet"}, "`wavelet`"),
        ({"dimensions": 3, "backend": "library"}, "`backend`"),
    ],
)
def test_names_the_bad_argument(arguments: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        WaveletTransform(**arguments)
