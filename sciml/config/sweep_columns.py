"""Columns of a sweep: which settings they name, and how a cell becomes a value of one."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import yaml
from pydantic import BaseModel, JsonValue, TypeAdapter, ValidationError

from sciml.config.sweep_settings import Cell

NOT_SWEPT = ("comparison", "compared", "seeds")
COLLECTIONS = ("models", "students", "guides", "finetuning", "steering")  # of which a row is about one entry
Types = dict[str, list[Any]]


def settable(cls: Any, value: Any) -> Types:
    """Every setting below a class by its dotted name, with what it may hold: one type for each kind that has it.

    Args:
        cls: a config class, or an annotation of such.
        value: an instance, which says what the entries of dictionaries are called.
    """
    found: Types = {}
    for name, annotation in _walk(cls, value):
        found.setdefault(name, []).append(annotation)
    return {
        name: types for name, types in found.items() if name.partition(".")[0] not in NOT_SWEPT and name not in COLLECTIONS
    }


def _walk(annotation: Any, value: Any) -> Iterator[tuple[str, Any]]:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        yield from _walk(arguments[0], value)
    elif origin in (Union, UnionType):
        for each in arguments:
            yield from _walk(each, value)
    elif origin is dict:
        for name, entry in (value if isinstance(value, Mapping) else {}).items():
            yield name, arguments[1]
            yield from ((f"{name}.{below}", kind) for below, kind in _walk(arguments[1], entry))
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for name, field in annotation.model_fields.items():
            yield name, field.annotation
            below = _walk(field.annotation, getattr(value, name, None))
            yield from ((f"{name}.{setting}", kind) for setting, kind in below)


def near(name: str, known: Mapping[str, object]) -> str:
    """A guess at what was meant, as the end of an error; by its last part, too, since columns may be written short."""
    found = get_close_matches(name, known, n=1) or [
        setting for setting in known if get_close_matches(name, [setting.rpartition(".")[2]], n=1, cutoff=0.8)
    ]
    return f"; did you mean `{found[0]}`?" if found else ""


def read_cell(text: str, types: list[Any]) -> Cell:
    """What a cell says: a number, true, false, null or a list where the setting takes such, else text."""
    plain = _plain(text)
    return next((value for value in (plain, text) if any(_takes(kind, value) for kind in types)), plain)


_UNREADABLE = (yaml.YAMLError, ValueError, LookupError, AttributeError, ArithmeticError, RecursionError)  # such as !!int ''


def _plain(text: str) -> Cell:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    try:
        value = yaml.safe_load(text)
        return TypeAdapter(JsonValue).validate_python(value)
    except _UNREADABLE:
        return text


def _takes(kind: Any, value: Cell) -> bool:
    try:
        TypeAdapter(kind).validate_python(value)
    except ValidationError:
        return False
    return True


def put(values: dict[str, Any], path: str, value: Cell, known: Mapping[str, Any]) -> None:
    """Sets one setting in plain values, in place.

    Another `kind` begins with defaults: what was set belongs to the kind before. A kind that was left to its default is
    written out, since the settings beside it are read by it.

    Args:
        values: nested dictionaries.
        path: dotted name.
        known: the same with all defaults.
    """
    *folders, last = path.split(".")
    node, whole, outer = values, known, values
    for folder in folders:
        outer = node
        if not isinstance(node.get(folder), dict):
            node[folder] = {}
        node, whole = node[folder], _inner(whole, folder)
        if "kind" in whole and node.setdefault("kind", whole["kind"]) != whole["kind"]:
            whole = {}
    if last == "kind" and folders and node.get("kind") != value:
        outer[folders[-1]] = {"kind": value}
    else:
        node[last] = value


def _inner(whole: Mapping[str, Any], folder: str) -> Mapping[str, Any]:
    found = whole.get(folder)
    return found if isinstance(found, Mapping) else {}
