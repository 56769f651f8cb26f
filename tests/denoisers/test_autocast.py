"""Half precision for the network alone."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from sciml.denoisers.autocast import Autocast
from sciml.denoisers.letters import LetterDenoiser
from sciml.processes.absorbing import Absorbing


class Spy(nn.Module):
    """Says in which precision it is called."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(5, 4)
        self.seen: list[torch.dtype] = []

    def forward(self, x: Tensor, t: Tensor, cond: Any = None) -> Tensor:
        found = self.linear(x)
        self.seen.append(found.dtype)
        return found


@pytest.mark.parametrize(("precision", "dtype"), [("32", torch.float32), ("bf16", torch.bfloat16)])
def test_the_network_is_called_as_it_was_trained(precision: str, dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    denoiser, x, t = LetterDenoiser(Spy(), Absorbing(4)), torch.tensor([[0, 4, 4], [4, 4, 4]]), torch.tensor(0.5)
    said = Autocast(denoiser, precision)(x, t).log_probabilities
    assert denoiser.net.seen == [dtype] and said.dtype == torch.float32
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision == "bf16"):
        assert torch.equal(said, denoiser(x, t).log_probabilities)
    assert not torch.is_autocast_enabled("cpu")


def test_another_precision_is_refused() -> None:
    with pytest.raises(ValueError, match="`precision` must be '32' or 'bf16', got '16'"):
        Autocast(LetterDenoiser(Spy(), Absorbing(4)), "16")
