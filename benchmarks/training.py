"""One training of a benchmark: on the processor, with nothing kept of it but the weights and the report."""

import tempfile
from pathlib import Path

from lightning_fabric import Fabric
from lightning_fabric.plugins.environments import LightningEnvironment
from torch import Tensor, nn

from sciml.config.models import TrainingConfig
from sciml.training.fit import FitReport, fit


def trained(objective: nn.Module, examples: tuple[Tensor, ...], settings: TrainingConfig, seed: int) -> FitReport:
    """Train in place."""
    processor = Fabric(accelerator="cpu", devices=1, plugins=LightningEnvironment())
    with tempfile.TemporaryDirectory() as folder:
        return fit(objective, examples, settings, seed=seed, directory=Path(folder), fingerprint="", fabric=processor)
