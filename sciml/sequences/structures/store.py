"""Generators of sequences for structures as files."""

from pathlib import Path
from typing import Any

from sciml.config.base import parse
from sciml.config.inverse_folding import InverseFoldingConfig
from sciml.denoisers.letters import LetterDenoiser
from sciml.io.errors import InputError
from sciml.io.model_file import fill_model, load_model, save_model
from sciml.nets.structure_encoder import OnStructure
from sciml.sequences.structures.train import build

KIND = "inverse folding"


def save_folder(path: Path, denoiser: LetterDenoiser, config: InverseFoldingConfig) -> None:
    """Write a trained denoiser, of `train_inverse_folding` or, once fine-tuned, of a `generator_for` one structure: what is
    written takes any structure."""
    if isinstance(denoiser.net, OnStructure):
        denoiser = LetterDenoiser(denoiser.net.net, denoiser.process)
    description: dict[str, Any] = {"kind": KIND, "model": config.model_dump(mode="json")}
    save_model(path, denoiser.state_dict(), description)


def load_folder(path: Path) -> tuple[LetterDenoiser, InverseFoldingConfig]:
    """Rebuild a denoiser.

    Raises:
        InputError: the file is none of a generator for structures, or lacks or has too many tensors.
    """
    tensors, description = load_model(path, KIND)
    if "model" not in description:
        raise InputError(f"{path}: its header is not that of a generator for structures of this version")
    config = parse(InverseFoldingConfig, description["model"], str(path))
    denoiser = build(config)
    fill_model(path, denoiser, tensors)
    return denoiser.eval(), config
