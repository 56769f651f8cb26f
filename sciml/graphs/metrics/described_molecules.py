"""What the scores of molecules need of each set, computed once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float32, Float64
from rdkit import Chem
from torch import Tensor

from sciml.graphs.correction import decoded
from sciml.graphs.data.graph_set import GraphSet
from sciml.graphs.metrics.chemnet import chemnet_features
from sciml.graphs.metrics.properties import PROPERTIES, properties
from sciml.graphs.molecules import to_molecules

PARTS = ("nspdk", "fcd", *PROPERTIES)


@dataclass(frozen=True)
class DescribedMolecules:
    """Molecules as the metrics see them: corrected, the largest component, sanitised; what RDKit refuses is left out.

    Args:
        molecules: of RDKit.
        smiles: canonical.
        features: of ChemNet; None where the FCD is not asked for.
        properties: values by name.
    """

    molecules: Sequence[Chem.Mol]
    smiles: Sequence[str]
    features: Float32[Tensor, "molecule 512"] | None
    properties: dict[str, Float64[Tensor, " molecule"]]

    def __len__(self) -> int:
        return len(self.molecules)


@dataclass(frozen=True)
class MoleculeBaseline:
    """What generated molecules are compared with, to be kept for all generated sets.

    Args:
        reference: the test set.
        floor: a training sample as large as a generated set.
        known: canonical SMILES of training.
        parts: expensive scores that are asked for.
    """

    reference: DescribedMolecules
    floor: DescribedMolecules
    known: frozenset[str]
    parts: tuple[str, ...]


def described_molecules(molecules: Sequence[Chem.Mol], parts: Sequence[str] = PARTS) -> DescribedMolecules:
    """SMILES, features and properties of sanitised molecules."""
    smiles = [Chem.MolToSmiles(molecule) for molecule in molecules]
    features = chemnet_features(smiles) if "fcd" in parts else None
    return DescribedMolecules(molecules, smiles, features, properties(molecules, [p for p in parts if p in PROPERTIES]))


def molecule_baseline(
    reference: GraphSet | Sequence[Chem.Mol],
    train: GraphSet,
    *,
    count: int,
    seed: int,
    parts: Sequence[str] = PARTS,
    known: frozenset[str] | None = None,
) -> MoleculeBaseline:
    """Test and training molecules, described for scores of generated sets.

    Args:
        reference: test molecules; sanitised ones of RDKit keep the charges and stereochemistry that graphs lack, as
            published evaluations do (that costs an FCD of .011 on QM9).
        train: training molecules.
        count: molecules that will be generated, which the floor's sample of training has, too, if there are as many.
        seed: of that sample.
        parts: which expensive scores: `nspdk` (unbiased squared MMD), `fcd`, and distances of `qed`, `logp`, `sa`, `weight`.
        known: `canonical_smiles` of training, if they were computed before; a quarter of a millisecond each.

    Raises:
        ValueError: an unknown part, or a set with fewer than 2 molecules that RDKit accepts.
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
            raise ValueError(f"`{name}` must have at least 2 molecules that RDKit accepts, got {len(members)}")
    described = {name: described_molecules(members, parts) for name, members in sets.items()}
    names = known if known is not None else frozenset(canonical_smiles(train))
    return MoleculeBaseline(described["reference"], described["train"], names, tuple(parts))


def accepted(graphs: GraphSet) -> list[Chem.Mol]:
    """Molecules as the metrics see them."""
    return [molecule for molecule in map(decoded, to_molecules(graphs)) if molecule is not None]


def canonical_smiles(graphs: GraphSet) -> list[str]:
    """Canonical SMILES of molecules as the metrics see them."""
    return [Chem.MolToSmiles(molecule) for molecule in accepted(graphs)]
