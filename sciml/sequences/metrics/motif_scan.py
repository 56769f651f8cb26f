"""Sites of motifs on both strands of DNA.

Scores are sums of whole hundredths of a bit, so that they, their law and the thresholds are exact; that moves a score by at
most half a hundredth of a bit for each letter of the motif. Tables of the scores of all words of four letters make a site's
score the sum of a few rows, for all motifs of one width at once.

Reference: Grant, Bailey and Noble (2011), FIMO, doi:10.1093/bioinformatics/btr064, on scores and p-values.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float32, Int32, Int64, Integer
from torch import Tensor

from sciml.sequences.data.sequence_set import DNA
from sciml.sequences.metrics.score_distribution import score_threshold
from sciml.sequences.motifs import Motif, background

UNITS = 100  # of the score in a bit
WORD = 4  # letters looked up at once
SCORES = 1 << 20  # computed at once


@dataclass(frozen=True, eq=False)
class _Group:
    """Motifs of one width.

    Args:
        members: their numbers.
        offsets: where in a site the words begin.
        table: scores of all words, word by word, of every motif as it is and then reversed; letters that an earlier word
            has counted score 0.
        thresholds: lowest scores of a site.
        lowest: scores that no word falls short of.
    """

    width: int
    members: Int64[Tensor, " motif"]
    offsets: tuple[int, ...]
    table: Float32[Tensor, "word both"]
    thresholds: Float32[Tensor, " motif"]
    lowest: Float32[Tensor, " motif"]


class MotifScanner:
    """Finds motifs.

    Args:
        motifs: at least one.
        gc: share of G and C that letters by chance have.
        p_value: with which chance makes a given place of one strand a site.
    """

    def __init__(self, motifs: Sequence[Motif], *, gc: float = 0.5, p_value: float = 1e-4) -> None:
        if not motifs:
            raise ValueError("`motifs` must hold at least one motif")
        self.motifs = tuple(motifs)
        widths = np.array([motif.width for motif in motifs])
        letters = background(gc)
        matrices = [whole_scores(motif, gc) for motif in motifs]
        limits = [score_threshold(matrix, letters, p_value) for matrix in matrices]
        highest = [int(matrix.max(0).sum()) for matrix in matrices]
        self.reachable: Bool[np.ndarray, " motif"] = np.array(limits) <= np.array(highest)
        self._groups = [_group(np.flatnonzero(widths == width), matrices, limits) for width in np.unique(widths)]

    def sites(self, tokens: Integer[Tensor, "sequence position"]) -> Int32[Tensor, "sequence motif"]:
        """How many places of each sequence are sites of each motif; one that is a site on both strands counts once.

        Motifs that are not `reachable` are so short that their best word is likelier than the p-value: they have no sites.
        """
        counts = torch.zeros(len(tokens), len(self.motifs), dtype=torch.int32)
        for group, rows, scores in self._scores(tokens):
            counts[rows, group.members] = (scores >= group.thresholds).sum(1, dtype=torch.int32)
        return counts

    def best_scores(self, tokens: Integer[Tensor, "sequence position"]) -> Float32[Tensor, "sequence motif"]:
        """The highest score in bits of each motif in each sequence; the lowest possible where a sequence is too short."""
        best = torch.empty(len(tokens), len(self.motifs))
        for group in self._groups:
            best[:, group.members] = group.lowest
        for group, rows, scores in self._scores(tokens):
            best[rows, group.members] = scores.amax(1)
        return best / UNITS

    def _scores(self, tokens: Tensor) -> Iterator[tuple[_Group, Tensor, Float32[Tensor, "chunk place motif"]]]:
        """Of the better strand at each place, a few sequences at a time; rows are numbers of sequences, as a column."""
        length = tokens.shape[1]
        for group in self._groups:
            places = length - group.width + 1
            if places < 1:
                continue
            motifs = len(group.members)
            for rows in torch.arange(len(tokens)).split(max(1, SCORES // (places * 2 * motifs))):
                both = F.embedding_bag(_words(tokens[rows], group), group.table, mode="sum")
                better = torch.maximum(both[:, :motifs], both[:, motifs:])
                yield group, rows[:, None], better.view(len(rows), places, motifs)


def whole_scores(motif: Motif, gc: float = 0.5) -> Int64[np.ndarray, "4 width"]:
    """Log-odds in hundredths of a bit, rounded."""
    return np.rint(UNITS * motif.log_odds(gc)).astype(np.int64)


def _group(members: Int64[np.ndarray, " motif"], matrices: Sequence[np.ndarray], limits: Sequence[int]) -> _Group:
    own = np.stack([matrices[k] for k in members])
    width = own.shape[2]
    size = min(WORD, width)
    begins = range(0, width, size)
    offsets = tuple(min(begin, width - size) for begin in begins)  # the last word may overlap with the one before
    both = np.concatenate([own, own[:, ::-1, ::-1]])
    digits = np.indices((len(DNA),) * size).reshape(size, -1)
    tables = [
        sum(both[:, digits[j], offset + j] for j in range(begin - offset, size))
        for begin, offset in zip(begins, offsets, strict=True)
    ]
    return _Group(
        width=width,
        members=torch.from_numpy(members),
        offsets=offsets,
        table=torch.from_numpy(np.concatenate(tables, axis=1).T).float().contiguous(),
        thresholds=torch.tensor([limits[k] for k in members], dtype=torch.float32),
        lowest=torch.from_numpy(own.min(1).sum(1)).float(),
    )


def _words(tokens: Tensor, group: _Group) -> Int64[Tensor, "site word"]:
    """Rows of the table for every place of every sequence."""
    size = min(WORD, group.width)
    count, places = len(DNA) ** size, tokens.shape[1] - group.width + 1
    letters = tokens.long()
    codes = sum(letters[:, j : letters.shape[1] - size + 1 + j] * len(DNA) ** (size - 1 - j) for j in range(size))
    rows = [codes[:, offset : offset + places] + k * count for k, offset in enumerate(group.offsets)]
    return torch.stack(rows, dim=2).reshape(-1, len(rows))
