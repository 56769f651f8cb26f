"""Units of the fields, as column heads show them."""

from sciml.report.runs import Dataset

AXES = ("time", "x", "y")  # keys of `units` that name coordinates, not variables


def variables_of(dataset: Dataset) -> dict[str, str]:
    """Variables and their units, "" where non-dimensional."""
    units = dataset.first.units
    return {name: "" if unit == "1" else unit for name, unit in units.items() if name not in AXES}


def unit_of(dataset: Dataset) -> str:
    """The unit all variables share; "" if they are non-dimensional."""
    units = set(variables_of(dataset).values())
    return units.pop() if len(units) == 1 else "mixed units" if units else ""


def to_power(unit: str, power: int) -> str:
    """A unit to the power 0, 1 or 2."""
    if not power or not unit:
        return ""
    if power == 1 or unit == "mixed units":
        return unit
    return f"{unit}²" if unit.isalpha() else f"({unit})²"


def label(name: str, unit: str) -> str:
    """An axis label: "time (h)"."""
    return f"{name} ({unit})" if unit and unit != "1" else name
