"""Generators of sequences for structures, assembled from a configuration and trained; no mathematics here."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from sciml.config.inverse_folding import InverseFoldingConfig
from sciml.denoisers.letters import LetterDenoiser
from sciml.nets.structure_encoder import OnStructure, StructureEncoder
from sciml.processes.absorbing import Absorbing
from sciml.sequences.data.sequence_set import PROTEIN
from sciml.sequences.drakes import SCHEDULES
from sciml.sequences.generator import SequenceGenerator
from sciml.sequences.structures.backbone import Backbone
from sciml.sequences.structures.features import FEATURES, structure_graph
from sciml.sequences.structures.objective import InverseFoldingObjective
from sciml.training.batches import hash_seed
from sciml.training.fit import FitReport, fit


@dataclass(frozen=True)
class TrainedFolder:
    """A denoiser whose condition is a structure, what its training took, and where its checkpoints and events lie."""

    denoiser: LetterDenoiser
    report: FitReport
    parameters: int
    run: Path


def build(config: InverseFoldingConfig) -> LetterDenoiser:
    """A denoiser, called with a `StructureGraph` as condition; the weights come from torch's global generator."""
    process, net = Absorbing(len(PROTEIN), SCHEDULES[config.schedule]()), config.net
    sizes = process.vocabulary, process.letters, FEATURES, net.width, net.encoder_layers, net.decoder_layers
    return LetterDenoiser(StructureEncoder(*sizes, dropout=net.dropout), process)


def train_inverse_folding(
    config: InverseFoldingConfig,
    backbones: Sequence[Backbone],
    *,
    seed: int,
    run_directory: Path,
    fingerprint: str,
    time_limit: float | None = None,
) -> TrainedFolder:
    """Fit the network to the bound of the log-likelihood of native sequences given their structures.

    Args:
        config: what to train and how; `training.batch` counts structures.
        backbones: structures with native sequences.
        seed: of weights, shuffles and noise.
        run_directory: checkpoints and events lie in a folder of it named by the fingerprint.
        fingerprint: of configuration, data and seed.
        time_limit: wall seconds after which to save and stop.

    Raises:
        InputError: fewer structures than a batch.
        Stopped, NonFiniteLoss: see `fit`.
    """
    torch.manual_seed(hash_seed(seed, 0))
    denoiser, run = build(config), run_directory / fingerprint
    report = fit(
        InverseFoldingObjective(denoiser, backbones, config.net.neighbours, config.copies, config.noise),
        (torch.arange(len(backbones)),),
        config.training,
        seed=seed,
        directory=run,
        fingerprint=fingerprint,
        time_limit=time_limit,
    )
    parameters = sum(parameter.numel() for parameter in denoiser.parameters())
    return TrainedFolder(denoiser.to("cpu").eval(), report, parameters, run)


def generator_for(denoiser: LetterDenoiser, backbone: Backbone, neighbours: int) -> SequenceGenerator:
    """The generator of sequences for one structure: whatever samples, steers, fine-tunes or scores a `SequenceGenerator`
    takes it. It shares the weights of the denoiser.

    Args:
        denoiser: of `build` or `train_inverse_folding`.
        backbone: to find sequences for.
        neighbours: of its graph, as in training.
    """
    net = denoiser.net
    if not isinstance(net, StructureEncoder):
        raise TypeError(f"`denoiser.net` must be a StructureEncoder, got {type(net).__name__}")
    bound = LetterDenoiser(OnStructure(net, structure_graph(backbone, neighbours)), denoiser.process)
    return SequenceGenerator(bound, PROTEIN, len(backbone))
