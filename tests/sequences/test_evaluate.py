"""Samples are scored against data, by models and by oracles that fit them; what does not is told before."""

from pathlib import Path

import numpy as np
import pytest
import torch

from sciml.config.base import parse
from sciml.config.sequence_oracles import FeatureOracleConfig, OracleTargetConfig
from sciml.config.sequence_settings import SequenceEvaluationConfig, SequenceSamplingConfig
from sciml.io.errors import InputError
from sciml.sequences.data.sequence_set import DNA, PROTEIN, SequenceSet
from sciml.sequences.data.store import load_sequences, write_sequences
from sciml.sequences.drakes import build
from sciml.sequences.evaluate import evaluate_samples
from sciml.sequences.generator import SequenceGenerator
from sciml.sequences.oracles.feature_oracle import FeatureOracle
from sciml.sequences.oracles.features import SequenceFeatures
from sciml.sequences.samples import read_samples, write_samples
from sciml.sequences.sampling import sample_sequences


@pytest.fixture
def make(small_model, tmp_path: Path):
    """A generator, data and samples of so many letters."""

    def made(alphabet: str, length: int, **steering: object) -> tuple[SequenceGenerator, Path, Path]:
        torch.manual_seed(0)
        generator = SequenceGenerator(build(small_model(), len(alphabet), length), alphabet, length).eval()
        tokens = torch.randint(len(alphabet), (40, length), generator=torch.Generator().manual_seed(0)).to(torch.uint8)
        parts = np.repeat(np.array([0, 2], dtype=np.int8), 20)
        write_sequences(SequenceSet(tokens, alphabet), parts, tmp_path / "d.zarr", {"title": "chance"})
        asked = parse(SequenceSamplingConfig, {"count": 8, "steps": 2, "steering": steering}, "test")
        sampled = sample_sequences(generator, asked, lambda x: x[..., 0].sum(1), seed=0)
        write_samples(tmp_path / "s.zarr", sampled, seed=0, origin="m")
        return generator, tmp_path / "d.zarr", tmp_path / "s.zarr"

    return made


def score(data: Path, samples: Path, **options: object):
    config = SequenceEvaluationConfig(motifs=options.pop("motifs", ()), draws=1)
    return evaluate_samples(config, data, samples, **{"oracles": {}, "pretrained": None, "seed": 0} | options)


def test_what_samples_were_led_by_is_kept_with_them(make) -> None:
    _, data, samples = make(DNA, 12, method="svdd", particles=2, alpha=0.5, draws=1)
    steering = score(data, samples).steering
    assert (steering.method, steering.particles, steering.alpha, steering.draws) == ("svdd", 2, 0.5, 1)


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({}, "s.zarr: holds no samples made by `sciml sample`: no attribute `steering`"),
        ({"steering": {"method": "luck"}}, "s.zarr: attribute `steering`: `method` should be 'none', .*, got 'luck'"),
    ],
)
def test_samples_of_unknown_origin_are_refused(make, attributes: dict, message: str) -> None:
    _, _, samples = make(DNA, 12)
    facts = {"solver": "ancestral", "nfe": 2, "seconds_per_sequence": 0.1}
    write_sequences(load_sequences(samples, "test"), np.full(8, 2, dtype=np.int8), samples, facts | attributes)
    with pytest.raises(InputError, match=message):
        read_samples(samples)


def test_a_model_of_other_sequences_is_refused(make, small_model) -> None:
    _, data, samples = make(DNA, 12)
    for letters, length in ((DNA, 13), (PROTEIN, 12)):
        other = SequenceGenerator(build(small_model(), len(letters), length), letters, length)
        with pytest.raises(InputError, match=f"m: makes {length} letters of {letters}, .*d.zarr holds 12 of {DNA}"):
            score(data, samples, pretrained=other, origin="m")


def test_an_oracle_of_other_sequences_is_refused(make) -> None:
    _, data, samples = make(DNA, 12)
    target = parse(OracleTargetConfig, {"label": "x"}, "test")
    for features, message in (
        (SequenceFeatures(PROTEIN, (1,)), f"oracle 'a': reads letters of {PROTEIN}, but the sequences are of {DNA}"),
        (SequenceFeatures(DNA, (1,), length=13), "oracle 'a': reads sequences of 13 letters, but these have 12"),
    ):
        with pytest.raises(InputError, match=message):
            score(data, samples, oracles={"a": FeatureOracle(FeatureOracleConfig(), target, features)})


def test_words_of_three_letters_need_as_many(make) -> None:
    _, data, samples = make(DNA, 3)
    assert score(data, samples).plain["count"] == 8
    _, data, samples = make(DNA, 2)
    with pytest.raises(InputError, match="d.zarr: scores need sequences of at least 3 letters, got 2"):
        score(data, samples)


def test_motifs_are_of_dna(make) -> None:
    _, data, samples = make(PROTEIN, 12)
    for name in ("SPI1", "no such motif"):
        with pytest.raises(InputError, match=f"d.zarr: `motifs` are of DNA, but the letters are {PROTEIN}; got '{name}'"):
            score(data, samples, motifs=(name,))
