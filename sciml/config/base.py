"""Strict, immutable configuration classes and the one reader of configuration files.

Every problem is one line that names the file, the field by its path, the value and what is allowed.
"""

import re
from collections.abc import Hashable
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from sciml.io.errors import InputError

C = TypeVar("C", bound="Config")
_DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)  # ten times as fast; it folds some long text elsewhere
_SPECIAL = ("tag:yaml.org,2002:merge", "tag:yaml.org,2002:value")  # the keys << and =


class Config(BaseModel):
    """Base of all configuration: unknown keys are errors, values cannot change, numbers are finite.

    Types are strict: True is not 1 and '3' is not 3, but 1 will do for 1.0. A tuple needs `strict=False`, of itself and not
    of its entries, since YAML knows only lists.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


def parse(cls: type[C], values: Any, origin: str) -> C:
    """Build a config from plain values.

    Args:
        cls: the config class.
        values: nested dictionaries and lists, as read from YAML.
        origin: what to call the source in an error, such as a file name.

    Raises:
        InputError: one line for the first problem, and how many more there are.
    """
    if not isinstance(values, dict):
        raise InputError(f"{origin}: expected a mapping of settings, got {type(values).__name__}")
    try:
        return cls.model_validate(values)
    except ValidationError as error:
        problems = [p for p in error.errors() if p["type"] != "default_factory_not_called"]  # another problem's echo
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise InputError(f"{origin}: {_explain(problems[0], values, cls)}{more}") from error


def read_yaml(path: Path) -> dict:
    """The mapping in a YAML file."""
    try:
        values = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read: {error}") from error
    except yaml.YAMLError as error:
        raise InputError(f"{path}: not valid YAML: {' '.join(str(error).split())}") from error
    except RecursionError as error:
        raise InputError(f"{path}: not valid YAML: nested too deeply") from error
    if not isinstance(values, dict):
        raise InputError(f"{path}: expected a mapping of settings, got {type(values).__name__}")
    return values


def read_config(cls: type[C], path: Path) -> C:
    """Read and check a YAML file."""
    return parse(cls, read_yaml(path), str(path))


def to_yaml(config: Config) -> str:
    """The resolved config, defaults included, with stable order: equal configs give equal text."""
    return yaml.dump(config.model_dump(mode="json"), Dumper=_DUMPER, sort_keys=True, default_flow_style=False)


class _Loader(yaml.SafeLoader):
    """Reads plain values; says the line of a value that cannot be read, and of a key that a mapping has twice."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._looked_at: set[yaml.Node] = set()

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            value = super().construct_object(node, deep)
            if isinstance(value, int):
                str(value)  # raises for a hexadecimal number of more digits than Python writes
        except (ValueError, LookupError, ArithmeticError, AttributeError) as error:  # such as of month 13, or of !!int ''
            raise yaml.YAMLError(f"line {_line(node)}: {_shown(node.value)} cannot be read: {error}") from error
        return value

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        if node not in self._looked_at:  # those that `<<` brings are put in below, and may be there again
            self._looked_at.add(node)
            self._refuse_repeated(node)
        super().flatten_mapping(node)

    def _refuse_repeated(self, node: yaml.MappingNode) -> None:
        lines: dict[Hashable, int] = {}
        for place, _ in node.value:
            if place.tag in _SPECIAL:
                continue
            key = self.construct_object(place, deep=True)
            if not isinstance(key, Hashable):  # refused later
                continue
            if key in lines:
                raise yaml.YAMLError(f"line {_line(place)}: key {_shown(key)} is there already, in line {lines[key]}")
            lines[key] = _line(place)


def _line(node: yaml.Node) -> int:
    return node.start_mark.line + 1


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _explain(problem: Any, values: dict, cls: type[Config]) -> str:
    field = ".".join(str(part) for part in _path_in_file(problem, values))
    if problem["type"] == "extra_forbidden":
        beside = list(cls.model_fields) if len(problem["loc"]) == 1 else []
        wrong = str(problem["loc"][-1])
        near = get_close_matches(wrong, beside, n=1) or get_close_matches(wrong, _setting_names(cls), n=1)
        return f"`{field}` is not a known setting" + (f"; did you mean `{near[0]}`?" if near else "")
    if problem["type"] == "missing":
        return f"`{field}` is missing"
    message = re.sub("^(Value error, |(Input|String|List|Tuple|Dictionary) )", "", problem["msg"])
    if not field or isinstance(problem["input"], dict):  # settings that do not go together: the message names them
        return f"`{field}`: {message}" if field else message
    hint = "; YAML reads 1.0e-3 as a number, '1' and 1e-3 as text" if _is_quoted_number(problem) else ""
    return f"`{field}` {message}, got {_shown(problem['input'])}{hint}"


def _is_quoted_number(problem: Any) -> bool:
    """Whether a number was asked for and a text that looks like one was given."""
    if problem["type"] not in ("int_type", "float_type") or not isinstance(problem["input"], str):
        return False
    try:
        float(problem["input"])
    except ValueError:
        return False
    return True


def _path_in_file(problem: Any, values: Any) -> list:
    """The location of a problem without the union tags that pydantic puts in: the path in the user's own file."""
    path, node = [], values
    for part in problem["loc"]:
        if (isinstance(node, dict) and part in node) or (
            isinstance(node, list | tuple) and isinstance(part, int) and part < len(node)
        ):
            node = node[part]
            path.append(part)
    if problem["type"] == "missing":
        path.append(problem["loc"][-1])
    return path


def _setting_names(cls: type[Config]) -> list[str]:
    """Every setting's name in the schema of the class."""
    schema = cls.model_json_schema()
    parts = [schema, *schema.get("$defs", {}).values()]
    return sorted({name for part in parts for name in part.get("properties", {})})
