"""Samplers of sequences against each other: no call too many, and scores that are those of a sample by itself."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch

from sciml.config.base import parse
from sciml.config.sequence_settings import SequenceComparisonJob, SequenceEvaluationConfig, SequenceSamplingConfig
from sciml.io.errors import InputError
from sciml.sequences.compare import compare_samplers, nats_a_letter
from sciml.sequences.data.sequence_set import DNA, SequenceSet
from sciml.sequences.data.store import write_sequences
from sciml.sequences.drakes import build
from sciml.sequences.evaluate import evaluate_samples
from sciml.sequences.generator import SequenceGenerator
from sciml.sequences.samples import write_samples
from sciml.sequences.sampling import SOLVERS, sample_sequences

TRAIN, TEST, LENGTH = 60, 40, 12


def job(**comparison: object) -> SequenceComparisonJob:
    values = {"solvers": ["ancestral"], "calls": [4], "count": 16, "draws": 2} | comparison
    return parse(SequenceComparisonJob, {"domain": "sequences", "comparison": values}, "test")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Letters by chance, the test sequences after those of training."""
    draw = torch.Generator().manual_seed(0)
    tokens = torch.randint(4, (TRAIN + TEST, LENGTH), generator=draw, dtype=torch.uint8)
    parts = np.repeat(np.array([0, 2], dtype=np.int8), [TRAIN, TEST])
    write_sequences(SequenceSet(tokens, DNA), parts, tmp_path / "d.zarr", {"title": "chance"})
    return tmp_path / "d.zarr"


@pytest.fixture
def biased(untrained: SequenceGenerator) -> SequenceGenerator:
    """Says of every letter, whatever it sees, A, C, G, T with probabilities .4, .3, .2, .1."""
    torch.nn.init.zeros_(untrained.denoiser.net.out[-1].weight)
    with torch.no_grad():
        untrained.denoiser.net.out[-1].bias.copy_(torch.tensor([0.4, 0.3, 0.2, 0.1]).log())
    return untrained


@pytest.mark.parametrize("solver", list(SOLVERS))
def test_calls_are_never_exceeded_and_as_many_as_can_be(untrained, data: Path, solver: str) -> None:
    asked = [9, 2, 5, 1]
    rows = compare_samplers(untrained, job(solvers=[solver], calls=asked), data, seed=0)
    expected = [2, 4, 8] if solver == "trapezoidal" else [1, 2, 5, 9]
    assert [row["nfe"] for row in rows] == expected
    steps = [nfe // 2 if solver == "trapezoidal" else nfe for nfe in expected]
    assert [row["solver"] for row in rows] == [f"{solver.replace('_', '-')}, {k} steps" for k in steps]


def test_the_same_steps_are_made_once(untrained, data: Path) -> None:
    asked = job(solvers=["trapezoidal", "ancestral", "trapezoidal"], calls=[4, 5, 4])
    rows = compare_samplers(untrained, asked, data, seed=0)
    assert [(row["solver"], row["nfe"]) for row in rows] == [
        ("trapezoidal, 2 steps", 4),
        ("ancestral, 4 steps", 4),
        ("ancestral, 5 steps", 5),
    ]


def test_a_row_is_what_sampling_and_scoring_say(untrained, data: Path, tmp_path: Path) -> None:
    (row,) = compare_samplers(untrained, job(count=20), data, seed=3)
    sampled = sample_sequences(untrained, SequenceSamplingConfig(count=20, steps=4), seed=3)
    write_samples(tmp_path / "s.zarr", sampled, seed=3, origin="m")
    found = evaluate_samples(
        SequenceEvaluationConfig(), data, tmp_path / "s.zarr", oracles={}, pretrained=None, seed=3
    ).plain
    assert (row["solver"], row["nfe"], row["count"]) == (found["solver"], found["nfe"], found["count"])
    del found["scores"]["motifs"], found["scores"]["warnings"]
    assert row["scores"].pop("warnings") is not None and row["scores"] == found["scores"]
    assert row["scores"]["counts"] == {"generated": 20, "floor": 20, "reference": 20, "training": TRAIN}
    assert row["seconds_per_sequence"] > 0


def test_motifs_are_scored_where_some_are_named(untrained, data: Path) -> None:
    asked = job(count=20).model_copy(update={"evaluation": SequenceEvaluationConfig(motifs=("SPI1",), most=30)})
    (row,) = compare_samplers(untrained, asked, data, seed=0)
    assert set(row["scores"]["motifs"]["named"]) == {"SPI1"} and row["scores"]["counts"]["reference"] == 15


def test_the_likelihood_is_exact_where_the_bound_has_no_noise(biased: SequenceGenerator) -> None:
    """A network that looks at nothing, asked about sequences of one letter each: every draw has the same value."""
    tokens = torch.tensor([0, 0, 0, 3], dtype=torch.uint8)[:, None].expand(4, LENGTH).contiguous()
    found = nats_a_letter(biased, SequenceSet(tokens, DNA), draws=3, seed=0)
    assert found["value"] == pytest.approx(-(3 * math.log(0.4) + math.log(0.1)) / 4, rel=1e-6)
    assert found["interval"][0] < found["value"] < found["interval"][1]


def test_likelihoods_are_of_what_was_made_and_of_test_sequences(biased: SequenceGenerator, data: Path) -> None:
    """Independent letters are sampled without error, so that -log p / length is their entropy."""
    (row,) = compare_samplers(biased, job(count=2000, draws=8), data, seed=0)
    p = torch.tensor([0.4, 0.3, 0.2, 0.1], dtype=torch.float64)
    for name, ends, exact in (
        ("value", "interval", -(p * p.log()).sum()),
        ("floor", "floor_interval", -p.log().mean()),  # of letters by chance
    ):
        low, high = row["nll"][ends]
        assert abs(row["nll"][name] - exact) < high - low < 0.2  # four standard errors
    assert row["nll"]["value"] < row["nll"]["floor"]


def test_again_is_the_same(untrained, data: Path) -> None:
    one, other = (compare_samplers(untrained, job(solvers=["remasking"]), data, seed=5)[0] for _ in range(2))
    assert one | {"seconds_per_sequence": 0} == other | {"seconds_per_sequence": 0}


def test_what_does_not_go_together_is_said(small_model, untrained, data: Path, tmp_path: Path) -> None:
    uniform = SequenceGenerator(build(small_model(process={"kind": "uniform"}), 4, LENGTH), DNA, LENGTH).eval()
    with pytest.raises(InputError, match="m: `solver` remasking is of models whose process is absorbing"):
        compare_samplers(uniform, job(solvers=["ancestral", "remasking"]), data, seed=0, origin="m")
    longer = SequenceGenerator(build(small_model(), 4, 13), DNA, 13).eval()
    with pytest.raises(InputError, match=r"m: makes 13 letters of ACGT, .*d.zarr holds 12 of ACGT"):
        compare_samplers(longer, job(), data, seed=0, origin="m")
    with pytest.raises(InputError, match=r"`comparison.calls` \[1\] allow no step of `solvers` trapezoidal"):
        compare_samplers(untrained, job(solvers=["trapezoidal"], calls=[1]), data, seed=0)
    few = SequenceSet(torch.zeros(5, LENGTH, dtype=torch.uint8), DNA)
    write_sequences(few, np.array([0, 0, 2, 2, 2], dtype=np.int8), tmp_path / "few.zarr", {"title": "few"})
    with pytest.raises(InputError, match="few.zarr: the test split must hold at least 4 sequences, got 3"):
        compare_samplers(untrained, job(), tmp_path / "few.zarr", seed=0)
