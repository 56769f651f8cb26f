"""Generators of graphs as files."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from sciml.config.base import parse
from sciml.config.graph_models import NOT_OF_SCORE, GraphModelConfig
from sciml.config.solvers import SolverConfig
from sciml.graphs.gdss import blank_representation, build
from sciml.graphs.generator import GraphGenerator
from sciml.io.model_file import fill_model, header_of, load_model, save_model
from sciml.processes.graph import GraphMoments

KIND = "graph generator"


def save_generator(path: Path, generator: GraphGenerator, config: GraphModelConfig) -> None:
    """Write a fitted generator: weights, codes, sizes, moments."""
    moments = generator.process.moments
    description: dict[str, Any] = {
        "kind": KIND,
        "model": config.model_dump(mode="json"),
        "atoms": list(generator.representation.atoms),
        "pair_categories": len(generator.representation.pairs.codes),
        "nodes": len(generator.sizes) - 1,
        "moments": None if moments is None else asdict(moments),
        "precision": generator.precision,
    }
    if generator.student is not None:
        description["student"] = generator.student.model_dump(mode="json")
    save_model(path, generator.state_dict(), description)


def load_generator(path: Path) -> tuple[GraphGenerator, GraphModelConfig]:
    """Rebuild a generator.

    Raises:
        InputError: the file is no generator of graphs, or lacks or has too many tensors.
    """
    tensors, description = load_model(path, KIND)
    with header_of(path, "a generator"):
        config = parse(GraphModelConfig, _settings(description["model"]), str(path))
        sizes = torch.zeros(description["nodes"] + 1, dtype=torch.long)
        representation = blank_representation(config, tuple(description["atoms"]), description["pair_categories"])
        generator = build(config, representation, sizes, _moments(description["moments"]))
        if "student" in description:
            generator.student = parse(SolverConfig, description["student"], str(path))
    fill_model(path, generator, tensors)
    generator.precision = description.get("precision", "32")
    return generator.eval(), config


def _settings(values: dict[str, Any]) -> dict[str, Any]:
    """Without those that earlier versions wrote, and ignored, for `parameterisation` score."""
    ignored = NOT_OF_SCORE if values.get("parameterisation") == "score" else ()
    return {name: value for name, value in values.items() if name not in ignored}


def _moments(values: dict[str, Any] | None) -> GraphMoments | None:
    if values is None:
        return None
    plain: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in values.items()}
    return GraphMoments(**plain)
