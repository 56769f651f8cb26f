import pytest
import torch

from sciml.processes.catalog import PROCESSES
from sciml.processes.gaussian import GaussianProcess


@pytest.fixture(params=sorted(PROCESSES))
def process(request: pytest.FixtureRequest) -> GaussianProcess:
    return PROCESSES[request.param]()


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)
