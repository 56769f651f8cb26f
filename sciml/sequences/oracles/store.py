"""Oracles as files."""

from pathlib import Path
from typing import Any

import numpy as np

from sciml.config.base import parse
from sciml.config.sequence_oracles import ConvolutionalOracleConfig, FeatureOracleConfig, OracleTargetConfig
from sciml.io.errors import InputError
from sciml.io.model_file import fill_model, load_model, save_model
from sciml.sequences.motifs import Motif
from sciml.sequences.oracles.convolutional import ConvolutionalOracle
from sciml.sequences.oracles.feature_oracle import FeatureOracle, features_of
from sciml.sequences.oracles.oracle import Oracle

KIND = "sequence oracle"


def save_oracle(path: Path, oracle: Oracle) -> None:
    """Write a fitted oracle: weights, configuration, target, letters, and the motifs it reads."""
    description: dict[str, Any] = {
        "kind": KIND,
        "oracle": oracle.config.model_dump(mode="json"),
        "target": oracle.target.model_dump(mode="json"),
        "alphabet": oracle.alphabet,
    }
    if isinstance(oracle, ConvolutionalOracle):
        description |= {"masked": oracle.masked}
    else:
        motifs = [{"identity": m.identity, "name": m.name, "counts": m.counts.tolist()} for m in oracle.features.motifs]
        description |= {"motifs": motifs, "length": oracle.features.length}
    save_model(path, oracle.state_dict(), description)


def load_oracle(path: Path) -> Oracle:
    """Rebuild an oracle; its weights take no gradient.

    Raises:
        InputError: the file is no oracle, or lacks or has too many tensors.
    """
    tensors, description = load_model(path, KIND)
    try:
        oracle = _build(description, str(path))
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path}: its header is not that of an oracle of this version: {error!r}") from error
    fill_model(path, oracle, tensors)
    return oracle.eval().requires_grad_(False)


def _build(description: dict[str, Any], origin: str) -> Oracle:
    target, alphabet = parse(OracleTargetConfig, description["target"], origin), description["alphabet"]
    if description["oracle"]["kind"] == ConvolutionalOracle.kind:
        network = parse(ConvolutionalOracleConfig, description["oracle"], origin)
        return ConvolutionalOracle(network, target, alphabet, masked=description["masked"])
    config = parse(FeatureOracleConfig, description["oracle"], origin)
    motifs = tuple(Motif(m["identity"], m["name"], np.array(m["counts"])) for m in description["motifs"])
    return FeatureOracle(config, target, features_of(config, target, alphabet, motifs, description["length"] or 0))
