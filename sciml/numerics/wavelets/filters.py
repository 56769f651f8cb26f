"""One-dimensional wavelet analysis and synthesis as dense matrices, built from PyWavelets and cached.

A discrete wavelet transform is linear, so on an axis of n points it is a matrix A of shape (2 m, n): m averages above m
details. Its inverse is S of shape (n, 2 m) with S A = 1. Applied by a matrix product the transform has exact gradients in
every mode and, at the sizes of stored PDE fields (n up to a few hundred), costs less than filtering with strides.
"""

from functools import lru_cache

import numpy as np
import pywt
import torch
from torch import Tensor

MODES = ("periodization", "zero")


def check_wavelet(wavelet: str, mode: str) -> None:
    """Raise ValueError unless `wavelet` is a discrete wavelet and `mode` one that we support."""
    if wavelet not in pywt.wavelist(kind="discrete"):
        raise ValueError(f"`wavelet` must be a discrete wavelet of PyWavelets such as 'bior2.4', got {wavelet!r}")
    if mode not in MODES:
        raise ValueError(
            f"`mode` must be one of {', '.join(MODES)}, got {mode!r}: "
            "the gradients of pytorch-wavelets are wrong in the other modes"
        )


def filter_length(wavelet: str) -> int:
    """Taps of the analysis filters."""
    return pywt.Wavelet(wavelet).dec_len


def coefficient_length(points: int, wavelet: str, mode: str) -> int:
    """Length m of the averages (and of the details) of an axis of `points` points."""
    return pywt.dwt_coeff_len(points, filter_length(wavelet), mode)


@lru_cache(maxsize=256)
def analysis_matrix(points: int, wavelet: str, mode: str, dtype: torch.dtype, device: torch.device) -> Tensor:
    """A, shape (2 m, points)."""
    average, detail = pywt.dwt(np.eye(points), wavelet, mode=mode, axis=0)
    return torch.from_numpy(np.concatenate([average, detail])).to(device, dtype)


@lru_cache(maxsize=256)
def synthesis_matrix(points: int, wavelet: str, mode: str, dtype: torch.dtype, device: torch.device) -> Tensor:
    """S, shape (points, 2 m): for odd sizes the padded last point is dropped."""
    m = coefficient_length(points, wavelet, mode)
    unit = np.eye(2 * m)
    return torch.from_numpy(pywt.idwt(unit[:m], unit[m:], wavelet, mode=mode, axis=0)[:points].copy()).to(device, dtype)


def multiply_axis(x: Tensor, matrix: Tensor, axis: int) -> Tensor:
    """matrix @ x along one axis of x."""
    return torch.movedim(torch.movedim(x, axis, -1) @ matrix.T, -1, axis)
