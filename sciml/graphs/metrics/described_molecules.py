"""What the scores of molecules need of each set, computed once."""

from collections.abc import Sequence
from dataclasses import dataclass

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


def described_molecules(molecules: Sequence[Chem.Mol], parts: Sequence[str] = PARTS) -> DescribedMolecules:
    """SMILES, features and properties of sanitised molecules."""
    smiles = [Chem.MolToSmiles(molecule) for molecule in molecules]
    features = chemnet_features(smiles) if "fcd" in parts else None
    return DescribedMolecules(molecules, smiles, features, properties(molecules, [p for p in parts if p in PROPERTIES]))


def accepted(graphs: GraphSet) -> list[Chem.Mol]:
    """Molecules as the metrics see them."""
    return [molecule for molecule in map(decoded, to_molecules(graphs)) if molecule is not None]


def canonical_smiles(graphs: GraphSet) -> list[str]:
    """Canonical SMILES of molecules as the metrics see them."""
    return [Chem.MolToSmiles(molecule) for molecule in accepted(graphs)]
