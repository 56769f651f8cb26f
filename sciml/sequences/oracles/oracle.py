"""What predicts a measured value of sequences, of either kind."""

from sciml.sequences.oracles.convolutional import ConvolutionalOracle
from sciml.sequences.oracles.feature_oracle import FeatureOracle

Oracle = ConvolutionalOracle | FeatureOracle
