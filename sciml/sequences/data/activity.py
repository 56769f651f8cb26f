"""The true activity of simulated DNA, a known function of any sequence.

An arrangement of motifs a multiplies the probability of x by

    R_a(x) = mean over gaps, orders, places and strands of prod_m exp(s_m),    s_m = sum_j log(p_m(x_j) / b(x_j)),

where it is planted at random (`planting.plant`) into independent letters of law b: R is the likelihood ratio. At prior
odds o the arrangement is there with probability o R / (1 + o R), and the activity adds these up:

    y(x) = sum_a w_a o_a R_a(x) / (1 + o_a R_a(x)).

It is the same for both strands, and bounded: neither more nor better motifs than real ones raise it for long. It is also how
much of the time a factor of concentration o is bound.

Reference: Stormo (2000), DNA binding sites: representation and discovery, doi:10.1093/bioinformatics/16.1.16.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Float64
from torch import Tensor, nn

from sciml.sequences.data.planting import Arrangement
from sciml.sequences.data.sequence_set import DNA, SequenceSet

CHUNK = 4096


@dataclass(frozen=True, eq=False)
class Term:
    """What an arrangement adds to the activity where it is sure to be there.

    Args:
        arrangement: of one motif or two.
        weight: w.
        odds: o, positive: the lower, the better the motifs must be.
    """

    arrangement: Arrangement
    weight: float
    odds: float = 0.1


class Activity(nn.Module):
    """y(x), also of soft sequences and with gradient: a reward, on any device and in any floating dtype.

    Args:
        terms: what is rewarded.
        gc: share of G and C in b, in (0, 1).

    Raises:
        ValueError: no terms, or one of no motif, of more than two or of odds that are not positive.
    """

    weights: Tensor
    odds: Tensor

    def __init__(self, terms: Sequence[Term], *, gc: float = 0.5) -> None:
        super().__init__()
        if not terms or not all(1 <= len(term.arrangement.motifs) <= 2 for term in terms):
            raise ValueError("`terms` must each have one motif or two, and be at least one")
        if not all(term.odds > 0 for term in terms):
            raise ValueError(f"`odds` must be positive, got {[term.odds for term in terms]}")
        self.terms = tuple(terms)
        self.register_buffer("weights", torch.tensor([term.weight for term in terms], dtype=torch.float64))
        self.register_buffer("odds", torch.tensor([term.odds for term in terms], dtype=torch.float64))
        motifs = {motif.identity: motif for term in terms for motif in term.arrangement.motifs}
        self._buffers_of = {name: f"matrix_{k}" for k, name in enumerate(motifs)}  # identities have a dot
        for name, motif in motifs.items():
            self.register_buffer(self._buffers_of[name], _both_strands(motif.log_odds(gc)))

    def forward(self, letters: Float[Tensor, "sequence position 4"]) -> Float[Tensor, " sequence"]:
        """Activity of sequences as probabilities of A, C, G, T at each place, one-hot where they are certain."""
        return self.occupancies(letters) @ self.weights.to(letters)

    def occupancies(self, letters: Float[Tensor, "sequence position 4"]) -> Float[Tensor, "sequence term"]:
        """Probability that the arrangement of each term is there, in (0, 1).

        Raises:
            ValueError: sequences too short for an arrangement.
        """
        ratios = self.ratios(letters) * self.odds.to(letters)
        return ratios / (1 + ratios)

    def ratios(self, letters: Float[Tensor, "sequence position 4"]) -> Float[Tensor, "sequence term"]:
        """R of each term; errors as those of `occupancies`."""
        longest = max(term.arrangement.longest for term in self.terms)
        if letters.shape[1] < longest:
            raise ValueError(f"sequences must have at least {longest} letters, got {letters.shape[1]}")
        matrices = {name: self.get_buffer(buffer).to(letters) for name, buffer in self._buffers_of.items()}
        sites = {name: _scores(letters, matrix).exp().mean(2) for name, matrix in matrices.items()}
        return torch.stack([_ratio(term.arrangement, sites) for term in self.terms], dim=1)


def activity_of(activity: Activity, sequences: SequenceSet) -> Float64[np.ndarray, " sequence"]:
    """The activity of each sequence of a set of DNA, in float64.

    Raises:
        ValueError: sequences of another alphabet.
    """
    if sequences.alphabet != DNA:
        raise ValueError(f"`sequences` must be over {DNA}, got {sequences.alphabet}")
    chunks = (torch.nn.functional.one_hot(chunk.long(), 4).double() for chunk in sequences.tokens.split(CHUNK))
    with torch.no_grad():
        return torch.cat([activity(chunk) for chunk in chunks]).numpy()


def _both_strands(bits: Float64[np.ndarray, "4 width"]) -> Float64[Tensor, "site 2"]:
    """Weights of s in nats, letters within places, on the strand that is read and on the other."""
    return torch.from_numpy(np.stack([bits.T.ravel(), bits[::-1, ::-1].T.ravel()], axis=1) * math.log(2))


def _scores(letters: Float[Tensor, "sequence position 4"], matrix: Float[Tensor, "site 2"]) -> Tensor:
    """s at each place, on both strands: a matrix product over windows, four times as fast as a convolution in float64."""
    return letters.flatten(1).unfold(1, len(matrix), 4) @ matrix


def _ratio(arrangement: Arrangement, sites: dict[str, Tensor]) -> Tensor:
    """Mean over all ways in which one motif or two can lie; `sites` has exp(s), mean over strands, by place."""
    if len(arrangement.motifs) == 1:
        return sites[arrangement.motifs[0].identity].mean(1)
    ways = []
    for first, second in (arrangement.motifs, arrangement.motifs[::-1]):
        left, right = sites[first.identity], sites[second.identity]
        for gap in range(arrangement.gap[0], arrangement.gap[1] + 1):
            behind = right[:, first.width + gap :]
            ways.append((left[:, : behind.shape[1]] * behind).mean(1))
    return torch.stack(ways).mean(0)
