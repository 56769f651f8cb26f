"""What a set of generated sequences repeats: of itself, and of its training set."""

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float64, Integer
from torch import Tensor

ROWS, KNOWN = 512, 8192  # compared at once


def first_of_their_kind(tokens: Integer[Tensor, "sequence position"]) -> Bool[np.ndarray, " sequence"]:
    """Which sequences have no equal before them: the share of these is uniqueness."""
    seen: set[bytes] = set()
    first = np.empty(len(tokens), dtype=bool)
    for index, row in enumerate(_rows(tokens)):
        first[index] = row not in seen
        seen.add(row)
    return first


def known(
    tokens: Integer[Tensor, "sequence position"], training: Integer[Tensor, "known position"]
) -> Bool[np.ndarray, " sequence"]:
    """Which sequences are in the training set: novelty is the share of the others."""
    inside = set(_rows(training))
    return np.array([row in inside for row in _rows(tokens)], dtype=bool)


def nearest_distance(
    tokens: Integer[Tensor, "sequence position"], training: Integer[Tensor, "known position"], alphabet: str
) -> Float64[Tensor, " sequence"]:
    """Share of the positions at which each sequence differs from the training sequence that it differs from least."""
    length, letters = tokens.shape[1], len(alphabet)
    agreeing = torch.zeros(len(tokens))
    for chunk in training.split(KNOWN):
        others = F.one_hot(chunk.long(), letters).flatten(1).float().T
        for rows in torch.arange(len(tokens)).split(ROWS):
            same = F.one_hot(tokens[rows].long(), letters).flatten(1).float() @ others  # whole numbers: exact
            agreeing[rows] = torch.maximum(agreeing[rows], same.amax(1))
    return 1 - agreeing.double() / length


def _rows(tokens: Tensor) -> list[bytes]:
    return [row.tobytes() for row in tokens.cpu().numpy().astype(np.uint8)]
