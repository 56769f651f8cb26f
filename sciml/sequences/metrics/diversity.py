"""How unlike each other the sequences of a set are.

D = mean over pairs i != j of (positions where i and j differ) / length
  = 1 - (sum_pc n_pc^2 / length - n) / (n (n - 1)),     n_pc sequences having letter c at position p.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float64, Integer
from torch import Tensor


def diversity(
    tokens: Integer[Tensor, "n position"], alphabet: str, w: Float64[Tensor, "draw n"] | None = None
) -> Float64[Tensor, " draw"]:
    """D for each row of weights, from 0 (all are equal) to 1.

    Args:
        tokens: n of at least 2 sequences.
        alphabet: its letters.
        w: how much each sequence counts; a sequence makes no pair with itself, however often a bootstrap has drawn it.
            One row of ones by default.

    Raises:
        ValueError: fewer than 2 sequences.
    """
    count, length = tokens.shape
    if count < 2:
        raise ValueError(f"`tokens` must be of at least 2 sequences, got {count}")
    w = torch.ones(1, count, dtype=torch.float64) if w is None else w
    agreeing = torch.zeros(len(w), dtype=torch.float64)
    for column in tokens.T:
        agreeing += (w @ F.one_hot(column.long(), len(alphabet)).double()).square().sum(1)
    own = w.square().sum(1)
    return 1 - (agreeing / length - own) / (w.sum(1).square() - own)
