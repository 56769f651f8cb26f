"""Power spectra: does a prediction have structure at the scales at which the truth has it?"""

import torch
from jaxtyping import Float, Float64
from torch import Tensor


def power_spectrum(fields: Float[Tensor, "*batch x"], *, hann: bool = False) -> Float64[Tensor, " wavenumber"]:
    """Power at each wavenumber along the last axis, averaged over all others.

        P_k = c_k |sum_j w_j u_j exp(-2 pi i j k / n)|^2 / n^2,   k = 0 ... n // 2,

    with c_k = 2 for the wavenumbers that stand for +k and -k, 1 for k = 0 and, if n is even, k = n/2. So Parseval reads
    sum_k P_k = mean(u^2) without window. In the square of the fields' unit, a wavenumber being cycles over n points.

    Args:
        fields: of n points along the last axis, at least 1.
        hann: take off each row's mean, then multiply by the periodic Hann window, scaled to mean(w^2) = 1: for fields
            that are not periodic, whose jump from end to end would else fill the spectrum with k^-2. Blurs by about one
            wavenumber.
    """
    values, points = fields.double(), fields.shape[-1]
    if hann:
        window = torch.hann_window(points, dtype=torch.float64, device=fields.device)
        values = (values - values.mean(-1, keepdim=True)) * window / window.square().mean().sqrt()
    power = torch.fft.rfft(values).abs().square().reshape(-1, points // 2 + 1).mean(0) / points**2
    power[1 : (points + 1) // 2] *= 2
    return power
