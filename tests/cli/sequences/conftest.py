"""Data, models, oracles and samples, made by the command line; and such as do not go with them."""

from pathlib import Path

import pytest
import yaml

from sciml.config.base import parse
from sciml.config.sequence_oracles import ConvolutionalOracleConfig, OracleTargetConfig
from sciml.config.sequence_settings import SequenceTrainingJob
from sciml.sequences.data.sequence_set import DNA, PROTEIN
from sciml.sequences.drakes import build
from sciml.sequences.generator import SequenceGenerator
from sciml.sequences.oracles.convolutional import ConvolutionalOracle
from sciml.sequences.oracles.store import save_oracle
from sciml.sequences.store import save_generator

from .jobs import COMPARISON, DATA, EVALUATION, ORACLES, PLAIN, TRAINING, TUNING, run


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Data, oracles, a model, a fine-tuned one and samples of it."""
    here = tmp_path_factory.mktemp("sequences")
    texts = {"data": DATA, "oracles": ORACLES, "training": TRAINING, "tuning": TUNING, "evaluation": EVALUATION}
    texts |= {"comparison": COMPARISON, "plain": PLAIN}
    for name, text in texts.items():
        (here / f"{name}.yaml").write_text(text)
    run("prepare", "--config", here / "data.yaml", "--output", here / "d.zarr")
    for member in ("first", "third"):
        made = ("--output", here / f"{member}.safetensors", "--quality", here / f"{member}.json")
        run("oracle", "--config", here / "oracles.yaml", "--data", here / "d.zarr", "--member", member, *made)
    made = ("--output", here / "m.safetensors", "--manifest", here / "m.json")
    run("train", "--config", here / "training.yaml", "--data", here / "d.zarr", *made)
    judged = ("--reward", here / "first.safetensors", "--judge", here / "third.safetensors")
    made = ("--output", here / "t.safetensors", "--manifest", here / "t.json", "--events", here / "events.jsonl")
    start = ("--data", here / "d.zarr", "--model", here / "m.safetensors")
    run("finetune", "--config", here / "tuning.yaml", *start, *judged, *made)
    made = ("--output", here / "s.zarr", "--export", here / "s.fa", "--reward", here / "first.safetensors")
    run("sample", "--config", here / "evaluation.yaml", "--model", here / "t.safetensors", *made)
    run("sample", "--config", here / "plain.yaml", "--model", here / "t.safetensors", "--output", here / "plain.zarr")
    return here


@pytest.fixture(scope="session")
def unfit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Models, oracles and manifests that do not go with the others."""
    here = tmp_path_factory.mktemp("unfit")
    target = parse(OracleTargetConfig, {"label": "class"}, "test")
    made_of = parse(ConvolutionalOracleConfig, {"width": 1, "kernels": [1], "training": {"steps": 1}}, "test")
    save_oracle(here / "protein.safetensors", ConvolutionalOracle(made_of, target, PROTEIN))
    save_oracle(here / "masked.safetensors", ConvolutionalOracle(made_of, target, DNA, masked=True))
    model = parse(SequenceTrainingJob, yaml.safe_load(TRAINING), "test").model
    save_generator(here / "long.safetensors", SequenceGenerator(build(model, 4, 65), DNA, 65), model)
    for name, text in {"cut": '{"config"', "list": "[]", "null": '{"weights_of_step": 4, "config": null}'}.items():
        (here / f"{name}.json").write_text(text)
    return here
