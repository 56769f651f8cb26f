"""Frechet ChemNet distance.

    FCD = ||m_1 - m_2||^2 + tr(C_1 + C_2 - 2 (C_1 C_2)^{1/2})

of the means and covariances of ChemNet's last layer over two sets of molecules; the network is that of the package `fcd`,
which holds its weights.

Reference: Preuer et al. (2018), Frechet ChemNet distance, arXiv 1803.09518.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import fcd
import numpy as np
import torch
from fcd.utils import get_one_hot
from jaxtyping import Float, Float32, Float64
from torch import Tensor, nn

from sciml.io.errors import InputError

WEIGHTS = "ChemNet_v0.13_pretrained.pt"
LENGTH = 350
BATCH = 128


@dataclass(frozen=True)
class Moments:
    """What the distance needs of a set of molecules.

    Args:
        mean: of the features.
        covariance: unbiased.
        count: molecules.
    """

    mean: Float64[Tensor, " feature"]
    covariance: Float64[Tensor, "feature feature"]
    count: int


def chemnet_features(smiles: Sequence[str], *, device: str = "cpu") -> Float32[Tensor, "molecule 512"]:
    """ChemNet's last layer for each SMILES, which should be canonical; equal ones are computed once.

    About 3 ms each on one core of a CPU: compute them once for a reference set and keep them.

    Raises:
        InputError: a SMILES of 350 characters or more.
    """
    names = list(dict.fromkeys(smiles))
    long = next((name for name in names if len(name) >= LENGTH), None)
    if long is not None:
        raise InputError(f"SMILES must be shorter than {LENGTH} characters for ChemNet (`fcd`), got {len(long)}: {long}")
    network = _chemnet().to(device)
    rows = [network(_encoded(names[k : k + BATCH]).to(device)).cpu() for k in range(0, len(names), BATCH)]
    place = {name: k for k, name in enumerate(names)}
    return torch.cat(rows)[[place[name] for name in smiles]] if rows else torch.zeros(0, 512)


def moments(features: Float[Tensor, "molecule feature"], weights: Float64[Tensor, " molecule"] | None = None) -> Moments:
    """Mean and covariance, of molecules or of a bootstrap sample that draws each `weights` times.

    Raises:
        ValueError: fewer than two molecules.
    """
    if len(features) < 2:
        raise ValueError(f"`features` must have at least 2 molecules, got {len(features)}")
    w = torch.ones(len(features), dtype=torch.float64) if weights is None else weights
    x, count = features.double(), int(w.sum())
    mean = w @ x / count
    centred = (x - mean) * w.sqrt()[:, None]
    return Moments(mean, centred.T @ centred / (count - 1), count)


def frechet_distance(a: Moments, b: Moments) -> float:
    """Of two Gaussians; tr (C_1 C_2)^{1/2} is the sum of the roots of the eigenvalues of C_1^{1/2} C_2 C_1^{1/2}.

    So it stays real where a covariance is singular, with no more molecules than features.
    """
    values, vectors = torch.linalg.eigh(a.covariance)
    root = vectors * values.clamp(min=0).sqrt() @ vectors.T
    cross = torch.linalg.eigvalsh(root @ b.covariance @ root).clamp(min=0).sqrt().sum()
    traces = a.covariance.trace() + b.covariance.trace()
    return float((a.mean - b.mean).square().sum() + traces - 2 * cross)


@cache
def _chemnet() -> nn.Module:
    network: nn.Module = fcd.load_ref_model(str(Path(fcd.__file__).with_name(WEIGHTS)))
    return network.eval().requires_grad_(False)


def _encoded(names: Sequence[str]) -> Tensor:
    symbols = np.stack([get_one_hot(name, LENGTH) for name in names])
    return torch.from_numpy(symbols / symbols.shape[2]).float().transpose(1, 2)
