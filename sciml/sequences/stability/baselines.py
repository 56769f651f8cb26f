"""What a model of stability changes is to be better than: the mean, and ridge regressions on what is known of amino acids.

Reference: Henikoff and Henikoff (1992), doi:10.1073/pnas.89.22.10915, BLOSUM62; Kyte and Doolittle (1982),
doi:10.1016/0022-2836(82)90515-0, hydrophobicity; Zamyatnin (1972), doi:10.1016/0079-6107(72)90005-3, volumes.
"""

from collections.abc import Mapping

import numpy as np
from Bio.Align import substitution_matrices
from Bio.SeqUtils.ProtParamData import kd
from jaxtyping import Float64
from scipy.sparse import csr_array

from sciml.sequences.data.sequence_set import PROTEIN
from sciml.sequences.oracles.linear import LinearProblem
from sciml.sequences.stability.mutations import Mutations

# cubic Angstrom, in the order of PROTEIN
SIZES = (
    "88.6 108.5 111.1 138.4 189.9 60.1 153.2 166.7 168.6 166.7 162.9 114.1 112.7 143.8 173.4 89.0 116.1 140.0 227.8 193.6"
)
VOLUME = dict(zip(PROTEIN, map(float, SIZES.split()), strict=True))
PENALTY = 0.1  # of standardised features


def baselines(training: Mutations, mutations: Mutations) -> Mapping[str, Float64[np.ndarray, " row"]]:
    """ddG of mutations by name of the baseline, in kcal/mol, each fitted to the training set alone.

    `mean`; `substitution`, a ridge on BLOSUM62, hydrophobicities and volumes; `exposure`, one on the same, on which
    letters they are, and on the exposure.
    """
    found = {"mean": np.full(len(mutations), training.ddg.mean())}
    for name in ("substitution", "exposure"):
        seen, asked = (csr_array(_features(each, name == "exposure")) for each in (training, mutations))
        problem = LinearProblem(seen, training.ddg, classes=False)
        slope, constant = problem.coefficients(problem.solve(PENALTY))
        found[name] = asked @ slope + constant
    return found


def _features(mutations: Mutations, exposure: bool) -> np.ndarray:
    blosum = substitution_matrices.load("BLOSUM62")
    pairs = list(zip(mutations.wild_types, mutations.mutants, strict=True))
    similar = np.array([blosum[a][b] for a, b in pairs])
    water = np.array([kd[b] - kd[a] for a, b in pairs])
    room = np.array([VOLUME[b] - VOLUME[a] for a, b in pairs])
    columns = [similar, water, room, np.abs(room), np.array([kd[a] for a, _ in pairs])]
    if exposure:
        known, value = np.isfinite(mutations.exposure).astype(float), np.nan_to_num(mutations.exposure)
        columns += [known, value, *(weight * each for each in (water, room) for weight in (known, value))]
        columns += [np.array([pair[k] == letter for pair in pairs], float) for k in (0, 1) for letter in PROTEIN]
    return np.stack(columns, 1)
