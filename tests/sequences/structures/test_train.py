"""A generator learns the sequence of a structure, is fine-tuned for a reward, and says exactly how far its paths went."""

from dataclasses import replace

import pytest
import torch

from sciml.config.inverse_folding import InverseFoldingConfig, StructureEncoderConfig
from sciml.config.models import TrainingConfig
from sciml.config.sequence_models import FineTuningConfig
from sciml.denoisers.letters import LetterDenoiser
from sciml.finetuning.drakes import DrakesObjective, Steering
from sciml.io.errors import InputError
from sciml.losses.letters import negative_log_likelihood
from sciml.sequences.data.sequence_set import PROTEIN
from sciml.sequences.finetune import finetune
from sciml.sequences.stability.reward import StabilityReward
from sciml.sequences.structures.features import structure_graph
from sciml.sequences.structures.objective import InverseFoldingObjective
from sciml.sequences.structures.recovery import identity, recovery
from sciml.sequences.structures.train import build, generator_for, train_inverse_folding

K = 8


def _config(steps: int = 150, **changes) -> InverseFoldingConfig:
    net = StructureEncoderConfig(width=32, neighbours=K, encoder_layers=1, decoder_layers=1, dropout=0.0)
    training = TrainingConfig(steps=steps, batch=1, rate=1e-2, ema=0.02, precision="32")
    return InverseFoldingConfig(net=net, copies=4, training=training, **changes)


def _train(config, backbones, folder, seed=0):
    return train_inverse_folding(config, backbones, seed=seed, run_directory=folder, fingerprint="test")


def test_the_sequence_of_a_structure_is_learned_and_another_structure_does_not_get_it(coil, tmp_path):
    backbone = coil(24)
    trained = _train(_config(), [backbone], tmp_path)
    source = torch.Generator().manual_seed(0)
    learned = recovery(generator_for(trained.denoiser, backbone, K), backbone, count=16, steps=16, source=source)
    assert learned["value"] > 0.95 and trained.report.steps == 150
    other = coil(24, 5)
    elsewhere = recovery(generator_for(trained.denoiser, other, K), other, count=16, steps=16, source=source)
    assert elsewhere["value"] < 0.4


def test_two_structures_of_different_lengths_are_told_apart(coil, tmp_path):
    backbones = [coil(16), coil(22, 1)]
    config = _config(200)
    both = config.model_copy(update={"training": config.training.model_copy(update={"batch": 2})})
    denoiser = _train(both, backbones, tmp_path).denoiser
    for backbone in backbones:
        found = recovery(generator_for(denoiser, backbone, K), backbone, count=8, steps=8, source=torch.Generator())
        assert found["value"] > 0.9


def test_training_repeats_bit_for_bit(coil, tmp_path):
    one, again, other = (
        torch.cat(
            [p.flatten() for p in _train(_config(3, noise=0.1), [coil(9)], tmp_path / str(k), seed).denoiser.parameters()]
        )
        for k, seed in enumerate((3, 3, 4))
    )
    assert torch.equal(one, again) and not torch.equal(one, other)


def test_the_objective_is_the_bound_of_the_sequences_joined(coil):
    """With noise it is another, and it is that of the structures of the batch alone."""
    torch.manual_seed(0)
    denoiser, backbones = build(_config()).eval(), [coil(9), coil(12, 1)]
    objective = InverseFoldingObjective(denoiser, backbones, K, copies=3)
    told = objective(torch.Generator().manual_seed(1), torch.tensor([1]))
    rows = backbones[1].tokens.long().expand(3, -1)
    source = torch.Generator().manual_seed(1)
    bound = negative_log_likelihood(denoiser, rows, generator=source, cond=structure_graph(backbones[1], K))
    assert told.item() == pytest.approx(bound.mean().item() / 12, rel=1e-6)
    noisy = InverseFoldingObjective(denoiser, backbones, K, copies=3, noise=0.5)
    assert noisy(torch.Generator().manual_seed(1), torch.tensor([1])).item() != pytest.approx(told.item(), rel=1e-6)


def test_recovery_is_the_share_of_native_letters(coil):
    backbone = replace(coil(4), letters="ACDA")
    tokens = torch.tensor([[0, 1, 2, 0], [0, 0, 0, 0], [5, 5, 5, 5]])
    assert identity(tokens, backbone).tolist() == [1.0, 0.5, 0.0]
    torch.manual_seed(0)
    untrained = generator_for(build(_config()).eval(), backbone, K)
    found = recovery(untrained, backbone, count=64, steps=4, source=torch.Generator())
    assert found["value"] < 0.2 and found["commonest_letter"] == 0.5
    assert found["interval"][0] < found["value"] < found["interval"][1]


def test_a_batch_larger_than_the_structures_is_refused(coil, tmp_path):
    config = _config(5)
    larger = config.model_copy(update={"training": config.training.model_copy(update={"batch": 2})})
    with pytest.raises(InputError, match="`batch` must be at most the number of examples, 1, got 2"):
        _train(larger, [coil(9)], tmp_path)


def test_a_generator_is_for_a_network_of_structures(coil):
    bare = LetterDenoiser(torch.nn.Identity(), build(_config()).process)
    with pytest.raises(TypeError, match="`denoiser.net` must be a StructureEncoder, got Identity"):
        generator_for(bare, coil(5), K)


def test_the_divergence_of_a_path_of_one_step_is_that_of_the_letters(coil):
    """All is unmasked at once: the sum over positions of KL( p || p_ref ), given masks alone."""
    backbone, process = coil(7), build(_config()).process
    made = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        made.append(generator_for(build(_config()).eval(), backbone, K).denoiser)
    objective = DrakesObjective(made[0], made[1], lambda x: x[..., 0].sum(1), Steering(steps=1, truncation=1))
    prompts = torch.full((3, 7), process.mask)
    path = objective.roll_out(torch.Generator().manual_seed(0), prompts)
    p, q = (each(prompts, torch.ones(1, dtype=torch.float64)).log_probabilities for each in made)
    torch.testing.assert_close(path.divergence, (p.exp() * (p - q)).sum((1, 2)), atol=1e-5, rtol=1e-5)
    assert path.divergence.min() > 0 and not path.x[..., -1].any()
    still = DrakesObjective(made[0], made[0], lambda x: x[..., 0].sum(1), Steering(steps=4, truncation=4))
    assert not still.roll_out(torch.Generator(), prompts).divergence.any()


def test_fine_tuning_on_a_structure_raises_stability_within_a_few_steps(coil, tmp_path):
    """Of a pretrained generator whose samples are native, more or less; one letter is better than it at each site."""
    backbone = coil(12)
    generator = generator_for(_train(_config(60), [backbone], tmp_path).denoiser, backbone, K)
    changes = torch.rand(12, 20, generator=torch.Generator().manual_seed(0)) * 2
    changes[torch.arange(12), backbone.tokens[0].long()] = 0.0
    changes[:, PROTEIN.index("L")] = -2.0
    reward = StabilityReward(changes)
    training = TrainingConfig(steps=15, batch=16, rate=5e-3, precision="32")
    config = FineTuningConfig(alpha=0.01, steps=8, truncation=4, measured=None, alarm=None, training=training)
    tuned = finetune(generator, config, reward, seed=0, run_directory=tmp_path, fingerprint="tuned")
    source = torch.Generator().manual_seed(1)
    rewards = []
    for each in (generator, tuned.generator):
        still = DrakesObjective(each.denoiser, generator.denoiser, reward, Steering(steps=8, truncation=8))
        with torch.no_grad():
            rewards.append(still.roll_out(source, each.prompts(64, source)).x[..., :-1])
    before, after = (reward(x).mean().item() for x in rewards)
    assert after > before + 3
    assert 0 < tuned.divergence["interval"][0] < tuned.divergence["value"] < 100 and abs(tuned.gap) < 1.5
