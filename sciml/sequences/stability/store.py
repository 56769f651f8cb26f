"""Models of stability changes as files."""

from pathlib import Path
from typing import Any

from sciml.config.base import parse
from sciml.config.inverse_folding import StabilityConfig
from sciml.io.errors import InputError
from sciml.io.model_file import fill_model, load_model, save_model
from sciml.sequences.stability.model import StabilityModel

KIND = "stability"


def save_stability(path: Path, model: StabilityModel) -> None:
    """Write a trained model."""
    description: dict[str, Any] = {"kind": KIND, "model": model.config.model_dump(mode="json")}
    save_model(path, model.state_dict(), description)


def load_stability(path: Path) -> StabilityModel:
    """Rebuild a model; its weights take no gradient.

    Raises:
        InputError: the file is none of a model of stability, or lacks or has too many tensors.
    """
    tensors, description = load_model(path, KIND)
    if "model" not in description:
        raise InputError(f"{path}: its header is not that of a model of stability of this version")
    model = StabilityModel(parse(StabilityConfig, description["model"], str(path)))
    fill_model(path, model, tensors)
    return model.eval().requires_grad_(False)
