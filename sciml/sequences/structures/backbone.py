"""The backbone of one protein chain."""

from dataclasses import dataclass

import torch
from jaxtyping import Float64, Integer, UInt8
from torch import Tensor

from sciml.sequences.data.sequence_set import PROTEIN

ATOMS = ("N", "CA", "C", "O")


@dataclass(frozen=True)
class Backbone:
    """Residues in the order of the chain.

    Args:
        coordinates: of `ATOMS`, in Angstrom.
        letters: one of each residue, of `PROTEIN`.
        places: along the chain: grows by 1 from a residue to the next, by more where residues in between are not known.
        names: what the file calls each residue: its number, with the insertion code if it has one, such as 52A.
    """

    coordinates: Float64[Tensor, "residue atom=4 axis=3"]
    letters: str
    places: Integer[Tensor, " residue"]
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        lengths = {len(each) for each in (self.coordinates, self.letters, self.places, self.names)}
        if len(lengths) != 1 or 0 in lengths:
            raise ValueError(f"`coordinates`, `letters`, `places` and `names` must have one length, got {sorted(lengths)}")
        if strange := set(self.letters) - set(PROTEIN):
            raise ValueError(f"`letters` must be of {PROTEIN}, got {''.join(sorted(strange))}")

    def __len__(self) -> int:
        return len(self.letters)

    @property
    def tokens(self) -> UInt8[Tensor, "one residue"]:
        """The native sequence, as indices in `PROTEIN`."""
        return torch.tensor([[PROTEIN.index(letter) for letter in self.letters]], dtype=torch.uint8)
