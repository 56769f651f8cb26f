"""What oracles can be asked is told before they are."""

import pytest
import torch

from sciml.config.base import parse
from sciml.config.sequence_oracles import ConvolutionalOracleConfig, FeatureOracleConfig, OracleTargetConfig
from sciml.io.errors import InputError
from sciml.sequences.data.sequence_set import DNA, PROTEIN
from sciml.sequences.oracles.abilities import check_reads, reads_masked, reads_whole_letters_only
from sciml.sequences.oracles.convolutional import ConvolutionalOracle
from sciml.sequences.oracles.feature_oracle import FeatureOracle
from sciml.sequences.oracles.features import SequenceFeatures

TARGET = parse(OracleTargetConfig, {"label": "bound"}, "test")


def network(alphabet: str, *, masked: bool = False) -> ConvolutionalOracle:
    made_of = {"width": 1, "kernels": [1], "training": {"steps": 1}}
    return ConvolutionalOracle(parse(ConvolutionalOracleConfig, made_of, "test"), TARGET, alphabet, masked=masked)


def linear(length: int | None) -> FeatureOracle:
    return FeatureOracle(FeatureOracleConfig(), TARGET, SequenceFeatures(DNA, (1,), length=length))


def test_an_oracle_reads_its_own_letters_and_positions() -> None:
    for fits in (network(DNA), linear(9), linear(None), lambda x: x.sum((1, 2))):
        check_reads(fits, DNA, 9, "a.safetensors")
        assert len(fits(torch.eye(4)[torch.zeros(2, 9, dtype=torch.long)])) == 2
    with pytest.raises(InputError, match=f"^a: reads letters of {PROTEIN}, but the sequences are of {DNA}$"):
        check_reads(network(PROTEIN), DNA, 9, "a")
    with pytest.raises(InputError, match="^a: reads sequences of 8 letters, but these have 9$"):
        check_reads(linear(8), DNA, 9, "a")


def test_what_an_oracle_was_trained_on() -> None:
    oracles = (network(DNA), network(DNA, masked=True), linear(None), None)
    assert [reads_masked(each) for each in oracles] == [False, True, False, False]
    assert [reads_whole_letters_only(each) for each in oracles] == [False, False, True, False]
