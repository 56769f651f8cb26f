"""The losses against their formulas."""

import pytest
import torch

from sciml.nets.sequence_oracle import SequenceOracle
from sciml.sequences.oracles.objective import OracleObjective
from sciml.sequences.oracles.reward import one_hot


@pytest.mark.parametrize("task", ["classes", "numbers"])
def test_loss_is_that_of_the_formula(task: str):
    torch.manual_seed(0)
    net = SequenceOracle(4, width=4, kernels=(3,))
    tokens = torch.randint(4, (6, 9)).to(torch.uint8)
    values = torch.tensor([0.0, 1.0, 1.0, 0.0, 1.0, 0.0])
    y = net(one_hot(tokens, 4)).detach()
    expected = {"classes": ((1 + y.exp()).log() - values * y).mean(), "numbers": ((y - values) ** 2).mean()}[task]
    torch.testing.assert_close(OracleObjective(net, task)(torch.Generator(), tokens, values).detach(), expected)
