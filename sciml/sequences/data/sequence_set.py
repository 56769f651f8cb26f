"""Sets of sequences in memory: letters as indices into an alphabet, all of one length."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from jaxtyping import UInt8
from torch import Tensor

DNA = "ACGT"
PROTEIN = "ACDEFGHIKLMNPQRSTVWY"


@dataclass(frozen=True)
class SequenceSet:
    """Sequences of one length over one alphabet.

    Args:
        tokens: index of each letter in `alphabet`.
        alphabet: the letters, each once: `DNA` or `PROTEIN`.
        labels: measured numbers of each sequence by name, such as an expression or 0 and 1 for two classes; float64,
            NaN where not measured.
        chromosomes: of each sequence, for splits by chromosome; none if not known.
    """

    tokens: UInt8[Tensor, "sequence position"]
    alphabet: str
    labels: Mapping[str, np.ndarray] = field(default_factory=dict)
    chromosomes: tuple[str, ...] | None = None

    def __len__(self) -> int:
        return len(self.tokens)

    @property
    def length(self) -> int:
        """Letters of a sequence."""
        return self.tokens.shape[1]

    def take(self, index: np.ndarray) -> "SequenceSet":
        """Some of the sequences, by whole numbers."""
        labels = {name: values[index] for name, values in self.labels.items()}
        chromosomes = None if self.chromosomes is None else tuple(self.chromosomes[k] for k in index)
        return replace(self, tokens=self.tokens[index], labels=labels, chromosomes=chromosomes)

    def letters(self) -> list[str]:
        """The sequences as text."""
        table = np.frombuffer(self.alphabet.encode("ascii"), dtype=np.uint8)
        return [row.tobytes().decode("ascii") for row in table[self.tokens.numpy()]]
