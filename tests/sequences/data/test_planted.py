"""The simulated set: its classes, chromosomes and labels, and its reward once more from disk."""

import numpy as np
import pytest
import torch
from scipy.stats import chisquare

from sciml.config.base import parse
from sciml.config.sequences import GFI1B, SPI1, MotifsConfig
from sciml.io.errors import InputError
from sciml.sequences.data.activity import activity_of
from sciml.sequences.data.planted import CHROMOSOMES, load_activity, prepare_motifs, simulate
from sciml.sequences.data.sequence_set import DNA
from sciml.sequences.data.store import load_sequences, summary, write_sequences
from sciml.sequences.motifs import find_motif, read_motifs


@pytest.fixture(scope="module")
def simulated():
    return simulate(MotifsConfig())


def test_equal_settings_give_equal_sequences():
    small = {"count": 300, "length": 70}
    first, second, other = (simulate(MotifsConfig(**small, seed=seed)) for seed in (5, 5, 6))
    assert torch.equal(first.tokens, second.tokens) and first.chromosomes == second.chromosomes
    assert all(np.array_equal(first.labels[name], second.labels[name]) for name in first.labels)
    assert not torch.equal(first.tokens, other.tokens)


def test_classes_and_chromosomes_have_their_shares(simulated):
    assert simulated.tokens.shape == (20_000, 100) and simulated.alphabet == DNA
    shares = np.array([one.share for one in MotifsConfig().classes])
    counts = np.bincount(simulated.labels["class"].astype(int), minlength=len(shares))
    assert chisquare(counts, shares * 20_000).pvalue > 1e-3
    numbers = [CHROMOSOMES.index(name) for name in simulated.chromosomes]
    assert len(CHROMOSOMES) == 23 and chisquare(np.bincount(numbers, minlength=23)).pvalue > 1e-3


def test_background_sequences_follow_the_chain(simulated):
    tokens = simulated.tokens[torch.from_numpy(simulated.labels["class"] == 0)].numpy().astype(int)
    pairs = np.bincount((tokens[:, :-1] * 4 + tokens[:, 1:]).ravel(), minlength=16).reshape(4, 4)
    transitions = np.array(MotifsConfig().background)
    expected = transitions * pairs.sum(1, keepdims=True)
    assert (np.abs(pairs - expected) / np.sqrt(expected * (1 - transitions))).max() < 4  # standard errors


def best_sites(tokens, motif):
    """The site of highest score of each sequence on either strand, read on the motif's own."""
    found, scores = [], []
    weights = motif.log_odds(0.48)
    for strand in (tokens, 3 - tokens[:, ::-1]):
        windows = np.lib.stride_tricks.sliding_window_view(strand, motif.width, axis=1)
        score = weights[windows, np.arange(motif.width)].sum(-1)
        place = score.argmax(1)
        found.append(windows[np.arange(len(tokens)), place])
        scores.append(score.max(1))
    return np.where((scores[0] >= scores[1])[:, None], *found)


def test_planted_sites_look_like_the_matrix(simulated):
    """Of CTCF, whose sites stand out: the best site of nearly every sequence is the planted one."""
    motif = find_motif(read_motifs(), "MA0139.2")
    sites = best_sites(simulated.tokens[torch.from_numpy(simulated.labels["class"] == 1)].numpy(), motif)
    seen = np.stack([np.bincount(column, minlength=4) for column in sites.T], axis=1) / len(sites)
    assert np.abs(seen - motif.probabilities(0.48)).max() < 0.05
    without = best_sites(simulated.tokens[torch.from_numpy(simulated.labels["class"] == 0)].numpy(), motif)
    other = np.stack([np.bincount(column, minlength=4) for column in without.T], axis=1) / len(without)
    assert np.abs(other - motif.probabilities(0.48)).max() > 0.3


def test_activity_tells_the_classes_apart(simulated):
    means = [simulated.labels["activity"][simulated.labels["class"] == k].mean() for k in range(6)]
    background, ctcf, spi1, cebpa, both, repressed = means
    assert abs(background) < 0.1 and abs(ctcf) < 0.1
    assert 0.6 < cebpa < spi1 < 1.3 and both > 2.5 and repressed < 0.6
    assert simulated.labels["activity"].min() > -1 and simulated.labels["activity"].max() < 4


def test_the_reward_comes_back_from_the_store(tmp_path):
    data = MotifsConfig(count=400, length=80, seed=3)
    prepare_motifs(data, tmp_path / "m.zarr")
    known = summary(tmp_path / "m.zarr")
    assert known["classes"][4] == "SPI1 and CEBPA" and known["repeated"] == 0 and known["labels"] == ["activity", "class"]
    assert sum(known["sequences"].values()) == 400 and known["length"] == 80
    loaded = load_sequences(tmp_path / "m.zarr", None)
    assert torch.equal(loaded.tokens, simulate(data).tokens)
    np.testing.assert_array_equal(activity_of(load_activity(tmp_path / "m.zarr"), loaded), loaded.labels["activity"])
    for split, names in (("validation", {"chr9"}), ("test", {"chr8", "chrX"})):
        assert set(load_sequences(tmp_path / "m.zarr", split).chromosomes) == names
    assert not {"chr8", "chr9", "chrX"} & set(load_sequences(tmp_path / "m.zarr", "train").chromosomes)


def test_only_simulated_data_have_a_known_reward(tmp_path):
    sequences = simulate(MotifsConfig(count=5, length=70))
    write_sequences(sequences, np.zeros(5, dtype=np.int8), tmp_path / "s.zarr", {"kind": "file"})
    with pytest.raises(InputError, match="s.zarr: only data of kind motifs have a known activity, got 'file'"):
        load_activity(tmp_path / "s.zarr")


def test_equal_sequences_share_a_chromosome():
    """Nearly all letters are A, so that many sequences are equal."""
    data = parse(
        MotifsConfig,
        {
            "count": 500,
            "length": 13,
            "classes": [{"name": "none", "share": 1.0}],
            "background": [[0.997, 0.001, 0.001, 0.001]],
            "rewards": [{"motifs": [SPI1], "weight": 1.0}],
        },
        "test",
    )
    sequences = simulate(data)
    where = {}
    for letters, chromosome in zip(sequences.letters(), sequences.chromosomes, strict=True):
        where.setdefault(letters, set()).add(chromosome)
    assert len(where) < 100 and all(len(names) == 1 for names in where.values())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"classes": [{"name": "a", "share": 1.0, "motifs": ["NOSUCH"]}]}, "no motif has the identity or name 'NOSUCH'"),
        ({"length": 20}, "`length` must be at least .* to hold MA0080.7, MA0102.5, got 20"),
        ({"length": 20, "classes": [{"name": "a", "share": 1.0}]}, "`length` must be at least 35 for `rewards`, got 20"),
        ({"release": "JASPAR1999"}, "`release` must be among"),
    ],
)
def test_settings_that_will_not_do(settings, message):
    with pytest.raises(InputError, match=message):
        simulate(parse(MotifsConfig, {"count": 50, **settings}, "test"))


def test_default_motifs_are_what_they_are_called():
    names = [find_motif(read_motifs(), identity).name.upper() for identity in (SPI1, GFI1B)]
    assert names == ["SPI1", "GFI1B"]
