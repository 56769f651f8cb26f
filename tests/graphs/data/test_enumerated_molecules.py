"""All small molecules: against brute force over all labelled graphs."""

import itertools

import pytest
from rdkit import Chem

from sciml.graphs.data.enumerated_molecules import COUNTS, VALENCES, enumerated_molecules
from sciml.graphs.molecules import BONDS
from sciml.io.errors import InputError


def brute_force(n):
    """Canonical SMILES of every assignment of elements and bond orders that is connected and keeps the valences."""
    pairs = list(itertools.combinations(range(n), 2))
    found = set()
    for symbols in itertools.combinations_with_replacement(VALENCES, n):
        for orders in itertools.product(range(4), repeat=len(pairs)):
            used = [sum(order for pair, order in zip(pairs, orders, strict=True) if atom in pair) for atom in range(n)]
            if any(u > VALENCES[symbol] for u, symbol in zip(used, symbols, strict=True)):
                continue
            molecule = Chem.RWMol()
            for symbol in symbols:
                molecule.AddAtom(Chem.Atom(symbol))
            for pair, order in zip(pairs, orders, strict=True):
                if order:
                    molecule.AddBond(*pair, BONDS[order])
            if len(Chem.GetMolFrags(molecule)) == 1:
                Chem.SanitizeMol(molecule)
                found.add(Chem.MolToSmiles(molecule))
    return found


def test_equals_brute_force():
    names = [Chem.MolToSmiles(molecule) for molecule in enumerated_molecules(4)]
    assert len(set(names)) == len(names) == sum(COUNTS[:4])
    ends = list(itertools.accumulate(COUNTS[:4], initial=0))
    for n, (start, end) in enumerate(itertools.pairwise(ends), start=1):
        assert set(names[start:end]) == brute_force(n)
        assert names[start:end] == sorted(names[start:end])


def test_five_atoms_are_counted_and_readable():
    molecules = enumerated_molecules(5)
    names = [Chem.MolToSmiles(molecule) for molecule in molecules]
    assert len(names) == sum(COUNTS[:5])
    assert [Chem.MolToSmiles(Chem.MolFromSmiles(name)) for name in names] == names
    assert {"CC(C)(C)C", "c1cc[nH]c1", "c1ccoc1", "O=C=O", "C#N"} <= set(names)


@pytest.mark.slow
def test_six_atoms_are_counted():
    names = {Chem.MolToSmiles(molecule) for molecule in enumerated_molecules(6)}
    assert len(names) == sum(COUNTS) and "c1ccccc1" in names


def test_the_range_is_checked():
    for largest in (0, 7):
        with pytest.raises(InputError, match=f"`largest` must be 1 to 6, got {largest}"):
            enumerated_molecules(largest)
