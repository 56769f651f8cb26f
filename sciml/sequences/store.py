"""Generators of sequences as files."""

from pathlib import Path
from typing import Any

from sciml.config.base import parse
from sciml.config.sequence_models import SequenceModelConfig
from sciml.io.errors import InputError
from sciml.io.model_file import fill_model, load_model, save_model
from sciml.sequences.drakes import build
from sciml.sequences.generator import SequenceGenerator

KIND = "sequence generator"


def save_generator(path: Path, generator: SequenceGenerator, config: SequenceModelConfig) -> None:
    """Write a trained generator."""
    description: dict[str, Any] = {
        "kind": KIND,
        "model": config.model_dump(mode="json"),
        "alphabet": generator.alphabet,
        "length": generator.length,
        "classes": generator.classes,
        "precision": generator.precision,
    }
    save_model(path, generator.state_dict(), description)


def load_generator(path: Path) -> tuple[SequenceGenerator, SequenceModelConfig]:
    """Rebuild a generator.

    Raises:
        InputError: the file is no generator of sequences, or lacks or has too many tensors.
    """
    tensors, description = load_model(path, KIND)
    try:
        config = parse(SequenceModelConfig, description["model"], str(path))
        alphabet, length, classes = description["alphabet"], description["length"], description["classes"]
        denoiser = build(config, len(alphabet), length, classes)
        generator = SequenceGenerator(denoiser, alphabet, length, classes)
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path}: its header is not that of a generator of this version: {error!r}") from error
    fill_model(path, generator, tensors)
    generator.precision = description.get("precision", "32")
    return generator.eval(), config
