"""The exact laws of samplers: what they are refused for; that they are exact is tested with the samplers."""

import pytest
import torch

from sciml.analysis.exact_law import dense_law, total_variation, unmasking_law
from sciml.denoisers.tabular import TabularDenoiser
from sciml.processes.absorbing import Absorbing
from sciml.processes.uniform_jump import UniformJump
from sciml.solvers.grids import uniform_grid
from sciml.solvers.letters.ancestral import Ancestral
from sciml.solvers.letters.remasking import Remasking

LAW = torch.rand(2, 2, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def test_total_variation_is_the_largest_gap_of_an_event() -> None:
    p, q = torch.tensor([0.5, 0.5, 0.0]), torch.tensor([0.2, 0.5, 0.3])
    assert total_variation(p, q) == pytest.approx(0.3)


def test_with_many_steps_the_law_is_the_data_law() -> None:
    denoiser = TabularDenoiser(LAW, Absorbing(2))
    law = unmasking_law(Ancestral(), denoiser, 3, uniform_grid(denoiser.process, 400))
    assert total_variation(law, LAW / LAW.sum()) < 2e-3


def test_a_grid_that_stops_short_leaves_masks() -> None:
    denoiser = TabularDenoiser(LAW, Absorbing(2))
    law = dense_law(Ancestral(), denoiser, 3, uniform_grid(denoiser.process, 4, t_end=0.5))
    assert law[2, 2, 2].item() == pytest.approx(0.5**3)
    with pytest.raises(ValueError, match="`grid` must end at 0, got 0.5"):
        unmasking_law(Ancestral(), denoiser, 3, uniform_grid(denoiser.process, 4, t_end=0.5))


def test_a_sampler_that_masks_again_is_refused() -> None:
    with pytest.raises(ValueError, match="must not mask again, which Remasking does"):
        unmasking_law(Remasking(), TabularDenoiser(LAW, Absorbing(2)), 3, uniform_grid(Absorbing(2), 4))


def test_only_masks_have_sets_of_seen_positions() -> None:
    with pytest.raises(TypeError, match="must be Absorbing, got UniformJump"):
        unmasking_law(Ancestral(), TabularDenoiser(LAW, UniformJump(2)), 3, uniform_grid(Absorbing(2), 2))
