"""One level of the transform by pytorch-wavelets, in our layout: (*batch, *space) to (*batch, 2^d, *half).

pytorch-wavelets filters with strided convolutions: slower than matrices on small grids, faster and lighter on large ones.
Only the modes whose gradients are right are let through (`check_wavelet`).
"""

import math
import warnings
from functools import lru_cache

import torch
from torch import Tensor, nn


@lru_cache(maxsize=64)
def _modules(
    dimensions: int, wavelet: str, mode: str, dtype: torch.dtype, device: torch.device
) -> tuple[nn.Module, nn.Module]:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="pkg_resources is deprecated")
        import pytorch_wavelets as library
    names = {1: ("DWT1DForward", "DWT1DInverse"), 2: ("DWTForward", "DWTInverse")}[dimensions]
    default = torch.get_default_dtype()
    torch.set_default_dtype(dtype)  # the library rounds its filters to the default type and takes no other
    try:
        analysis = getattr(library, names[0])(J=1, wave=wavelet, mode=mode)
        synthesis = getattr(library, names[1])(wave=wavelet, mode=mode)
    finally:
        torch.set_default_dtype(default)
    return analysis.to(device), synthesis.to(device)


def _pad_to_even(x: Tensor, dimensions: int) -> Tensor:
    """Repeat the last point of each odd axis, as periodization asks: done by the library, its gradient is wrong."""
    for axis in range(-dimensions, 0):
        if x.shape[axis] % 2:
            x = torch.cat([x, x.narrow(axis, -1, 1)], axis)
    return x


def library_analysis(x: Tensor, dimensions: int, wavelet: str, mode: str) -> Tensor:
    """Averages and details of one level."""
    if mode == "periodization":
        x = _pad_to_even(x, dimensions)
    batch, space = x.shape[: x.dim() - dimensions], x.shape[-dimensions:]
    analysis, _ = _modules(dimensions, wavelet, mode, x.dtype, x.device)
    average, (detail,) = analysis(x.reshape(math.prod(batch), 1, *space))
    # of two axes the library orders its details (first axis, second axis, both)
    detail = detail[:, :, [1, 0, 2]] if dimensions == 2 else detail.unsqueeze(2)
    bands = torch.cat([average.unsqueeze(2), detail], dim=2)
    return bands.reshape(*batch, *bands.shape[2:])


def library_synthesis(bands: Tensor, shape: tuple[int, ...], dimensions: int, wavelet: str, mode: str) -> Tensor:
    """The field of sizes `shape` with these averages and details."""
    batch = bands.shape[: bands.dim() - dimensions - 1]
    flat = bands.reshape(math.prod(batch), 1, *bands.shape[-dimensions - 1 :])
    _, synthesis = _modules(dimensions, wavelet, mode, bands.dtype, bands.device)
    average, detail = flat[:, :, 0], flat[:, :, 1:]
    detail = detail[:, :, [1, 0, 2]] if dimensions == 2 else detail.squeeze(2)
    field = synthesis((average, [detail]))
    crop = (..., *(slice(0, n) for n in shape))
    return field[crop].reshape(*batch, *shape)
