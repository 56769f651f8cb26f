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


class Kept(SequenceOracle):
    """Counts the letters that it sees."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.counts = x.sum((1, 2))
        self.rows = x.sum(-1).unique().tolist()
        return self.counts


def test_of_masked_states_any_share_of_the_letters_is_seen_equally_often():
    """Of two letters none, one and both are each seen in a third of the sequences."""
    net, tokens = Kept(4), torch.zeros(6000, 2, dtype=torch.uint8)
    objective = OracleObjective(net, "numbers", masked=True)
    objective(torch.Generator().manual_seed(0), tokens, torch.zeros(6000))
    shares = torch.bincount(net.counts.long(), minlength=3) / 6000
    assert (shares - 1 / 3).abs().max() < 4 * (2 / 9 / 6000) ** 0.5 and net.rows == [0, 1]
    OracleObjective(net, "numbers")(torch.Generator(), tokens, torch.zeros(6000))
    assert (net.counts == 2).all()
