"""What is known of the sites of proteins before any is mutated: letters nearby, and how exposed the residue is."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Integer
from torch import Tensor

from sciml.sequences.data.sequence_set import PROTEIN
from sciml.sequences.stability.mutations import Mutations

NO_LETTER = len(PROTEIN)  # unknown, or beyond an end


@dataclass(frozen=True)
class Sites:
    """Sites, one a row.

    Args:
        windows: letters around each, itself in the middle; `NO_LETTER` where there is none.
        exposure: in [0, 1]; -1 where not known.
    """

    windows: Integer[Tensor, "row window"]
    exposure: Float[Tensor, " row"]

    def __len__(self) -> int:
        return len(self.windows)


def mutated_sites(mutations: Mutations, reach: int) -> Sites:
    """Those of measured mutations."""
    rows = [_encoded(sequence, reach)[place] for sequence, place in zip(mutations.sequences, mutations.places, strict=True)]
    return Sites(torch.stack(rows), _told(mutations.exposure))


def all_sites(sequence: str, reach: int, exposure: Sequence[float] | None = None) -> Sites:
    """Those of a protein, in order.

    Args:
        sequence: of `PROTEIN` and X.
        reach: letters on either side that a window holds.
        exposure: of each site, in [0, 1], NaN where not known; none: nowhere known.
    """
    values = np.full(len(sequence), np.nan) if exposure is None else np.asarray(exposure, dtype=np.float64)
    if values.shape != (len(sequence),) or (values < 0).any() or (values > 1).any():
        raise ValueError(f"`exposure` must be {len(sequence)} numbers in [0, 1] or NaN, got shape {values.shape}")
    return Sites(_encoded(sequence, reach), _told(values))


def mutant_tokens(mutations: Mutations) -> Integer[Tensor, " row"]:
    """Index in `PROTEIN` of the letter that each becomes."""
    return torch.tensor([PROTEIN.index(letter) for letter in mutations.mutants])


def _encoded(sequence: str, reach: int) -> Tensor:
    """Windows of all sites."""
    letters = [PROTEIN.index(letter) if letter in PROTEIN else NO_LETTER for letter in sequence]
    ends = [NO_LETTER] * reach
    return torch.tensor([*ends, *letters, *ends]).unfold(0, 2 * reach + 1, 1)


def _told(exposure: np.ndarray) -> Tensor:
    return torch.from_numpy(np.where(np.isnan(exposure), -1.0, exposure)).float()
