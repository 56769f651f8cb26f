"""Seeds: one training of every model for each."""

from typing import Annotated

from pydantic import AfterValidator, Field, NonNegativeInt


def _differ(seeds: tuple[int, ...]) -> tuple[int, ...]:
    repeated = next((seed for index, seed in enumerate(seeds) if seed in seeds[:index]), None)
    if repeated is not None:
        raise ValueError(f"may hold a seed once, not {repeated} again")
    return seeds


Seeds = Annotated[tuple[NonNegativeInt, ...], Field(strict=False, min_length=1), AfterValidator(_differ)]
