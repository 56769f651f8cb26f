"""How a time, or a coefficient that depends on it, meets a state of more dimensions.

One rule for the whole package: a time of shape `()`, `(batch,)`, `(batch, token)`, ... lines up with the *leading*
dimensions of the state, and singleton dimensions are appended on the right. Coefficients are float64 functions of time
and are cast to the dtype of the state only when they multiply it.
"""

import torch
from jaxtyping import Float, Float64
from torch import Tensor


def broadcast_time(t: Tensor, like: Tensor) -> Float64[Tensor, "..."]:
    """The time `t` in float64, right-padded with singleton dimensions so that it broadcasts to `like`.

    A time without dimensions stays so, and stays on its device: torch multiplies such a scalar with a tensor anywhere.

    Raises:
        ValueError: if `t` does not line up with the leading dimensions of `like`.
    """
    t = t.to(torch.float64)
    if t.ndim == 0:
        return t
    if t.ndim > like.ndim or any(n not in (1, m) for n, m in zip(t.shape, like.shape, strict=False)):
        raise ValueError(
            f"`t` must match the leading dimensions of a state of shape {tuple(like.shape)}, got shape {tuple(t.shape)}"
        )
    return t.reshape(t.shape + (1,) * (like.ndim - t.ndim)).to(like.device)


def sample_times(t: Tensor, like: Tensor) -> Float64[Tensor, " batch"]:
    """One float64 time for each sample of `like`, from a time that does not vary within a sample.

    Raises:
        ValueError: if `t` has a time for each position of the sample; use a denoiser that allows for it.
    """
    padded = broadcast_time(t, like)
    if padded.numel() not in (1, like.shape[0]) or (padded.ndim > 0 and padded.numel() != padded.shape[0]):
        raise ValueError(f"`t` must be one time per sample, got shape {tuple(t.shape)} for {tuple(like.shape)}")
    return padded.reshape(-1).to(like.device).expand(like.shape[0])


def scaled_sum(a: Tensor, x: Float[Tensor, "*shape"], b: Tensor, y: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """`a x + b y`, the coefficients cast to the dtype of the states."""
    return a.to(x.dtype) * x + b.to(y.dtype) * y
