"""One row of a sweep: the experiment with its settings, checked as any other."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sciml.config.base import parse
from sciml.config.sweep_columns import Types, near, put, read_cell, settable
from sciml.config.sweep_names import LONGEST_OWN
from sciml.config.sweep_settings import Cell
from sciml.config.sweep_subjects import Experiment, alone, subject_type, subjects
from sciml.config.sweep_table import TableRow
from sciml.io.errors import InputError

OF_ROWS = ("name", "seed", "model", "data")  # columns that are no settings of the experiment


@dataclass(frozen=True)
class Resolved:
    """A row after its cells were understood.

    Args:
        where: what to call it in an error.
        name: of its own, if it has one.
        seed: of its own, if it has one.
        model: that is scored.
        settings: by column, without name and seed.
        experiment: what it became.
    """

    where: str
    name: str | None
    seed: int | None
    model: str
    settings: dict[str, Cell]
    experiment: Experiment


class RowReader:
    """Understands the rows of a sweep over one experiment.

    Args:
        experiments: of the domain, by name.
        name: of the experiment that is swept.
        model: of it, unless a column says so.
        domain: for errors.
    """

    def __init__(self, experiments: Mapping[str, Experiment], name: str, *, model: str | None, domain: str) -> None:
        self.experiments, self.base, self.model, self.title = experiments, experiments[name], model, f"{domain}.{name}"
        self._paths: dict[str, _Paths] = {}

    def resolve(self, row: TableRow, text: bool) -> Resolved:
        """Understand a row; `text` says that its cells are text, as in a file.

        Raises:
            InputError: one line that names row and column.
        """
        cells, cls = row.cells, type(self.base)
        subject = _subject(row.where, self.base, cells.get("model"), self.model, self.title)
        plain, whole = (self.base.model_dump(mode="json", exclude_unset=unset) for unset in (True, False))
        if isinstance(chosen := cells.get("data"), str):
            data = _data(row.where, chosen, self.experiments)
            plain["data"], whole["data"] = (data.model_dump(mode="json", exclude_unset=unset) for unset in (True, False))
        settings, columns = _understand(row, cells, self._paths_of(subject), text)
        for path in sorted(columns, key=lambda path: (path.count("."), not path.endswith(".kind"))):
            put(plain, path, settings[columns[path]], whole)
        experiment = _parse(cls, alone(plain, subject), row.where, columns)
        name, seed = _own_name(row.where, cells), _seed(row.where, cells, text)
        return Resolved(row.where, name, seed, subject, settings, experiment)

    def _paths_of(self, subject: str) -> "_Paths":
        if subject not in self._paths:
            own = parse(type(self.base), alone(self.base.model_dump(mode="json", exclude_unset=True), subject), self.title)
            self._paths[subject] = _Paths(own, subject, self.title)
        return self._paths[subject]


class _Paths:
    """Where the settings are that columns name: in the experiment, or below its model."""

    def __init__(self, experiment: Experiment, subject: str, title: str) -> None:
        self.prefix, self.title = subjects(experiment)[subject], f"{title} or its model {subject}"
        self.of_experiment: Types = settable(type(experiment), experiment)
        self.of_subject: Types = settable(*subject_type(experiment, subject))

    def find(self, column: str, where: str) -> tuple[str, list[Any]]:
        """The whole path of a column and what it may hold."""
        if column in self.of_experiment:
            return column, self.of_experiment[column]
        if column in self.of_subject:
            return f"{self.prefix}.{column}", self.of_subject[column]
        known = {**dict.fromkeys(OF_ROWS), **self.of_subject, **self.of_experiment}
        raise InputError(f"{where}: column `{column}` is not a setting of {self.title}{near(column, known)}")


def _understand(
    row: TableRow, cells: Mapping[str, Cell], paths: _Paths, text: bool
) -> tuple[dict[str, Cell], dict[str, str]]:
    """The values of a row by column, and the columns by the whole path of their setting."""
    settings: dict[str, Cell] = {}
    columns: dict[str, str] = {}
    for column, cell in cells.items():
        if column in ("name", "seed"):
            continue
        settings[column] = cell
        if column in ("model", "data") and isinstance(cell, str):
            continue
        path, types = paths.find(column, row.where)
        if path in columns:
            raise InputError(f"{row.where}: columns `{columns[path]}` and `{column}` are the same setting")
        columns[path] = column
        settings[column] = read_cell(cell, types) if text and isinstance(cell, str) else cell
    return settings, columns


def _parse(cls: type[Any], values: dict[str, Any], where: str, columns: Mapping[str, str]) -> Experiment:
    """The experiment; an error names the column as it is written."""
    try:
        return parse(cls, values, where)
    except InputError as error:
        message = str(error)
        for path in sorted(columns, key=len, reverse=True):
            message = message.replace(f"`{path}`", f"`{columns[path]}`").replace(f"`{path}.", f"`{columns[path]}.")
        raise InputError(message) from error


def _subject(where: str, experiment: Experiment, cell: Cell, model: str | None, title: str) -> str:
    known = subjects(experiment)
    name = cell if isinstance(cell, str) else model
    if name is None and len(known) == 1:
        return next(iter(known))
    if name is None:
        raise InputError(f"{where}: which `model` of {title}? One of {', '.join(known)}")
    if name not in known:
        raise InputError(f"{where}: `model` must be one of {title}, {', '.join(known)}; got {name!r}{near(name, known)}")
    return name


def _data(where: str, name: str, experiments: Mapping[str, Experiment]) -> Any:
    if name not in experiments:
        known = ", ".join(experiments)
        raise InputError(
            f"{where}: `data` must be the name of an experiment, {known}; got {name!r}{near(name, experiments)}"
        )
    return experiments[name].data


def _own_name(where: str, cells: Mapping[str, Cell]) -> str | None:
    name = cells.get("name")
    if name is None:
        return None
    if not isinstance(name, str) or not name.isascii() or not name.replace("_", "").replace("-", "").isalnum():
        raise InputError(f"{where}: `name` may hold letters, digits, - and _ only, got {name!r}")
    if len(name) > LONGEST_OWN:
        raise InputError(f"{where}: `name` may have {LONGEST_OWN} characters, got {len(name)}: {name[:20]}...")
    return name


def _seed(where: str, cells: Mapping[str, Cell], text: bool) -> int | None:
    seed = cells.get("seed")
    if text and isinstance(seed, str) and seed.isascii() and seed.isdecimal() and len(seed) < 19:
        seed = int(seed)
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, int) or seed < 0):
        raise InputError(f"{where}: `seed` must be a whole number of at least 0, got {seed!r}")
    return seed
