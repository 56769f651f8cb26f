"""Guides as files; a guide belongs to models of one representation and one process."""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from sciml.config.base import parse
from sciml.config.graph_models import GraphGuideConfig, GraphModelConfig
from sciml.graphs.generator import GraphGenerator
from sciml.graphs.guide import GraphGuide
from sciml.graphs.guide_train import build_guide
from sciml.io.errors import InputError
from sciml.io.model_file import fill_model, load_model, save_model

KIND = "graph guide"
CODES = ("nodes.codes", "nodes.shares", "pairs.codes", "pairs.shares")


def save_guide(
    path: Path, guide: GraphGuide, config: GraphGuideConfig, generator: GraphGenerator, made_of: GraphModelConfig
) -> None:
    """Write a fitted guide, and what the model is that it leads.

    Args:
        config: of the guide.
        generator: that it leads.
        made_of: the configuration of the generator.
    """
    description = {"kind": KIND, "guide": config.model_dump(mode="json"), "leads": _identity(generator, made_of)}
    save_model(path, guide.state_dict(), description)


def load_guide(
    path: Path, generator: GraphGenerator, made_of: GraphModelConfig, *, origin: str = "the model"
) -> tuple[GraphGuide, GraphGuideConfig]:
    """Rebuild a guide; its weights take no gradient.

    Args:
        generator: that is to be led.
        made_of: its configuration.
        origin: what to call the generator in an error.

    Raises:
        InputError: the file is no guide, lacks or has too many tensors, or was made for other elements, sizes, processes
            or codes than those of the generator.
    """
    tensors, description = load_model(path, KIND)
    try:
        config = parse(GraphGuideConfig, description["guide"], str(path))
        _refuse_other(path, description["leads"], _identity(generator, made_of), origin)
        guide = build_guide(config, generator)
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path}: its header is not that of a guide of this version: {error!r}") from error
    _refuse_other_codes(path, tensors, guide.state_dict(), origin)
    fill_model(path, guide, tensors)
    return guide.eval().requires_grad_(False), config


def _identity(generator: GraphGenerator, made_of: GraphModelConfig) -> dict[str, Any]:
    """What a model is to a guide, by the names of an error."""
    return {
        "elements": list(generator.representation.atoms),
        "process of nodes": made_of.x.model_dump(mode="json"),
        "process of pairs": made_of.adj.model_dump(mode="json"),
        "counts of sizes": generator.sizes.tolist(),
    }


def _refuse_other(path: Path, leads: dict[str, Any], found: dict[str, Any], origin: str) -> None:
    for name, wanted in found.items():
        if leads[name] != wanted:
            raise InputError(
                f"{path}: made for a model with {name} {_short(leads[name])}, but {origin} has {_short(wanted)}: "
                "make a guide for it with `sciml guide`"
            )


def _refuse_other_codes(path: Path, tensors: dict[str, Tensor], expected: dict[str, Tensor], origin: str) -> None:
    for name in CODES:
        if name in tensors and not torch.equal(tensors[name], expected[name].cpu()):
            raise InputError(
                f"{path}: made for a model with other `{name}` of categories than {origin}, which learnt other data: "
                "make a guide for it with `sciml guide`"
            )


def _short(value: Any) -> str:
    text = (
        ", ".join(f"{key} {one}" for key, one in value.items() if one is not None) if isinstance(value, dict) else str(value)
    )
    return text if len(text) <= 60 else f"{text[:57]}..."
