"""Networks as if trained."""

from collections.abc import Callable

import pytest
import torch
from torch import nn


@pytest.fixture
def trained_like() -> Callable[[nn.Module], nn.Module]:
    """Gives a network weights without the zeros it starts with, so that every path counts."""

    def fill(net: nn.Module) -> nn.Module:
        torch.manual_seed(1)
        for parameter in net.parameters():
            nn.init.normal_(parameter, std=0.1)
        return net.eval()

    return fill
