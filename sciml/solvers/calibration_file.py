"""Calibrations as files, each for one model: safetensors with plain values in the header. Loading executes no code."""

from dataclasses import asdict
from pathlib import Path

from torch import Tensor

from sciml.denoisers.statistics import DataStatistics
from sciml.io.errors import InputError
from sciml.io.fetch import sha256
from sciml.io.model_file import load_model, save_model
from sciml.numerics.modes import Modes
from sciml.solvers.calibration import Calibration, Entry
from sciml.solvers.exponential.empirical import EmpiricalForm
from sciml.solvers.schedule import Knowledge, schedule_from_plain

KIND = "solver calibration"
_TABLES = ("lambdas", "l", "s", "b")


def save_calibration(path: Path, calibration: Calibration, model: Path) -> None:
    """Write atomically.

    Args:
        model: the file of the model it was made for.
    """
    tensors: dict[str, Tensor] = {}
    data, empirical = calibration.knowledge.data, calibration.knowledge.model
    if data is not None:
        tensors |= {"mean": data.mean, "variances": data.variances}
        tensors |= {f"basis.{axis}": basis for axis, basis in enumerate(data.modes.bases) if basis is not None}
    if empirical is not None:
        tensors |= {f"model.{name}": getattr(empirical, name) for name in _TABLES}
    save_model(path, tensors, {"kind": KIND, "model": sha256(model), "entries": [asdict(e) for e in calibration.entries]})


def load_calibration(path: Path, model: Path) -> Calibration:
    """Read it.

    Raises:
        InputError: the file is no calibration, or was made for another model.
    """
    tensors, description = load_model(path, KIND)
    if description.get("model") != sha256(model):
        raise InputError(f"{path}: was made for another model than {model}: calibrate this one")
    try:
        entries = tuple(
            Entry(schedule_from_plain(entry["schedule"]), entry["distance"], entry["ddim"])
            for entry in description["entries"]
        )
        calibration = Calibration(entries, _knowledge(tensors))
        for entry in entries:
            entry.schedule.solver(calibration.knowledge)
        return calibration
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RuntimeError) as error:
        raise InputError(f"{path}: its header is not that of a calibration of this version: {error!r}") from error


def _knowledge(tensors: dict[str, Tensor]) -> Knowledge:
    if "mean" not in tensors:
        return Knowledge()
    variances = tensors["variances"]
    bases = tuple(tensors.get(f"basis.{axis}") for axis in range(variances.ndim))
    data = DataStatistics(tensors["mean"], variances, Modes(tuple(variances.shape), bases))
    if "model.l" not in tensors:
        return Knowledge(data)
    return Knowledge(data, EmpiricalForm(*(tensors[f"model.{name}"] for name in _TABLES)))
