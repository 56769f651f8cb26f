"""Fine-tuning on several structures is that on each, the weights being one network's."""

import json
import math
from copy import deepcopy
from dataclasses import replace

import pytest
import torch

from sciml.config.inverse_folding import InverseFoldingConfig, StructureEncoderConfig
from sciml.config.models import TrainingConfig
from sciml.finetuning.drakes import DrakesObjective, Steering
from sciml.sequences.structures.drakes import StructuresObjective
from sciml.sequences.structures.train import build, generator_for
from sciml.training.fit import fit

STEERING = Steering(alpha=0.05, steps=6, truncation=6, checkpointing=False)


def _reward(x):
    return x[..., 9].mean(1) * 5


@pytest.fixture
def pair():
    torch.manual_seed(0)
    net = StructureEncoderConfig(width=16, neighbours=6, encoder_layers=1, decoder_layers=1, dropout=0.0)
    denoiser = build(InverseFoldingConfig(net=net, training=TrainingConfig(steps=10)))
    return denoiser, deepcopy(denoiser)


def test_it_is_the_mean_over_structures(coil, pair):
    denoiser, reference = pair
    with torch.no_grad():
        for parameter in denoiser.parameters():
            parameter.add_(0.05)
    backbones = [coil(7), coil(11, 1)]
    objective = StructuresObjective(denoiser, reference, backbones, [_reward] * 2, 6, STEERING, copies=3)
    found = objective(torch.Generator().manual_seed(3), torch.tensor([1, 0]))
    source, single = torch.Generator().manual_seed(3), []
    for backbone in (backbones[1], backbones[0]):
        bound = [generator_for(each, backbone, 6).denoiser for each in pair]
        prompts = denoiser.process.prior((3, len(backbone)), generator=source)
        single.append(DrakesObjective(*bound, _reward, STEERING)(source, prompts).item())
    assert found.item() == pytest.approx(sum(single) / 2, rel=1e-5)
    assert objective.observed()["divergence"] > 0 and objective.observed()["alpha"] == pytest.approx(0.05)
    assert len(list(objective.parameters())) == len(list(denoiser.parameters()))


def test_it_raises_the_reward_on_all(coil, pair, tmp_path):
    denoiser, reference = pair
    backbones = [coil(7), coil(11, 1)]
    objective = StructuresObjective(denoiser, reference, backbones, [_reward] * 2, 6, STEERING, copies=8)
    before = objective(torch.Generator().manual_seed(3), torch.arange(2)).item()
    training = TrainingConfig(steps=20, batch=2, rate=1e-2, precision="32")
    fit(objective, (torch.arange(2),), training, seed=0, directory=tmp_path, fingerprint="x")
    assert objective(torch.Generator().manual_seed(3), torch.arange(2)).item() < before - 1
    for k in range(2):
        objective(torch.Generator().manual_seed(3), torch.tensor([k]))
        assert objective.observed()["reward"] > 1.5  # 0.25 of letters at random
    told = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    assert {"reward", "divergence", "alpha"} <= next(row for row in told if "loss" in row).keys()


def test_each_structure_has_its_own_reward_and_all_one_reference(coil, pair, monkeypatch):
    copied = []
    monkeypatch.setattr("sciml.finetuning.drakes.deepcopy", lambda each: copied.append(each) or deepcopy(each))
    backbones, fixed = [coil(7), coil(11, 1)], [lambda x: 0 * x.sum((1, 2)) + 2, lambda x: 0 * x.sum((1, 2)) + 5]
    objective = StructuresObjective(*pair, backbones, fixed, 6, STEERING, copies=2)
    means = []
    for index in ([0], [1], [0, 1]):
        objective(torch.Generator(), torch.tensor(index))
        means.append(objective.observed()["reward"])
    assert means == pytest.approx([2, 5, 3.5]) and len(copied) == 1
    with pytest.raises(ValueError, match="`rewards` must be 2, one for each structure, got 1"):
        StructuresObjective(*pair, backbones, fixed[:1], 6, STEERING)


def test_one_alpha_follows_the_divergence_of_all(coil, pair):
    """Two paths that are those of the reference: at each alpha falls by the gain."""
    steering = replace(STEERING, target=1.0, gain=0.1)
    objective = StructuresObjective(*pair, [coil(7), coil(11, 1)], [_reward] * 2, 6, steering, copies=2).train()
    objective(torch.Generator(), torch.arange(2))
    assert objective.observed()["alpha"] == pytest.approx(0.05 * math.exp(-0.2), rel=1e-5)
