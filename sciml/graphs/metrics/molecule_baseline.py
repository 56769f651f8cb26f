"""Test and training molecules, and how far apart they are, computed once for all generated sets."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from rdkit import Chem

from sciml.graphs.data.graph_set import GraphSet
from sciml.graphs.metrics.described_molecules import (
    PARTS,
    DescribedMolecules,
    accepted,
    canonical_smiles,
    described_molecules,
)
from sciml.graphs.metrics.molecule_distances import molecule_distances
from sciml.io.errors import InputError


@dataclass(frozen=True)
class MoleculeBaseline:
    """What generated molecules are compared with, to be kept for all generated sets.

    Args:
        reference: the test set.
        floor: a training sample as large as a generated set.
        floors: distances of that sample from the test set, as `molecule_distances` gives them.
        known: canonical SMILES of training.
        parts: expensive scores that are asked for.
    """

    reference: DescribedMolecules
    floor: DescribedMolecules
    floors: dict[str, Any]
    known: frozenset[str]
    parts: tuple[str, ...]


def molecule_baseline(
    reference: GraphSet | Sequence[Chem.Mol],
    train: GraphSet,
    *,
    count: int,
    seed: int,
    parts: Sequence[str] = PARTS,
    known: frozenset[str] | None = None,
    draws: int = 100,
) -> MoleculeBaseline:
    """Test and training molecules, described for scores of generated sets.

    Args:
        reference: test molecules; sanitised ones of RDKit keep the charges and stereochemistry that graphs lack, as
            published evaluations do (that costs an FCD of .011 on QM9).
        train: training molecules.
        count: molecules that will be generated, which the floor's sample of training has, too, if there are as many.
        seed: of that sample, and of the bootstrap of its distances from the test set.
        parts: which expensive scores: `nspdk` (unbiased squared MMD), `fcd`, and distances of `qed`, `logp`, `sa`, `weight`.
        known: `canonical_smiles` of training, if they were computed before; a quarter of a millisecond each.
        draws: bootstrap samples.

    Raises:
        ValueError: an unknown part.
        InputError: a set with fewer than 2 molecules that RDKit accepts, or one that ChemNet cannot read.
    """
    unknown = sorted(set(parts) - set(PARTS))
    if unknown:
        raise ValueError(f"`parts` must be among {', '.join(PARTS)}, got {', '.join(unknown)}")
    chosen = np.sort(np.random.default_rng(seed).permutation(len(train))[:count])
    sample = train.take(torch.from_numpy(chosen))
    tested = accepted(reference) if isinstance(reference, GraphSet) else list(reference)
    sets = {"reference": tested, "train": accepted(sample)}
    for name, members in sets.items():
        if len(members) < 2:
            raise InputError(f"`{name}` must have at least 2 molecules that RDKit accepts, got {len(members)}")
    described = {name: described_molecules(members, parts) for name, members in sets.items()}
    names = known if known is not None else frozenset(canonical_smiles(train))
    floors = molecule_distances(described["train"], described["reference"], parts, seed=seed, draws=draws)
    return MoleculeBaseline(described["reference"], described["train"], floors, names, tuple(parts))
