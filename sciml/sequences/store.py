"""Generators of sequences as files."""

from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from sciml.config.base import parse
from sciml.config.sequence_models import SequenceModelConfig
from sciml.config.sequence_students import MixtureStudentConfig, SequenceStudentConfig
from sciml.denoisers.latent_letters import LatentDenoiser
from sciml.denoisers.letters import LetterDenoiser
from sciml.io.model_file import fill_model, header_of, load_model, save_model
from sciml.sequences.drakes import build
from sciml.sequences.generator import SequenceGenerator
from sciml.sequences.student import Student, StudentConfig, build_mixture

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
    if generator.student is not None:
        description["student"] = generator.student.config.model_dump(mode="json")
    save_model(path, generator.state_dict(), description)


def load_generator(path: Path) -> tuple[SequenceGenerator, SequenceModelConfig]:
    """Rebuild a generator.

    Raises:
        InputError: the file is no generator of sequences, or lacks or has too many tensors.
    """
    tensors, description = load_model(path, KIND)
    with header_of(path, "a generator"):
        config = parse(SequenceModelConfig, description["model"], str(path))
        alphabet, length, classes = description["alphabet"], description["length"], description["classes"]
        generator = _empty(config, _student(description), alphabet, length, classes)
    fill_model(path, generator, tensors)
    generator.precision = description.get("precision", "32")
    return generator.eval(), config


def _student(description: dict[str, Any]) -> StudentConfig | None:
    found = description.get("student")
    return None if found is None else TypeAdapter(SequenceStudentConfig).validate_python(found)


def _empty(
    config: SequenceModelConfig, student: StudentConfig | None, alphabet: str, length: int, classes: int
) -> SequenceGenerator:
    """A generator whose weights are still to come."""
    denoiser: LetterDenoiser | LatentDenoiser
    if isinstance(student, MixtureStudentConfig):
        denoiser = build_mixture(config, student, len(alphabet), length, classes)
    else:
        denoiser = build(config, len(alphabet), length, classes)
    generator = SequenceGenerator(denoiser, alphabet, length, classes)
    generator.student = None if student is None else Student(student)
    return generator
