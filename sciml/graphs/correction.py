"""Valid molecules out of drawn ones: the valence check, the published correction, the largest component.

Reference: Zang and Wang (2020), MoFlow, arXiv 2006.10137, on validity correction; used by Jo, Lee and Hwang (2022), arXiv
2202.02514.
"""

from rdkit import Chem, rdBase

from sciml.graphs.molecules import BONDS

PROPERTIES = Chem.SanitizeFlags.SANITIZE_PROPERTIES


def is_valid(molecule: Chem.Mol) -> bool:
    """Whether every valence is allowed: what validity without correction counts."""
    with rdBase.BlockLogs():
        return not Chem.DetectChemistryProblems(molecule, PROPERTIES)


def corrected(molecule: Chem.Mol) -> Chem.RWMol:
    """The molecule with one off the largest bond order of its first atom at fault, again until all valences are allowed."""
    changed = Chem.RWMol(molecule)
    with rdBase.BlockLogs():
        while problems := Chem.DetectChemistryProblems(changed, PROPERTIES):
            bonds = changed.GetAtomWithIdx(problems[0].GetAtomIdx()).GetBonds()
            bond = max(bonds, key=lambda one: int(one.GetBondType()))
            i, j, order = bond.GetBeginAtomIdx(), bond.GetEndAtomIdx(), int(bond.GetBondType())
            changed.RemoveBond(i, j)
            if order > 1:
                changed.AddBond(i, j, BONDS[order - 1])
    return changed


def largest_component(molecule: Chem.Mol) -> Chem.Mol | None:
    """The part with the longest SMILES, sanitised; None if RDKit refuses it."""
    with rdBase.BlockLogs():
        return Chem.MolFromSmiles(max(Chem.MolToSmiles(molecule).split("."), key=len))


def decoded(molecule: Chem.Mol) -> Chem.Mol | None:
    """What the metrics of molecules see of a drawn one: corrected, largest component, sanitised."""
    return largest_component(molecule if is_valid(molecule) else corrected(molecule))
