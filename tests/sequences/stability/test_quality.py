"""Scores are scipy's; intervals are of proteins, so that copies of a mutation within one make them no narrower."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import spearmanr

from sciml.sequences.stability.quality import stability_quality


def test_scores_are_those_of_scipy(simulate):
    mutations = simulate(6)
    said = mutations.ddg + np.random.default_rng(1).normal(size=len(mutations))
    found = stability_quality(said, mutations, seed=0)
    assert found["spearman"]["value"] == pytest.approx(spearmanr(said, mutations.ddg)[0])
    assert found["rmse"]["value"] == pytest.approx(np.sqrt(np.mean((said - mutations.ddg) ** 2)))
    assert found["rmse"]["interval"][0] < found["rmse"]["value"] < found["rmse"]["interval"][1]
    assert (found["mutations"], found["proteins"]) == (len(mutations), 6)


def test_intervals_are_of_proteins(simulate):
    """An error shared by all mutations of a protein: the interval of the mean square is that of six numbers."""
    mutations = simulate(6, 50)
    errors = dict(zip(sorted(set(mutations.proteins)), (0.1, 0.3, 0.5, 1.0, 1.5, 2.0), strict=True))
    said = mutations.ddg + np.array([errors[name] for name in mutations.proteins])
    wide = stability_quality(said, mutations, seed=0)["rmse"]["interval"]
    single = replace(mutations, proteins=tuple(str(k) for k in range(len(mutations))))
    narrow = stability_quality(said, single, seed=0)["rmse"]["interval"]
    generator = np.random.default_rng(1)
    squares = np.array(list(errors.values())) ** 2
    expected = np.sqrt(np.quantile(squares[generator.integers(6, size=(20_000, 6))].mean(1), [0.025, 0.975]))
    assert wide == pytest.approx(expected.tolist(), abs=0.1)
    assert narrow[1] - narrow[0] < (wide[1] - wide[0]) / 3
