"""The neighbourhood subgraph pairwise distance kernel of molecules.

Two molecules are alike if they have many pairs of neighbourhoods, of equal radius r and at distance d, in common. Radii and
distances run from 0 to 4, as in the field's evaluation.

A neighbourhood is told by a hash of its layers: the elements and degrees of the nodes at each distance from its root, and
the orders of the bonds between the layers. Each pair of nodes counts once for both neighbourhoods and once for the second
alone, for every r. The counts of each (r, d) are scaled to norm 1, then the whole.

Reference: Costa and De Grave (2010), Fast neighborhood subgraph pairwise distance kernel, ICML; layers, second
neighbourhoods and scales as in Costa's EDeN, whose hashes of 16 bits, however, change between processes and collide.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem
from scipy.sparse import csr_array

from sciml.graphs.metrics.hashing import Hashes, chained, mixed

COMPLEXITY = 4
FAR = 255
CHUNK = 2**20


@dataclass(frozen=True)
class _Counts:
    """Sparse features before columns are numbered: molecule, hash and value of each entry."""

    row: NDArray[np.int64]
    feature: Hashes
    value: NDArray[np.float64]


def nspdk_features(molecules: Sequence[Chem.Mol]) -> csr_array:
    """Unit vectors whose inner products are the kernel, one row a molecule; columns are those features that occur.

    Only rows of one call share their columns: give both sets of a comparison in one list.

    Args:
        molecules: sanitised; an aromatic bond has the order 1, whatever its Kekule form.
    """
    largest = max((molecule.GetNumAtoms() for molecule in molecules), default=1)
    size = max(1, CHUNK // largest**2)
    parts = [_counts(molecules[k : k + size], k) for k in range(0, len(molecules), size)]
    row, feature, value = (np.concatenate([getattr(part, name) for part in parts]) for name in ("row", "feature", "value"))
    names, column = np.unique(feature, return_inverse=True)
    return csr_array((value, (row, column)), shape=(len(molecules), len(names)))


def _counts(molecules: Sequence[Chem.Mol], offset: int) -> _Counts:
    elements, orders = _arrays(molecules)
    there = elements > 0
    distance = _distances(orders > 0, there)
    roots, deep = _neighbourhoods(elements, orders, distance)
    molecule, u, v = np.nonzero(distance <= COMPLEXITY)
    d = distance[molecule, u, v].astype(np.int64)
    rows, features, blocks = [], [], []
    for r in range(COMPLEXITY + 1):
        both = deep[r][molecule, u] & deep[r][molecule, v]
        first, second, block = roots[r][molecule, u][both], roots[r][molecule, v][both], (r * (COMPLEXITY + 1) + d)[both]
        code = block.astype(np.uint64)
        pair = chained(code, np.minimum(first, second), np.maximum(first, second))
        rows += [molecule[both]] * 2
        features += [pair, chained(code, second)]
        blocks += [block] * 2
    return _scaled(np.concatenate(rows), np.concatenate(features), np.concatenate(blocks), len(molecules), offset)


def _arrays(molecules: Sequence[Chem.Mol]) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    n = max(molecule.GetNumAtoms() for molecule in molecules)
    elements = np.zeros((len(molecules), n), dtype=np.uint64)
    orders = np.zeros((len(molecules), n, n), dtype=np.uint64)
    for k, molecule in enumerate(molecules):
        numbers = [atom.GetAtomicNum() for atom in molecule.GetAtoms()]
        elements[k, : len(numbers)] = numbers
        orders[k, : len(numbers), : len(numbers)] = Chem.GetAdjacencyMatrix(molecule, useBO=True, force=True)
    return elements, orders  # an aromatic 1.5 has become 1


def _distances(adjacent: NDArray[np.bool_], there: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Edges between each two nodes, FAR where more than COMPLEXITY."""
    reached = np.eye(there.shape[1], dtype=bool) & there[:, :, None]
    distance = np.where(reached, 0, FAR).astype(np.uint8)
    step = adjacent.astype(np.float32)
    for d in range(1, COMPLEXITY + 1):
        new = (reached.astype(np.float32) @ step > 0) & ~reached
        distance[new] = d
        reached |= new
    return distance


def _neighbourhoods(
    elements: NDArray[np.uint64], orders: NDArray[np.uint64], distance: NDArray[np.uint8]
) -> tuple[list[Hashes], list[NDArray[np.bool_]]]:
    """For each radius the hash about each node, and whether any node is that far from it."""
    nodes = chained(elements, (orders > 0).sum(2).astype(np.uint64))
    molecule, a, b = np.nonzero(np.triu(orders, 1))
    bonds = mixed(orders[molecule, a, b])[:, None]
    nearer = np.minimum(distance[molecule, a], distance[molecule, b])  # (bond, root)
    hashes, deep = [], []
    for r in range(COMPLEXITY + 1):
        layer = np.where(distance == r, nodes[:, None, :], np.uint64(0)).sum(2)
        if r == 0:
            hashes.append(mixed(layer))
        else:
            between = np.zeros_like(elements)
            np.add.at(between, molecule, np.where(nearer == r - 1, bonds, np.uint64(0)))
            hashes.append(chained(hashes[-1], between, layer))
        deep.append((distance == r).any(2))
    return hashes, deep


def _scaled(row: NDArray[np.int64], feature: Hashes, block: NDArray[np.int64], molecules: int, offset: int) -> _Counts:
    keys = mixed(feature + mixed(row.astype(np.uint64)))
    _, first, count = np.unique(keys, return_index=True, return_counts=True)
    row, feature, block = row[first], feature[first], block[first]
    blocks = (COMPLEXITY + 1) ** 2
    squares = np.bincount(row * blocks + block, count.astype(float) ** 2, minlength=molecules * blocks)
    used = (squares.reshape(molecules, blocks) > 0).sum(1)
    return _Counts(row + offset, feature, count / np.sqrt(squares[row * blocks + block] * used[row]))
