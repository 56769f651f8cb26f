"""Sweeps: an experiment again and again with other settings, a row of a table for each; and the job that sums one up."""

from typing import Annotated, Any, Literal

from pydantic import Field, JsonValue, NonNegativeInt, model_validator

from sciml.config.base import Config

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,100}$")]
Domain = Literal["pde", "graphs", "sequences"]
Row = dict[str, JsonValue]
Cell = bool | int | float | str | list[Any] | dict[str, Any] | None  # JsonValue, for what cannot resolve that


class SweepConfig(Config):
    """An experiment with other settings in each row; columns are named as settings are, such as training.rate."""

    experiment: str = Field(min_length=1, description="its name, or DOMAIN.NAME where two domains have one of that name")
    model: str | None = Field(
        None, description="of the experiment, whatever is trained or steered; needed where it has several and no column says"
    )
    table: str | None = Field(None, min_length=1, description="file with a head and a line for each row, .csv or with tabs")
    rows: Annotated[tuple[Row, ...], Field(strict=False)] | None = Field(None, description="the same, written here")
    product: dict[str, Annotated[tuple[JsonValue, ...], Field(strict=False, min_length=1)]] | None = Field(
        None, description="a row for every combination of these values"
    )

    @model_validator(mode="after")
    def _one_source(self) -> "SweepConfig":
        given = [name for name in ("table", "rows", "product") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(
                f"exactly one of `table`, `rows` and `product` must be set, got {' and '.join(given) or 'none'}"
            )
        return self


class StageConfig(Config):
    """A step on the way to a score."""

    rule: str
    makes: str = Field(description="its result")
    log: str = Field(description="what it says")


class SweepRunConfig(Config):
    """One seed of a line."""

    row: str = Field(description="where it is asked for")
    seed: NonNegativeInt
    directory: str = Field(description="of results")
    stages: tuple[StageConfig, ...] = Field(strict=False, description="in their order")


class SweepLineConfig(Config):
    """The runs that differ by their seed alone."""

    settings: Row
    dataset: str
    model: str
    left_out: str | None = Field(None, description="why it cannot be run here")
    runs: tuple[SweepRunConfig, ...] = Field(strict=False)


class SweepJob(Config):
    """`sciml sweep`."""

    sweep: str
    domain: Domain
    experiment: str
    columns: tuple[str, ...] = Field(strict=False)
    lines: tuple[SweepLineConfig, ...] = Field(strict=False)
