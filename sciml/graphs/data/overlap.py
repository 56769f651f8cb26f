"""How much of a test set is in the training set."""

import numpy as np
from rdkit import Chem

from sciml.graphs.concatenation import concatenated
from sciml.graphs.correction import decoded
from sciml.graphs.data.graph_set import GraphSet
from sciml.graphs.metrics.isomorphism import isomorphism_classes
from sciml.graphs.molecules import to_molecules


def isomorphic_to_training(train: GraphSet, test: GraphSet) -> int:
    """How many test graphs are isomorphic to a training graph; of molecules, how many have the same canonical SMILES.

    A model that repeats its training set scores well on these.
    """
    if test.molecules:
        known = set(_names(train))
        return sum(name in known for name in _names(test))
    classes = isomorphism_classes(concatenated(train, test))
    return int(np.isin(classes[len(train) :], classes[: len(train)]).sum())


def _names(graphs: GraphSet) -> list[str]:
    return [Chem.MolToSmiles(molecule) for drawn in to_molecules(graphs) if (molecule := decoded(drawn)) is not None]
