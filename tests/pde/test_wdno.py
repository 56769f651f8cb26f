"""What a configuration assembles, and what it refuses."""

from typing import get_args

import pytest
import torch

from sciml.config.base import parse
from sciml.config.models import NeuralConfig
from sciml.config.settings import ORDERS, SolverConfig, SolverName
from sciml.io.errors import InputError
from sciml.pde.data.windows import Windows
from sciml.pde.forecaster import Forecaster
from sciml.pde.geometry import geometry_of
from sciml.pde.predictors import Diffusion, Regression
from sciml.pde.representation import PhysicalRepresentation, WaveletRepresentation
from sciml.pde.wdno import build, make_sampler, solver_label
from sciml.processes.parameterisation import ConditionalV, Parameterisation
from sciml.solvers.catalog import SOLVERS

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


@pytest.mark.parametrize("name", get_args(SolverName))
def test_every_solver_of_the_configuration_samples(trajectories: Windows, name: str) -> None:
    net = {"kind": "spectral", "modes": 2, "width": 4, "layers": 1}
    forecaster = assemble(trajectories, net=net)
    forecaster.fit_statistics(trajectories)
    for order in ORDERS.get(name, (None,)):
        config = SolverConfig(name=name, steps=5, order=order)
        sampler = make_sampler(forecaster, config, torch.Generator().manual_seed(0))
        made = forecaster.forecast(trajectories[slice(0, 1)], sampler=sampler)
        assert torch.isfinite(made.fields).all() and made.nfe >= 5


def test_the_configuration_names_every_solver_of_the_catalog() -> None:
    assert set(SOLVERS) == set(get_args(SolverName))


def test_labels_say_what_differs() -> None:
    assert solver_label(SolverConfig()) == "DDIM, 10 steps"
    assert solver_label(SolverConfig(name="heun", steps=5, grid="log_snr")) == "Heun, 5 steps, log_snr grid"
    assert solver_label(SolverConfig(name="unipc", order=3)) == "UniPC of order 3, 10 steps"
    assert solver_label(SolverConfig(steps=20, eta=0.5)) == "DDIM, 20 steps, eta 0.5"
