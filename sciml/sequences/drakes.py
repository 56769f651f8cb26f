"""Masked diffusion of sequences, assembled from a configuration; no mathematics here.

    dilated_cnn or rotary_transformer + absorbing or uniform jumps: one denoiser

Reference: Wang et al. (2024), arXiv 2410.13643.
"""

from torch import nn

from sciml.config.sequence_models import DilatedCNNConfig, FineTuningConfig, SequenceModelConfig
from sciml.denoisers.letters import LetterDenoiser
from sciml.finetuning.drakes import Steering
from sciml.nets.dilated_cnn import DilatedCNN
from sciml.nets.rotary_transformer import RotaryTransformer
from sciml.processes.absorbing import Absorbing
from sciml.processes.jump import JumpProcess
from sciml.processes.jump_schedule import Cosine, Geometric, LogLinear
from sciml.processes.uniform_jump import UniformJump

SCHEDULES = {"log_linear": LogLinear, "cosine": Cosine, "geometric": Geometric}


def build(config: SequenceModelConfig, letters: int, length: int, classes: int = 0) -> LetterDenoiser:
    """A denoiser; the weights of its network come from torch's global generator.

    Args:
        config: what it is made of.
        letters: of the alphabet.
        length: letters of a sequence.
        classes: that a sample can be asked to have.
    """
    process = _process(config, letters)
    return LetterDenoiser(_net(config, process, length, classes), process)


def steering(config: FineTuningConfig) -> Steering:
    """How rollouts are made and weighed."""
    return Steering(**config.model_dump(exclude={"alarm", "training"}))


def _process(config: SequenceModelConfig, letters: int) -> JumpProcess:
    schedule = SCHEDULES[config.process.schedule]
    if config.process.kind == "absorbing":
        return Absorbing(letters, schedule())
    return UniformJump(letters, LogLinear(1e-3) if schedule is LogLinear else schedule())


def _net(config: SequenceModelConfig, process: JumpProcess, length: int, classes: int) -> nn.Module:
    net, timed = config.net, config.timed or not process.absorbing
    sizes = process.vocabulary, process.letters
    if isinstance(net, DilatedCNNConfig):
        return DilatedCNN(*sizes, net.width, net.kernel, net.dilations, classes, timed, net.dropout)
    places = length if net.aligned else 0
    return RotaryTransformer(*sizes, net.width, net.layers, net.heads, classes, timed, net.dropout, places)
