"""Scores of sequences: what is known exactly, and that floors, intervals, verdicts and warnings say what they should."""

import json

import numpy as np
import pytest
import torch

from sciml.io.errors import InputError
from sciml.sequences.data.sequence_set import DNA, PROTEIN, SequenceSet
from sciml.sequences.metrics.correlations import pearson, spearman
from sciml.sequences.metrics.diversity import diversity
from sciml.sequences.metrics.judge import Judge, Scoring
from sciml.sequences.metrics.kmers import kmer_frequencies
from sciml.sequences.metrics.motif_scan import MotifScanner
from sciml.sequences.metrics.score_sequences import score_sequences
from sciml.sequences.motifs import find_motif, read_motifs

LETTERS = torch.tensor([0.4, 0.1, 0.2, 0.3])


def _random(count: int, seed: int, letters: torch.Tensor = LETTERS, length: int = 40) -> SequenceSet:
    generator = torch.Generator().manual_seed(seed)
    drawn = torch.multinomial(letters, count * length, replacement=True, generator=generator)
    return SequenceSet(drawn.view(count, length).to(torch.uint8), DNA)


@pytest.fixture(scope="module")
def motifs():
    return read_motifs()[:40]


def _likelihood(sequences: SequenceSet) -> torch.Tensor:
    return LETTERS.log()[sequences.tokens.long()].sum(1)


def _share_of_a(x: torch.Tensor) -> torch.Tensor:
    return x[:, :, 0].mean(1)


def test_scores_are_plain_and_repeatable(motifs):
    sets = _random(30, 1), _random(50, 2), _random(80, 3)
    options = {
        "seed": 0,
        "scoring": Scoring(motifs=motifs, named=("Foxd3",), p_value=1e-2, draws=50),
        "rewards": {"a": _share_of_a},
        "log_likelihoods": (_likelihood(sets[0]), _likelihood(sets[2])),
    }
    scores = score_sequences(*sets, **options)
    assert json.loads(json.dumps(scores)) == scores == score_sequences(*sets, **options)
    assert scores["counts"] == {"generated": 30, "floor": 30, "reference": 50, "training": 50}
    assert scores["warnings"] == []
    assert {name: found["side"] for name, found in scores["verdicts"].items()} == {"a": "inside", "log_likelihood": "inside"}


def test_values_are_those_of_the_formulas(motifs):
    generated, training, reference = _random(30, 1), _random(50, 2), _random(80, 3)
    order = np.random.default_rng(7).permutation(80)
    rest = reference.take(np.sort(order[30:]))
    scores = score_sequences(
        generated, training, reference, seed=7, scoring=Scoring(k=2, motifs=motifs, p_value=1e-2, draws=20)
    )
    own, real = (kmer_frequencies(each.tokens, DNA, 2) for each in (generated, rest))
    assert scores["kmer_pearson"]["value"] == pytest.approx(np.corrcoef(own, real)[0, 1], abs=1e-12)
    scanner = MotifScanner(motifs, p_value=1e-2)
    counts, others = (scanner.sites(each.tokens).double().sum(0).numpy() for each in (generated, rest))
    keep = scanner.reachable
    assert scores["motifs"]["pearson"]["value"] == pytest.approx(pearson(counts[None, keep], others[keep])[0], abs=1e-12)
    assert scores["motifs"]["spearman"]["value"] == pytest.approx(spearman(counts[None, keep], others[keep])[0], abs=1e-12)
    assert scores["motifs"]["density"]["value"] == pytest.approx(counts.sum() / 30)
    assert scores["diversity"]["value"] == pytest.approx(diversity(generated.tokens, DNA).item())
    assert scores["gc"]["value"] == pytest.approx(((generated.tokens == 1) | (generated.tokens == 2)).double().mean().item())
    assert scores["unique"]["value"] == scores["novel"]["value"] == 1
    nearest = (generated.tokens[:, None] != training.tokens).double().mean(2).amin(1).mean().item()
    assert scores["nearest_training"]["value"] == pytest.approx(nearest)
    floor = reference.take(np.sort(order[:30]))
    assert scores["diversity"]["floor"] == pytest.approx(diversity(floor.tokens, DNA).item())


def test_floors_are_the_scores_of_real_sequences(motifs):
    """Scoring the floor's own sequences gives value and floor alike, intervals too."""
    training, reference = _random(50, 2), _random(80, 3)
    judge = Judge(training, reference, count=30, seed=0, scoring=Scoring(motifs=motifs, p_value=1e-2, draws=50))
    floor = reference.take(np.sort(np.random.default_rng(0).permutation(80)[:30]))
    scores = judge.score(floor)

    def check(entry):
        if "interval" in entry:
            assert entry["value"] == entry["floor"] and entry["interval"] == entry["floor_interval"]
            assert entry["interval"][0] <= entry["value"] <= entry["interval"][1]
        else:
            for part in entry.values():
                check(part)

    check({name: part for name, part in scores.items() if name not in ("counts", "verdicts", "warnings")})


def test_another_law_is_far_from_its_floor(motifs):
    training, reference = _random(200, 2), _random(400, 3)
    others = _random(200, 1, torch.tensor([0.1, 0.4, 0.3, 0.2]))
    scores = score_sequences(others, training, reference, seed=0, scoring=Scoring(motifs=motifs, p_value=1e-2, draws=200))
    for entry in (scores["kmer_pearson"], scores["motifs"]["pearson"], scores["motifs"]["spearman"]):
        assert entry["interval"][1] < entry["floor_interval"][0]


def test_a_hacked_reward_and_a_mode_are_told():
    training, reference = _random(50, 2), _random(80, 3)
    generated = SequenceSet(torch.zeros(20, 40, dtype=torch.uint8), DNA)
    scores = score_sequences(
        generated,
        training,
        reference,
        seed=0,
        scoring=Scoring(motifs=(), draws=20),
        rewards={"second": _share_of_a},
        log_likelihoods=(_likelihood(generated), _likelihood(reference)),
    )
    assert "motifs" not in scores
    assert (
        scores["unique"]["value"] == 0.05 and scores["diversity"]["value"] == 0 and scores["rewards"]["second"]["value"] == 1
    )
    assert scores["typical_set"]["inside"]["value"] == 0
    assert scores["typical_set"]["z"]["value"] == scores["typical_set"]["deviation"]["value"] > 3
    found = scores["verdicts"]["second"]
    assert found["side"] == "above" and found["excess"] == pytest.approx(1 - found["band"]["high"])
    assert [text.split(" lies ")[0] for text in scores["warnings"]] == [
        "second: the median 1",
        "log_likelihood: the median -36.65",
    ]


def test_memory_small_references_and_missing_motifs_are_told(motifs):
    training = _random(50, 2)
    reference = SequenceSet(torch.cat([training.tokens[:5], _random(15, 3).tokens]), DNA)
    generated = SequenceSet(torch.cat([training.tokens[:3], torch.zeros(9, 40, dtype=torch.uint8)]), DNA)
    scores = score_sequences(
        generated, training, reference, seed=0, scoring=Scoring(motifs=[find_motif(motifs, "MA0004.1")], draws=20)
    )
    assert scores["novel"]["value"] == 0.75
    assert scores["motifs"]["pearson"]["value"] is None  # the motif is too short to have sites
    assert [text[:40] for text in scores["warnings"]] == [
        "25.0% of the reference sequences are tra",
        "the floors are of 10 sequences, not of 1",
        "no motif has a site in the generated or ",
    ]


def test_proteins_have_no_motifs_and_no_gc():
    sets = [SequenceSet(torch.randint(20, (n, 12)).to(torch.uint8), PROTEIN) for n in (20, 30, 40)]
    scores = score_sequences(*sets, seed=0, scoring=Scoring(k=2, draws=20))
    assert "gc" not in scores and "motifs" not in scores and scores["kmer_pearson"]["value"] is not None


def test_bad_arguments_are_refused():
    training, reference = _random(50, 2), _random(80, 3)
    scoring = Scoring(motifs=(), draws=5)
    judge = Judge(training, reference, count=30, seed=0, scoring=scoring)
    with pytest.raises(ValueError, match="`reference` must have 4 sequences and `count` be 2 at least, got 3 and 30"):
        Judge(training, reference.take(np.arange(3)), count=30, seed=0, scoring=scoring)
    with pytest.raises(
        ValueError, match=r"`generated` must have the alphabet and length .*, \('ACGT', 40\), got \('ACGT', 41\)"
    ):
        judge.score(_random(10, 1, length=41))
    with pytest.raises(ValueError, match="`generated` must have at least 2 sequences, got 1"):
        judge.score(_random(1, 1))
    with pytest.raises(ValueError, match="`log_likelihoods` must be given of both"):
        judge.score(_random(10, 1), torch.zeros(10))
    with pytest.raises(InputError, match=r"`mine` must give a tensor of shape \(30,\)"):
        Judge(training, reference, count=30, seed=0, scoring=scoring, rewards={"mine": lambda x: x})
