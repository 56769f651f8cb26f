"""Share of G and C."""

import torch
from jaxtyping import Float64, Integer
from torch import Tensor


def gc_content(tokens: Integer[Tensor, "sequence position"], alphabet: str) -> Float64[Tensor, " sequence"]:
    """Share of the letters of each sequence that are G or C.

    Raises:
        ValueError: the alphabet is not that of DNA.
    """
    if set(alphabet) != set("ACGT"):
        raise ValueError(f"`alphabet` must hold A, C, G and T, got {alphabet!r}")
    strong = torch.tensor([letter in "GC" for letter in alphabet], dtype=torch.float64, device=tokens.device)
    return strong[tokens.long()].mean(1)
