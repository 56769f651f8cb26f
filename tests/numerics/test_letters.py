"""Draws of letters have the probabilities they are given."""

import pytest
import torch

from sciml.numerics.letters import draw


def test_shares_are_the_probabilities_whatever_they_add_up_to() -> None:
    generator = torch.Generator().manual_seed(0)
    p = torch.tensor([0.0, 3.0, 1.0, 0.0, 4.0, 0.0])
    drawn = draw(p.expand(80_000, 6), generator)
    share = torch.bincount(drawn, minlength=6) / 80_000
    assert (share - p / 8).abs().max() < 0.007
    assert (share[p == 0] == 0).all()


@pytest.mark.parametrize("wrong", [[0.0, 0.0], [torch.nan, 1.0], [torch.inf, 1.0]])
def test_what_is_no_probability_is_no_letter(wrong) -> None:
    with pytest.raises(FloatingPointError, match="must be finite and not all 0"):
        draw(torch.tensor([wrong, [1.0, 1.0]]), torch.Generator().manual_seed(0))


def test_a_letter_that_is_certain_is_always_drawn() -> None:
    generator = torch.Generator().manual_seed(0)
    assert (draw(torch.eye(5).repeat(2000, 1), generator) == torch.arange(5).repeat(2000)).all()
