"""How good generated molecules are, with intervals, floors, counts and warnings."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from rdkit import Chem
from torch import Tensor

from sciml.graphs.correction import decoded, is_valid
from sciml.graphs.data.graph_set import GraphSet
from sciml.graphs.metrics.chemnet import frechet_distance, moments
from sciml.graphs.metrics.described_molecules import DescribedMolecules, MoleculeBaseline, described_molecules
from sciml.graphs.metrics.nspdk import nspdk_features
from sciml.graphs.metrics.shares import share
from sciml.graphs.molecules import to_molecules
from sciml.metrics.gram import LinearGram
from sciml.metrics.mmd import Resamples, interval, mmd_biased, mmd_deviations, mmd_unbiased, resamples
from sciml.metrics.proportions import LEVEL_95
from sciml.metrics.wasserstein_line import wasserstein_1

FEW = 5000
FCD_DRAWS = 40


def score_molecules(generated: GraphSet, baseline: MoleculeBaseline, *, seed: int, draws: int = 100) -> dict[str, Any]:
    """All scores of molecules as plain numbers; intervals are at 95%: Wilson's for shares, else by bootstrap of both sets.

    `valid` is validity without correction: all valences are allowed. The other scores are those of the corrected molecules'
    largest components; `unique` is the share of distinct ones, `novel` that of distinct ones that are not in training.
    A floor is the same estimate of a training sample of equal size.

    Args:
        generated: better 10,000 molecules.
        baseline: test and training molecules, and which scores are asked for.
        seed: of the bootstrap.
        draws: bootstrap samples, of which FCD takes 40.

    Raises:
        ValueError: fewer than 2 molecules that RDKit accepts.
    """
    drawn = to_molecules(generated)
    outcome = [decoded(molecule) for molecule in drawn]
    molecules = [molecule for molecule in outcome if molecule is not None]
    if len(molecules) < 2:
        raise ValueError(f"`generated` must have at least 2 molecules that RDKit accepts, got {len(molecules)}")
    own, reference, floor = described_molecules(molecules, baseline.parts), baseline.reference, baseline.floor
    weights = resamples(len(own), len(reference), draws=draws, seed=seed)
    result: dict[str, Any] = {
        "counts": {"generated": len(drawn), "molecules": len(own), "reference": len(reference), "floor": len(floor)},
        "valid": share(np.array([is_valid(molecule) for molecule in drawn])),
        "valid_corrected": share(np.array([molecule is not None for molecule in outcome])),
        "connected": share(np.array([len(Chem.GetMolFrags(molecule)) == 1 for molecule in drawn])),
        "unique": share(_first(own.smiles)),
        "novel": share(np.array([name not in baseline.known for name in sorted(set(own.smiles))])),
        "reference_in_train": share(np.array([name in baseline.known for name in reference.smiles])),
    }
    if "nspdk" in baseline.parts:
        result["nspdk"] = _nspdk(own, baseline, weights)
    if own.features is not None and reference.features is not None and floor.features is not None:
        result["fcd"] = _fcd(own.features, reference.features, floor.features, weights)
    result["properties"] = {
        name: _distance(values, reference.properties[name], floor.properties[name], weights)
        for name, values in own.properties.items()
    }
    return result | {"warnings": _warnings(result)}


def _first(names: Sequence[str]) -> np.ndarray:
    """Which names appear for the first time."""
    hits = np.zeros(len(names), dtype=bool)
    hits[np.unique(names, return_index=True)[1]] = True
    return hits


def _nspdk(own: DescribedMolecules, baseline: MoleculeBaseline, weights: Resamples) -> dict[str, Any]:
    n, m = len(own), len(baseline.reference)
    rows = nspdk_features([*own.molecules, *baseline.reference.molecules, *baseline.floor.molecules])
    gram, floor = LinearGram(rows[:n], rows[n : n + m]), LinearGram(rows[n + m :], rows[n : n + m])
    value = mmd_unbiased(gram)
    return {
        "value": value,
        "interval": list(interval(value, mmd_deviations(gram, weights))),
        "biased": mmd_biased(gram),
        "floor": mmd_unbiased(floor),
        "floor_biased": mmd_biased(floor),
    }


def _fcd(own: Tensor, reference: Tensor, floor: Tensor, weights: Resamples) -> dict[str, Any]:
    """The distance grows as the sets shrink: bootstrap samples count fewer distinct ones, so only their spread is used."""
    own, reference = own.double(), reference.double()
    whole = moments(reference)
    value = frechet_distance(moments(own), whole)
    pairs = zip(weights.w[:FCD_DRAWS], weights.v[:FCD_DRAWS], strict=True)
    resampled = [frechet_distance(moments(own, w), moments(reference, v)) for w, v in pairs]
    half = LEVEL_95 * float(np.std(resampled, ddof=1))
    return {"value": value, "interval": [value - half, value + half], "floor": frechet_distance(moments(floor), whole)}


def _distance(own: Tensor, reference: Tensor, floor: Tensor, weights: Resamples) -> dict[str, Any]:
    """Wasserstein-1; as a bootstrap sample's distance is larger on average, only the spread of those is used."""
    value, resampled = float(wasserstein_1(own, reference)), wasserstein_1(own, reference, weights.w, weights.v)
    return {
        "value": value,
        "interval": list(interval(value, resampled - resampled.mean())),
        "floor": float(wasserstein_1(floor, reference)),
        "mean": float(own.mean()),
        "reference_mean": float(reference.mean()),
    }


def _warnings(result: dict[str, Any]) -> list[str]:
    texts = []
    inside, molecules, floor = result["reference_in_train"], result["counts"]["molecules"], result["counts"]["floor"]
    if inside["value"] > 0:
        texts.append(f"{inside['value']:.1%} of the reference molecules are training molecules: scores reward memory")
    if "fcd" in result and molecules < FEW:
        texts.append(f"FCD of {molecules} molecules is biased upwards: compare with its floor, better with {FEW} or more")
    if floor != molecules:
        texts.append(f"the floor is of {floor} training molecules, not of {molecules}: FCD and W1 depend on the size")
    return texts
