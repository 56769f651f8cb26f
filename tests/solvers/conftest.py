import pytest
import torch

from sciml.denoisers.gaussian import GaussianDenoiser
from sciml.denoisers.mixture import MixtureDenoiser
from sciml.processes.catalog import PROCESSES
from sciml.processes.gaussian import GaussianProcess


@pytest.fixture(params=sorted(PROCESSES))
def process(request: pytest.FixtureRequest) -> GaussianProcess:
    return PROCESSES[request.param]()


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


@pytest.fixture
def gaussian(process: GaussianProcess) -> GaussianDenoiser:
    covariance = torch.tensor([[0.8, 0.3], [0.3, 0.4]], dtype=torch.float64)
    return GaussianDenoiser(process, torch.tensor([1.0, -0.5], dtype=torch.float64), covariance)


@pytest.fixture
def mixture(process: GaussianProcess) -> MixtureDenoiser:
    weights, variances = torch.tensor([[0.3, 0.7], [0.3, 0.2]], dtype=torch.float64)
    return MixtureDenoiser(process, weights, torch.tensor([[1.0, 0.0], [-1.0, 0.5]], dtype=torch.float64), variances)
