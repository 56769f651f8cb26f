"""How a data set is cut into training, validation and test."""

from typing import Annotated

from pydantic import AfterValidator


def _counts_or_shares(split: tuple[int | float, ...]) -> tuple[int | float, ...]:
    shares = not all(isinstance(part, int) for part in split)
    if min(split) < 0 or sum(split) == 0:
        raise ValueError("must be three counts or shares of at least 0, not all 0")
    if shares and abs(sum(split) - 1) > 1e-6:
        raise ValueError(f"must be shares that add up to 1, not {sum(split):.6g}, or three whole numbers")
    return split


Parts = Annotated[tuple[int | float, int | float, int | float], AfterValidator(_counts_or_shares)]
