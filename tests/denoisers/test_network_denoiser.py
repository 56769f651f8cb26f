"""A network that knows the answer yields the answer, in every parameterisation."""

import pytest
import torch
from torch import nn

from sciml.denoisers.conditioned import Conditioned
from sciml.denoisers.counting import Counting
from sciml.denoisers.denoiser import Dirac, gaussian_process
from sciml.denoisers.network import NetworkDenoiser
from sciml.processes.parameterisation import Parameterisation, compose


class Recorder(nn.Module):
    """Returns a fixed answer and keeps what it was asked."""

    def __init__(self, answer):
        super().__init__()
        self.answer = answer

    def forward(self, x, t, cond):
        self.x, self.t, self.cond = x, t, cond
        return self.answer


@pytest.mark.parametrize("parameterisation", Parameterisation)
def test_a_perfect_prediction_gives_the_data(process, generator, parameterisation):
    x_0, eps = torch.randn(2, 6, 3, generator=generator, dtype=torch.float64)
    t = torch.linspace(1e-3, 1, 6, dtype=torch.float64)
    net = Recorder(compose(process, parameterisation, x_0, eps, t))
    posterior = NetworkDenoiser(net, process, parameterisation)(process.interpolate(x_0, eps, t), t)
    assert isinstance(posterior, Dirac)
    torch.testing.assert_close(posterior.mean, x_0, rtol=1e-6, atol=1e-6)


def test_the_network_sees_unit_variance(process, generator):
    x_0 = torch.randn(20000, 1, generator=generator)
    for time in (1e-3, 0.3, 1.0):
        t = torch.tensor(time, dtype=torch.float64)
        net = Recorder(x_0)
        NetworkDenoiser(net, process, Parameterisation.EPS).predict(process.perturb(x_0, t, generator=generator), t)
        assert net.x.std() == pytest.approx(1, abs=0.03)
        assert net.x.dtype == torch.float32


@pytest.mark.parametrize(
    ("shape", "seen"), [((), (4,)), ((1,), (4,)), ((4,), (4,)), ((4, 1, 1), (4,)), ((4, 3), (4, 3)), ((1, 3), (1, 3))]
)
def test_the_network_gets_one_time_per_sample(process, shape, seen):
    x = torch.ones(4, 3, 2)
    net = Recorder(x)
    NetworkDenoiser(net, process, Parameterisation.X0)(x, torch.full(shape, 0.5, dtype=torch.float64), cond="c")
    assert net.t.shape == seen and net.t.dtype == torch.float32 and (net.t == 0.5).all()
    assert net.cond == "c"


def test_conditioned_binds_and_counting_counts(process):
    x = torch.ones(4, 3)
    net = Recorder(x)
    denoiser = Counting(Conditioned(NetworkDenoiser(net, process, Parameterisation.X0), "wild type"))
    t = torch.tensor(0.5)
    assert torch.equal(denoiser(x, t).mean, x)
    denoiser(x, t)
    assert net.cond == "wild type" and denoiser.nfe == 2 and gaussian_process(denoiser) is process
    with pytest.raises(ValueError, match="`cond` is bound"):
        denoiser(x, t, "mutant")


def test_a_process_that_is_not_gaussian_is_refused(process):
    denoiser = NetworkDenoiser(Recorder(None), process, Parameterisation.X0)
    denoiser.process = object()
    with pytest.raises(TypeError, match="`denoiser.process` must be a GaussianProcess, got object"):
        gaussian_process(denoiser)
