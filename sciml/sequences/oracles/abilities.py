"""What an oracle can be asked: which sequences it reads, whether mixtures of letters, and whether masked states.

A reward of the user's own is asked without question: only its answers are checked.
"""

from sciml.denoisers.reward import Reward
from sciml.io.errors import InputError
from sciml.sequences.oracles.convolutional import ConvolutionalOracle
from sciml.sequences.oracles.feature_oracle import FeatureOracle


def check_reads(reward: Reward, alphabet: str, length: int, name: str) -> None:
    """Passes oracles of such sequences.

    Args:
        reward: an oracle, or any callable, which passes.
        alphabet, length: of the sequences.
        name: what to call the reward in an error.

    Raises:
        InputError: an oracle of other letters, or of positions of which there are more or fewer.
    """
    if not isinstance(reward, ConvolutionalOracle | FeatureOracle):
        return
    if reward.alphabet != alphabet:
        raise InputError(f"{name}: reads letters of {reward.alphabet}, but the sequences are of {alphabet}")
    if isinstance(reward, FeatureOracle) and reward.features.length not in (None, length):
        raise InputError(f"{name}: reads sequences of {reward.features.length} letters, but these have {length}")


def reads_whole_letters_only(reward: Reward | None) -> bool:
    """Whether mixtures of letters are refused; so there is no gradient either."""
    return isinstance(reward, FeatureOracle)


def reads_masked(reward: Reward | None) -> bool:
    """Whether it was trained on masked states, for guidance."""
    return isinstance(reward, ConvolutionalOracle) and reward.masked
