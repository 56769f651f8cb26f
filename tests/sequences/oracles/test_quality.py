"""Quality of oracles that are known: perfect, blind, and one that reads composition alone."""

import json

import numpy as np
import pytest
import torch
from scipy.stats import pearsonr, spearmanr

from sciml.config.sequence_oracles import OracleTargetConfig
from sciml.sequences.metrics.auc import auc
from sciml.sequences.oracles.quality import oracle_quality
from sciml.sequences.oracles.reward import reward_of


def _share_of_g(x: torch.Tensor) -> torch.Tensor:
    return x[:, :, 2].mean(1)


def test_classes_are_ranked_as_the_area_says(bound):
    target = OracleTargetConfig(label="bound", shuffles="letters")
    quality = oracle_quality(_share_of_g, target, bound, seed=0)
    said, has = reward_of(_share_of_g, bound).numpy(), bound.labels["bound"] == 1
    assert quality["auc"]["value"] == pytest.approx(auc(said[has], said[~has]), abs=1e-14)
    assert quality["auc_shuffles"]["value"] == 0.5  # composition is all it sees, and shuffles keep it
    assert (quality["positives"], quality["negatives"]) == (600, 600)
    assert json.loads(json.dumps(quality)) == quality


def test_numbers_are_ranked_as_scipy_says(bound):
    target = OracleTargetConfig(label="strength", task="numbers")
    quality = oracle_quality(_share_of_g, target, bound, seed=0)
    said, values = reward_of(_share_of_g, bound).numpy(), bound.labels["strength"]
    assert quality["spearman"]["value"] == pytest.approx(spearmanr(said, values).statistic, abs=1e-12)
    assert quality["pearson"]["value"] == pytest.approx(pearsonr(said, values).statistic, abs=1e-12)
    low, high = quality["spearman"]["interval"]
    assert low < quality["spearman"]["value"] < high and quality["sequences"] == 1200


def test_a_blind_oracle_of_numbers_has_no_correlation(bound):
    target = OracleTargetConfig(label="strength", task="numbers")
    quality = oracle_quality(lambda x: torch.zeros(len(x)), target, bound, seed=0)
    assert quality["spearman"] == {"value": None, "interval": None} and quality["pearson"] == {"value": None}


def test_large_sets_are_cut_at_random(bound):
    target = OracleTargetConfig(label="bound", shuffles="none")
    one, other = (oracle_quality(_share_of_g, target, bound, seed=seed, most=100) for seed in (0, 1))
    assert one["positives"] + one["negatives"] == 100 and "auc_shuffles" not in one
    assert one["auc"]["value"] != other["auc"]["value"]
    assert np.isfinite(one["auc"]["interval"]).all()
