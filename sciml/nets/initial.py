"""Initial weights that are not torch's own."""

from torch import nn


def start_at_zero(layer: nn.Module) -> None:
    """So that a residual branch, or a whole network, begins as zero."""
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)
