"""Sweeps become plain experiments: the one place where that happens.

Each row is the experiment that its sweep names, with one model and the settings of the row, under a name made of these; rows
that differ by `seed` alone are one experiment with several seeds.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, get_args

from sciml.config.base import parse
from sciml.config.settings import Settings, seeds_of
from sciml.config.sweep_columns import near
from sciml.config.sweep_names import row_name, short_labels
from sciml.config.sweep_rows import Resolved, RowReader
from sciml.config.sweep_settings import Cell, Domain, SweepConfig
from sciml.config.sweep_subjects import Experiment
from sciml.config.sweep_table import SweepTable, read_rows
from sciml.io.errors import InputError

DOMAINS: tuple[Domain, ...] = get_args(Domain)


@dataclass(frozen=True)
class SweepLine:
    """Rows that differ by their seed alone.

    Args:
        dataset: name of the experiment that they became.
        model: of that experiment, which is scored.
        settings: by column, without the seed.
        seeds: and where each was asked for.
    """

    dataset: str
    model: str
    settings: dict[str, Cell]
    seeds: dict[int, str]


@dataclass(frozen=True)
class Sweep:
    """A sweep after its rows became experiments of their own."""

    name: str
    domain: Domain
    experiment: str
    columns: tuple[str, ...]
    lines: tuple[SweepLine, ...]


def expand_sweeps(settings: Settings, origin: str) -> tuple[Settings, tuple[Sweep, ...]]:
    """The same configuration with an experiment in the place of each row, and what the rows became.

    Args:
        settings: of the workflow; returned as they are where there is no sweep.
        origin: what to call their file in an error.

    Raises:
        InputError: one line that names the sweep or its table, the row, the column, the value and what is allowed.
    """
    made: dict[str, dict[str, Experiment]] = {domain: {} for domain in DOMAINS}
    sweeps = []
    for name, config in settings.sweeps.items():
        where = f"{origin}: `sweeps.{name}`"
        domain, experiment = _find(settings, config.experiment, where)
        sweep, experiments = _expand(settings, name, config, domain, experiment, where)
        for dataset in experiments:
            if dataset in made[domain] or dataset in getattr(settings, domain):
                raise InputError(f"{where} makes an experiment {dataset!r}, and there is one of that name; rename the sweep")
        made[domain] |= experiments
        sweeps.append(sweep)
    if not sweeps:
        return settings, ()
    added: dict[str, Any] = {domain: {**getattr(settings, domain), **made[domain]} for domain in DOMAINS}
    return settings.model_copy(update={**added, "sweeps": {}}), tuple(sweeps)


def read_settings(values: Any, origin: str) -> tuple[Settings, tuple[Sweep, ...]]:
    """A configuration as read from YAML, checked, its sweeps expanded.

    Raises:
        InputError: one line that names the file and the field.
    """
    return expand_sweeps(parse(Settings, values, origin), origin)


def _find(settings: Settings, name: str, where: str) -> tuple[Domain, str]:
    """The domain and name of an experiment."""
    known = {f"{domain}.{dataset}": (domain, dataset) for domain in DOMAINS for dataset in getattr(settings, domain)}
    found = [known[name]] if name in known else [place for place in known.values() if place[1] == name]
    if len(found) == 1:
        return found[0]
    if found:
        choices = " or ".join(f"{domain}.{name}" for domain, _ in found)
        raise InputError(f"{where}: `experiment` must say which domain, {choices}, got {name!r}")
    guess = near(name, {**known, **{dataset: None for _, dataset in known.values()}})
    raise InputError(
        f"{where}: `experiment` must be one of the configuration, {', '.join(known) or 'none'}, got {name!r}{guess}"
    )


def _expand(
    settings: Settings, name: str, config: SweepConfig, domain: Domain, experiment: str, where: str
) -> tuple[Sweep, dict[str, Experiment]]:
    table = read_rows(config, where)
    reader = RowReader(getattr(settings, domain), experiment, model=config.model, domain=domain)
    rows = [reader.resolve(row, table.text) for row in table.rows]
    _refuse_twins(rows)
    return _gather(settings, name, domain, experiment, table, rows)


def _refuse_twins(rows: Iterable[Resolved]) -> None:
    """Two rows must not ask for the same."""
    seen: dict[tuple[str, int | None, str], Resolved] = {}
    for row in rows:
        twin = seen.setdefault((row.model, row.seed, row.experiment.model_dump_json()), row)
        if twin is not row:
            raise InputError(f"{row.where} asks for what {twin.where} asks for, too: each row must differ from the others")


def _gather(
    settings: Settings, name: str, domain: Domain, experiment: str, table: SweepTable, rows: Iterable[Resolved]
) -> tuple[Sweep, dict[str, Experiment]]:
    labels = short_labels(table.columns)
    lines: dict[str, list[Resolved]] = {}
    for row in rows:
        short = row.name or row_name(row.settings, labels)
        lines.setdefault(f"{experiment}-{name}-{short}", []).append(row)
    found, experiments = [], {}
    for dataset, together in lines.items():
        first = together[0]
        for row in together:
            if row.model != first.model or row.experiment != first.experiment:
                raise InputError(f"{row.where} would have the name of {first.where}, {dataset}: give it a `name` of its own")
        seeds = _seeds(settings, first, together)
        experiments[dataset] = first.experiment.model_copy(update={"seeds": tuple(seeds)})
        found.append(SweepLine(dataset, first.model, first.settings, seeds))
    columns = tuple(column for column in table.columns if column not in ("seed", "name"))
    return Sweep(name, domain, experiment, columns, tuple(found)), experiments


def _seeds(settings: Settings, first: Resolved, rows: Iterable[Resolved]) -> dict[int, str]:
    """Those that rows name; of a row that names none, those of the experiment."""
    usual = seeds_of(settings, first.experiment)
    found: dict[int, str] = {}
    for row in rows:
        for seed in usual if row.seed is None else (row.seed,):
            if seed in found:
                raise InputError(f"{row.where} asks for seed {seed} as {found[seed]} does: give each row a seed, or none")
            found[seed] = row.where
    return found
