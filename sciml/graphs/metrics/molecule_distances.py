"""How far one set of molecules is from another, with intervals at 95% by bootstrap of both."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from torch import Tensor

from sciml.graphs.metrics.chemnet import frechet_distance, moments
from sciml.graphs.metrics.described_molecules import DescribedMolecules
from sciml.graphs.metrics.nspdk import nspdk_features
from sciml.metrics.gram import LinearGram
from sciml.metrics.mmd import Resamples, interval, mmd_biased, mmd_deviations, mmd_unbiased, resamples
from sciml.metrics.proportions import LEVEL_95
from sciml.metrics.wasserstein_line import wasserstein_1

FCD_DRAWS = 40


def molecule_distances(
    own: DescribedMolecules, reference: DescribedMolecules, parts: Sequence[str], *, seed: int, draws: int = 100
) -> dict[str, Any]:
    """`nspdk` (squared MMD), `fcd` and `properties` (Wasserstein-1), those asked for, each with value and interval.

    Args:
        own: generated molecules, or training molecules for a floor.
        reference: test molecules.
        parts: names in `described_molecules.PARTS`; FCD and properties are those that the sets were described with.
        seed: of the bootstrap.
        draws: bootstrap samples, of which FCD takes 40.
    """
    weights = resamples(len(own), len(reference), draws=draws, seed=seed)
    found: dict[str, Any] = {}
    if "nspdk" in parts:
        found["nspdk"] = _nspdk(own, reference, weights)
    if own.features is not None and reference.features is not None:
        found["fcd"] = _fcd(own.features, reference.features, weights)
    found["properties"] = {
        name: _distance(values, reference.properties[name], weights) for name, values in own.properties.items()
    }
    return found


def _nspdk(own: DescribedMolecules, reference: DescribedMolecules, weights: Resamples) -> dict[str, Any]:
    rows = nspdk_features([*own.molecules, *reference.molecules])
    gram = LinearGram(rows[: len(own)], rows[len(own) :])
    value = mmd_unbiased(gram)
    return {
        "value": value,
        "interval": list(interval(value, mmd_deviations(gram, weights))),
        "biased": mmd_biased(gram),
    }


def _fcd(own: Tensor, reference: Tensor, weights: Resamples) -> dict[str, Any]:
    """The distance grows as the sets shrink: bootstrap samples count fewer distinct ones, so only their spread is used."""
    own, reference = own.double(), reference.double()
    value = frechet_distance(moments(own), moments(reference))
    pairs = zip(weights.w[:FCD_DRAWS], weights.v[:FCD_DRAWS], strict=True)
    resampled = [frechet_distance(moments(own, w), moments(reference, v)) for w, v in pairs]
    half = LEVEL_95 * float(np.std(resampled, ddof=1))
    return {"value": value, "interval": [value - half, value + half]}


def _distance(own: Tensor, reference: Tensor, weights: Resamples) -> dict[str, Any]:
    """Wasserstein-1; as a bootstrap sample's distance is larger on average, only the spread of those is used."""
    value, resampled = float(wasserstein_1(own, reference)), wasserstein_1(own, reference, weights.w, weights.v)
    return {"value": value, "interval": list(interval(value, resampled - resampled.mean()))}
