"""Fine-tuning on several structures is that on each, the weights being one network's."""

from copy import deepcopy

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
    assert len(list(objective.parameters())) == len(list(denoiser.parameters()))


def test_it_raises_the_reward_on_all(coil, pair, tmp_path):
    denoiser, reference = pair
    backbones = [coil(7), coil(11, 1)]
    objective = StructuresObjective(denoiser, reference, backbones, [_reward] * 2, 6, STEERING, copies=8)
    before = objective(torch.Generator().manual_seed(3), torch.arange(2)).item()
    training = TrainingConfig(steps=20, batch=2, rate=1e-2, precision="32")
    fit(objective, (torch.arange(2),), training, seed=0, directory=tmp_path, fingerprint="x")
    assert objective(torch.Generator().manual_seed(3), torch.arange(2)).item() < before - 1
    assert min(float(part.seen[0]) for part in objective.parts) > 1.5  # 0.25 of letters at random
