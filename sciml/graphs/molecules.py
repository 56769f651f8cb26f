"""Molecules as graphs and back: heavy atoms as nodes, kekulised bonds as edges.

Reference: Jo, Lee and Hwang (2022), arXiv 2202.02514, section 4.2; the formal charges follow Zang and Wang (2020), MoFlow,
arXiv 2006.10137.
"""

from collections.abc import Sequence
from functools import cache

import numpy as np
import torch
from rdkit import Chem, rdBase

from sciml.graphs.data.graph_set import GraphSet
from sciml.io.errors import InputError

BONDS = {1: Chem.BondType.SINGLE, 2: Chem.BondType.DOUBLE, 3: Chem.BondType.TRIPLE}
CHARGEABLE = {"N": 3, "O": 2, "S": 2}
ORDERS = frozenset(BONDS.values())


def from_molecules(molecules: Sequence[Chem.Mol], atoms: tuple[str, ...], *, largest: int | None = None) -> GraphSet:
    """Graphs of molecules, kekulised and without hydrogens; charges, isotopes and stereochemistry are left out.

    Args:
        molecules: sanitised molecules; they are not changed.
        atoms: element symbols that a label stands for, such as C, N, O, F.
        largest: nodes to pad to, and the most that are allowed; None for those of the largest molecule.

    Raises:
        InputError: a molecule without atoms, with too many, with an element that is not among `atoms`, or with a bond that
            is not single, double or triple; by its index and its SMILES.
    """
    graphs = [_arrays(*item, atoms) for item in enumerate(molecules)]
    sizes = [len(labels) for labels, _ in graphs]
    width = largest if largest is not None else max(sizes, default=1)
    labels = np.zeros((len(graphs), width), dtype=np.uint8)
    edges = np.zeros((len(graphs), width, width), dtype=np.uint8)
    for index, (n, (codes, orders)) in enumerate(zip(sizes, graphs, strict=True)):
        if not 0 < n <= width:
            raise _refusal(index, molecules[index], f"{n} atoms, allowed are 1 to {width}")
        labels[index, :n] = codes
        edges[index, :n, :n] = orders
    return GraphSet(torch.from_numpy(labels), torch.from_numpy(edges), torch.tensor(sizes, dtype=torch.int32), tuple(atoms))


def to_molecules(graphs: GraphSet) -> list[Chem.RWMol]:
    """Molecules of graphs, as drawn: neither sanitised nor corrected, whatever their valences.

    The bonds are added one by one, by rows of the adjacency's lower triangle. When the first atom whose valence is too
    large then is N, O or S, by one bond above 3, 2 and 2, it gets the formal charge +1.

    Raises:
        ValueError: the graphs are no molecules.
    """
    if not graphs.molecules:
        raise ValueError("`graphs` must be molecules, got graphs without `atoms`")
    labels, edges = graphs.labels.tolist(), graphs.edges.tril(-1)
    bonds: list[list[tuple[int, int, int]]] = [[] for _ in range(len(graphs))]
    where = edges.nonzero()
    for (index, i, j), order in zip(where.tolist(), edges[tuple(where.T)].tolist(), strict=True):
        bonds[index].append((i, j, order))
    return [
        _molecule([graphs.atoms[k] for k in row[:n]], own)
        for row, n, own in zip(labels, graphs.sizes.tolist(), bonds, strict=True)
    ]


@cache
def largest_valence(symbol: str, charge: int = 0) -> int:
    """The largest sum of bond orders that RDKit allows an atom."""
    with rdBase.BlockLogs():
        for valence in range(12, 0, -1):
            molecule = Chem.RWMol()
            atom = Chem.Atom(symbol)
            atom.SetFormalCharge(charge)
            atom.SetNumExplicitHs(valence)
            molecule.AddAtom(atom)
            if not Chem.DetectChemistryProblems(molecule, Chem.SanitizeFlags.SANITIZE_PROPERTIES):
                return valence
    return 0


def _arrays(index: int, molecule: Chem.Mol, atoms: tuple[str, ...]) -> tuple[list[int], np.ndarray]:
    plain = Chem.Mol(molecule)
    Chem.Kekulize(plain, clearAromaticFlags=True)
    symbols = [atom.GetSymbol() for atom in plain.GetAtoms()]
    for symbol in symbols:
        if symbol not in atoms:
            raise _refusal(index, molecule, f"element {symbol} is not among {', '.join(atoms)}")
    for bond in plain.GetBonds():
        if bond.GetBondType() not in ORDERS:
            raise _refusal(index, molecule, f"bond of type {bond.GetBondType()}, allowed are SINGLE, DOUBLE and TRIPLE")
    orders = Chem.GetAdjacencyMatrix(plain, useBO=True, force=True)
    return [atoms.index(symbol) for symbol in symbols], orders


def _refusal(index: int, molecule: Chem.Mol, reason: str) -> InputError:
    return InputError(f"molecule {index} ({Chem.MolToSmiles(molecule)}): {reason}")


def _molecule(symbols: list[str], bonds: list[tuple[int, int, int]]) -> Chem.RWMol:
    charges = _charges(symbols, bonds)
    molecule = Chem.RWMol()
    for symbol, charge in zip(symbols, charges, strict=True):
        atom = molecule.GetAtomWithIdx(molecule.AddAtom(Chem.Atom(symbol)))
        if charge:
            atom.SetFormalCharge(charge)
    for i, j, order in bonds:
        molecule.AddBond(i, j, BONDS[order])
    return molecule


def _charges(symbols: list[str], bonds: list[tuple[int, int, int]]) -> list[int]:
    """Formal charges, from the valences while the molecule grows."""
    charges, valences = [0] * len(symbols), [0] * len(symbols)
    limits = [largest_valence(symbol) for symbol in symbols]
    for i, j, order in bonds:
        valences[i] += order
        valences[j] += order
        atom = next((k for k, valence in enumerate(valences) if valence > limits[k]), None)
        if atom is not None and valences[atom] - CHARGEABLE.get(symbols[atom], valences[atom]) == 1:
            charges[atom] = 1
            limits[atom] = largest_valence(symbols[atom], 1)
    return charges
