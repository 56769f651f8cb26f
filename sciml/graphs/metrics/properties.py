"""Properties of molecules that are compared as distributions.

References:
    Bickerton et al. (2012), Quantifying the chemical beauty of drugs, doi:10.1038/nchem.1243 (QED, 0 to 1).
    Wildman and Crippen (1999), doi:10.1021/ci990307l (logP, dimensionless).
    Ertl and Schuffenhauer (2009), doi:10.1186/1758-2946-1-8 (synthetic accessibility, 1 easy to 10 hard).
"""

import importlib.util
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import torch
from jaxtyping import Float64
from rdkit import Chem, RDConfig
from rdkit.Chem import QED, Crippen, Descriptors
from torch import Tensor


def properties(molecules: Sequence[Chem.Mol], names: Sequence[str]) -> dict[str, Float64[Tensor, " molecule"]]:
    """Values of the named properties: `qed`, `logp`, `sa`, `weight` (in dalton, with hydrogens).

    Raises:
        ValueError: an unknown name.
    """
    unknown = [name for name in names if name not in PROPERTIES]
    if unknown:
        raise ValueError(f"`names` must be among {', '.join(PROPERTIES)}, got {', '.join(unknown)}")
    return {name: torch.tensor([PROPERTIES[name](m) for m in molecules], dtype=torch.float64) for name in names}


def synthetic_accessibility(molecule: Chem.Mol) -> float:
    """Ertl and Schuffenhauer's score, with the fragments that RDKit brings."""
    return float(_scorer()(molecule))


@cache
def _scorer() -> Callable[[Chem.Mol], float]:
    path = Path(RDConfig.RDContribDir, "SA_Score", "sascorer.py")  # no package, so not to be imported by name
    spec = importlib.util.spec_from_file_location("sascorer", path)
    if spec is None or spec.loader is None or not path.exists():
        raise FileNotFoundError(f"this RDKit lacks {path}: leave out the property `sa`")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    score: Callable[[Chem.Mol], float] = module.calculateScore
    return score


PROPERTIES: dict[str, Callable[[Chem.Mol], float]] = {
    "qed": QED.qed,
    "logp": Crippen.MolLogP,  # type: ignore[attr-defined]
    "sa": synthetic_accessibility,
    "weight": Descriptors.MolWt,  # type: ignore[attr-defined]
}
