"""How good generated molecules are, with intervals, floors, counts and warnings."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from rdkit import Chem

from sciml.graphs.correction import decoded, is_valid
from sciml.graphs.data.graph_set import GraphSet
from sciml.graphs.metrics.described_molecules import described_molecules
from sciml.graphs.metrics.molecule_baseline import MoleculeBaseline
from sciml.graphs.metrics.molecule_distances import molecule_distances
from sciml.graphs.metrics.shares import share
from sciml.graphs.molecules import to_molecules
from sciml.io.errors import InputError

FEW = 5000


def score_molecules(generated: GraphSet, baseline: MoleculeBaseline, *, seed: int, draws: int = 100) -> dict[str, Any]:
    """All scores of molecules as plain numbers; intervals are at 95%: Wilson's for shares, else by bootstrap of both sets.

    `valid` is validity without correction: all valences are allowed. The other scores are those of the corrected molecules'
    largest components; `unique` is the share of distinct ones, `novel` that of distinct ones that are not in training.
    A floor is the same estimate of a training sample of equal size, with its own interval.

    Args:
        generated: better 10,000 molecules.
        baseline: test and training molecules, and which scores are asked for.
        seed: of the bootstrap.
        draws: bootstrap samples, of which FCD takes 40.

    Raises:
        InputError: fewer than 2 molecules that RDKit accepts.
    """
    drawn = to_molecules(generated)
    outcome = [decoded(molecule) for molecule in drawn]
    molecules = [molecule for molecule in outcome if molecule is not None]
    if len(molecules) < 2:
        raise InputError(f"`generated` must have at least 2 molecules that RDKit accepts, got {len(molecules)}")
    own, reference, floor = described_molecules(molecules, baseline.parts), baseline.reference, baseline.floor
    result: dict[str, Any] = {
        "counts": {"generated": len(drawn), "molecules": len(own), "reference": len(reference), "floor": len(floor)},
        "valid": share(np.array([is_valid(molecule) for molecule in drawn])),
        "valid_corrected": share(np.array([molecule is not None for molecule in outcome])),
        "connected": share(np.array([len(Chem.GetMolFrags(molecule)) == 1 for molecule in drawn])),
        "unique": share(_first(own.smiles)),
        "novel": share(np.array([name not in baseline.known for name in sorted(set(own.smiles))])),
        "reference_in_train": share(np.array([name in baseline.known for name in reference.smiles])),
    }
    found, floors = molecule_distances(own, reference, baseline.parts, seed=seed, draws=draws), baseline.floors
    result |= {name: _beside(found[name], floors[name]) for name in ("nspdk", "fcd") if name in found}
    result["properties"] = {
        name: _beside(score, floors["properties"][name])
        | {"mean": float(own.properties[name].mean()), "reference_mean": float(reference.properties[name].mean())}
        for name, score in found["properties"].items()
    }
    return result | {"warnings": _warnings(result)}


def _first(names: Sequence[str]) -> np.ndarray:
    """Which names appear for the first time."""
    hits = np.zeros(len(names), dtype=bool)
    hits[np.unique(names, return_index=True)[1]] = True
    return hits


def _beside(score: dict[str, Any], floor: dict[str, Any]) -> dict[str, Any]:
    """A distance with that of the floor."""
    names = {"value": "floor", "interval": "floor_interval", "biased": "floor_biased"}
    return score | {names[name]: number for name, number in floor.items()}


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
