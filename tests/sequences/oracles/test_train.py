"""Oracles learn a planted word, stand in the unit of the label, and repeat bit for bit."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from sciml.io.digest import digest
from sciml.io.errors import InputError
from sciml.sequences.data.sequence_set import PROTEIN
from sciml.sequences.oracles.quality import oracle_quality
from sciml.sequences.oracles.reward import one_hot, reward_of
from sciml.sequences.oracles.train import train_oracle


def _train(config, target, sequences, folder, seed=0):
    return train_oracle(config, target, sequences, seed=seed, run_directory=folder, fingerprint="test")


@pytest.mark.parametrize("member", ["net", "features"])
def test_a_planted_word_is_learned(member, panel_config, bound, plant, tmp_path):
    config = panel_config()
    trained = _train(getattr(config, member), config.target, bound, tmp_path)
    quality = oracle_quality(trained.oracle, config.target, plant(600, 9), seed=0)
    assert quality["auc"]["interval"][0] > 0.9 and quality["auc_shuffles"]["interval"][0] > 0.9
    assert trained.cpu_seconds > 0 and trained.steps == (150 if member == "net" else 0)
    assert trained.run == (tmp_path / "test" if member == "net" else None)


@pytest.mark.parametrize("member", ["net", "features"])
def test_numbers_stand_in_the_unit_of_the_label(member, panel_config, bound, plant, tmp_path):
    """Strengths are 300 or 320, give or take 1."""
    config = panel_config(label="strength", task="numbers")
    trained = _train(getattr(config, member), config.target, bound, tmp_path)
    unseen = plant(600, 9)
    said = reward_of(trained.oracle, unseen).numpy()
    assert np.sqrt(np.mean((said - unseen.labels["strength"]) ** 2)) < 6  # 10 if it were constant
    assert said.mean() == pytest.approx(310, abs=2)


@pytest.mark.parametrize("member", ["net", "features"])
def test_training_repeats_bit_for_bit(member, panel_config, bound, tmp_path):
    config = panel_config(steps=12)
    one, again, other = (
        _train(getattr(config, member), config.target, bound, tmp_path / str(k), seed).oracle.state_dict()
        for k, seed in enumerate((3, 3, 4))
    )
    assert digest(one) == digest(again) != digest(other)


@pytest.mark.parametrize("member", ["net", "features"])
def test_strands_are_alike_if_asked_for(member, panel_config, bound, tmp_path):
    config = panel_config(steps=12, both_strands=True)
    oracle = _train(getattr(config, member), config.target, bound, tmp_path).oracle
    x = one_hot(bound.tokens[:20], 4)
    torch.testing.assert_close(oracle(x), oracle(x.flip(1, 2)), atol=1e-5, rtol=1e-5)


def test_a_networks_gradient_reaches_the_letters_and_not_the_weights(panel_config, bound, tmp_path):
    config = panel_config(steps=12)
    oracle = _train(config.net, config.target, bound, tmp_path).oracle
    x = one_hot(bound.tokens[:3], 4).requires_grad_()
    oracle(x).sum().backward()
    assert x.grad.abs().sum() > 0 and all(parameter.grad is None for parameter in oracle.parameters())


def test_a_linear_model_reads_letters_alone(panel_config, bound, tmp_path):
    config = panel_config()
    features = config.features.model_copy(update={"positions": True})
    oracle = _train(features, config.target, bound, tmp_path).oracle
    x = one_hot(bound.tokens[:3], 4)
    with pytest.raises(ValueError, match="`x` must be one-hot: this oracle reads letters"):
        oracle(0.5 * x + 0.125)
    with pytest.raises(ValueError, match="`x` must have 30 positions, got 29"):
        oracle(x[:, 1:])
    expected = oracle.features(bound.tokens[:3]) @ oracle.weights.numpy() + oracle.bias.item()
    np.testing.assert_allclose(oracle(x).numpy(), expected, atol=1e-12)


def test_the_penalty_that_was_chosen_is_kept_and_examples_may_be_fewer(panel_config, bound, tmp_path):
    config = panel_config()
    assert _train(config.features, config.target, bound, tmp_path).oracle.config.penalty is not None
    fixed = config.features.model_copy(update={"penalty": 0.05, "most": 300})
    oracle = _train(fixed, config.target, bound, tmp_path).oracle
    assert oracle.config == fixed
    assert digest(oracle.state_dict()) != digest(
        _train(fixed.model_copy(update={"most": 50_000}), config.target, bound, tmp_path).oracle.state_dict()
    )


def test_what_does_not_fit_is_refused(panel_config, bound, tmp_path):
    config = panel_config(both_strands=True)
    proteins = replace(bound, alphabet=PROTEIN)
    for member in (config.net, config.features):
        with pytest.raises(
            InputError, match="`both_strands` is of DNA, whose letters are ACGT, got letters ACDEFGHIKLMNPQRSTVWY"
        ):
            _train(member, config.target, proteins, tmp_path)
    with pytest.raises(InputError, match="`batch` must be at most the number of examples, 12, got 64"):
        _train(config.net, config.target, bound.take(np.arange(10)), tmp_path)
