"""All molecules of few heavy atoms: a set to train on where no file is at hand.

Every connected molecule of C, N, O and F whose valences are 4, 3, 2 and 1, without charges and stereochemistry, whether
it can be made or not. A molecule of n atoms is one of n - 1 and an atom joined to it, as each connected graph has a node
without which it is connected.
"""

from collections.abc import Iterator
from itertools import product

from rdkit import Chem

from sciml.graphs.molecules import BONDS
from sciml.io.errors import InputError

VALENCES = {"C": 4, "N": 3, "O": 2, "F": 1}
COUNTS = (4, 19, 94, 621, 4715, 42068)


def enumerated_molecules(largest: int) -> list[Chem.Mol]:
    """Molecules of 1 to `largest` heavy atoms, by number of atoms, then by canonical SMILES.

    There are 4, 19, 94, 621, 4715 and 42068 of 1 to 6 atoms. An aromatic ring of six atoms has two forms of single and
    double bonds, of which one is kept: a seventh atom could complete either to other molecules, so 6 is the most.

    Raises:
        InputError: `largest` is not 1 to 6.
    """
    if not 1 <= largest <= len(COUNTS):
        raise InputError(f"`largest` must be 1 to {len(COUNTS)}, got {largest}")
    level: dict[str, Chem.Mol] = {}
    for symbol in VALENCES:
        molecule = Chem.MolFromSmiles(symbol)
        level[Chem.MolToSmiles(molecule)] = molecule
    found = [level[name] for name in sorted(level)]
    for _ in range(largest - 1):
        level = _grown(level)
        found += [level[name] for name in sorted(level)]
    return found


def _grown(level: dict[str, Chem.Mol]) -> dict[str, Chem.Mol]:
    """The molecules of one atom more, by canonical SMILES."""
    larger: dict[str, Chem.Mol] = {}
    for name in sorted(level):
        for candidate in _extensions(level[name]):
            Chem.SanitizeMol(candidate)
            larger.setdefault(Chem.MolToSmiles(candidate), candidate)
    return larger


def _extensions(molecule: Chem.Mol) -> Iterator[Chem.RWMol]:
    plain = Chem.Mol(molecule)
    Chem.Kekulize(plain, clearAromaticFlags=True)
    free = [atom.GetTotalNumHs() for atom in plain.GetAtoms()]
    for orders in product(*(range(min(3, most) + 1) for most in free)):
        for symbol, valence in VALENCES.items():
            if 0 < sum(orders) <= valence:
                yield _joined(plain, symbol, orders)


def _joined(molecule: Chem.Mol, symbol: str, orders: tuple[int, ...]) -> Chem.RWMol:
    larger = Chem.RWMol(molecule)
    new = larger.AddAtom(Chem.Atom(symbol))
    for atom, order in enumerate(orders):
        if order:
            larger.AddBond(atom, new, BONDS[order])
    for atom in larger.GetAtoms():
        atom.SetNoImplicit(False)
        atom.SetNumExplicitHs(0)
    return larger
