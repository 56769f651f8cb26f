"""What a configuration assembles, and what it refuses."""

import pytest

from sciml.config.base import parse
from sciml.config.models import NeuralConfig
from sciml.io.errors import InputError
from sciml.pde.data.windows import Windows
from sciml.pde.forecaster import Forecaster
from sciml.pde.geometry import geometry_of
from sciml.pde.predictors import Diffusion, Regression
from sciml.pde.representation import PhysicalRepresentation, WaveletRepresentation
from sciml.pde.wdno import build
from sciml.processes.parameterisation import ConditionalV, Parameterisation

FNO = {"representation": {"kind": "physical"}, "method": {"kind": "regression"}}


def assemble(windows: Windows, **model: object) -> Forecaster:
    config = parse(NeuralConfig, {"training": {"steps": 3}, **model}, "test")
    forecaster = build(config, geometry_of(windows))
    assert isinstance(forecaster, Forecaster)
    return forecaster


def test_the_four_choices_combine(trajectories: Windows) -> None:
    net = {"kind": "unet", "width": 8, "multipliers": [1, 2]}
    wdno = assemble(trajectories, net=net)
    assert isinstance(wdno.representation, WaveletRepresentation)
    assert isinstance(wdno.predictor, Diffusion)
    assert wdno.predictor.denoiser.parameterisation is Parameterisation.V
    regression = assemble(trajectories, net=net, method={"kind": "regression"})
    assert isinstance(regression.predictor, Regression)
    ddpm = assemble(
        trajectories,
        net=net,
        representation={"kind": "physical"},
        method={"kind": "diffusion", "conditional_deviation": 0.5},
    )
    assert isinstance(ddpm.representation, PhysicalRepresentation)
    assert isinstance(ddpm.predictor, Diffusion)
    assert ddpm.predictor.denoiser.parameterisation == ConditionalV(0.5)


def test_a_grid_too_small_for_the_resolutions_is_refused(trajectories: Windows) -> None:
    with pytest.raises(InputError, match=r"`net.multipliers` asks for 4 resolutions, too many for a grid of \[4, 8\]"):
        assemble(trajectories, net={"kind": "unet", "width": 8, "multipliers": [1, 1, 1, 1]})


@pytest.mark.parametrize("modes", [[8, 17], [8], [4, 4, 4]])
def test_modes_beyond_the_grid_are_refused(trajectories: Windows, modes: list[int]) -> None:
    with pytest.raises(InputError, match=r"`net.modes` must be at most the sizes \[8, 16\] of the grid"):
        assemble(trajectories, **FNO, net={"kind": "fno", "modes": modes})
    with pytest.raises(InputError, match=r"`net.modes` must be at most the sizes \[4, 8\] of the grid"):
        assemble(trajectories, net={"kind": "spectral", "modes": modes})


def test_one_number_of_modes_goes_for_every_axis_as_far_as_there_are(trajectories: Windows) -> None:
    wdno = assemble(trajectories, net={"kind": "spectral", "modes": 6, "width": 8, "layers": 1})
    assert isinstance(wdno.predictor, Diffusion)
    (layer,) = wdno.predictor.denoiser.net.layers
    assert layer.mix.modes == (4, 6)
