"""Where memory does not suffice for a batch it is asked about in parts, and the samples are the same."""

import logging
from itertools import pairwise
from typing import Any

import pytest
import torch
from torch import Tensor

from sciml.denoisers.denoiser import Denoiser, Dirac, Gaussian
from sciml.denoisers.halving import Halving, joined
from sciml.denoisers.letters import Categorical
from sciml.numerics.graph_state import GraphState
from sciml.numerics.memory import is_out_of_memory
from sciml.processes.vp import VPCosine
from sciml.solvers.euler_maruyama import EulerMaruyama
from sciml.solvers.grids import uniform_grid
from sciml.solvers.integrate import integrate


class Narrow(Denoiser):
    """The exact posterior mean of N(cond, 1) data, row by row; more than `most` rows at once do not fit into memory."""

    def __init__(self, most: int, error: type[Exception] = RuntimeError) -> None:
        super().__init__(VPCosine())
        self.most, self.error, self.asked = most, error, []

    def forward(self, x_t: Tensor, t: Tensor, cond: Any = None) -> Dirac[Tensor]:
        self.asked.append(len(x_t))
        if len(x_t) > self.most:
            raise self.error("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes")
        alpha, sigma = self.process.alpha(t).reshape(-1, 1), self.process.sigma(t).reshape(-1, 1)
        mean = 0.0 if cond is None else cond
        return Dirac(mean + alpha * (x_t - alpha * mean) / (alpha**2 + sigma**2))


def sampled(most: int, cond: Tensor | None = None) -> tuple[Tensor, Narrow]:
    denoiser, generator = Narrow(most), torch.Generator().manual_seed(0)
    x = torch.randn(13, 3, generator=generator, dtype=torch.float64)
    with torch.no_grad():
        end = integrate(EulerMaruyama(), denoiser, x, uniform_grid(denoiser.process, 7), cond=cond, generator=generator)
    return end, denoiser


@pytest.mark.parametrize("most", [1, 3, 4, 6, 12])
@pytest.mark.parametrize("conditional", [False, True])
def test_samples_do_not_depend_on_how_many_fit(most: int, conditional: bool, caplog: pytest.LogCaptureFixture) -> None:
    cond = torch.arange(39.0, dtype=torch.float64).reshape(13, 3) if conditional else None
    whole, _ = sampled(13, cond)
    with caplog.at_level(logging.WARNING):
        halved, denoiser = sampled(most, cond)
    assert torch.equal(halved, whole)
    sizes = [13]
    while sizes[-1] > most:
        sizes.append((sizes[-1] + 1) // 2)
    expected = [f"out of memory with {a} samples at once: going on with {b}" for a, b in pairwise(sizes)]
    assert [record.message for record in caplog.records] == expected
    assert max(denoiser.asked[-3:]) <= sizes[-1], "once it is known what fits, no more is tried"


def test_times_of_single_states_are_cut_with_them() -> None:
    x, t = torch.randn(5, 2, generator=torch.Generator().manual_seed(1)), torch.linspace(0.2, 1, 5)
    with torch.no_grad():
        assert torch.equal(Halving(Narrow(2))(x, t).mean, Narrow(5)(x, t).mean)


def test_memory_for_no_state_at_all_is_an_error() -> None:
    with torch.no_grad(), pytest.raises(RuntimeError, match="can't allocate memory"):
        Halving(Narrow(0))(torch.zeros(8, 2), torch.tensor(0.5))


def test_other_errors_and_gradients_pass() -> None:
    with torch.no_grad(), pytest.raises(ValueError, match="allocate"):
        Halving(Narrow(2, ValueError))(torch.zeros(8, 2), torch.tensor(0.5))
    with pytest.raises(RuntimeError, match="can't allocate memory"):
        Halving(Narrow(2))(torch.zeros(8, 2), torch.tensor(0.5))


def test_a_denoiser_that_knows_its_batch_is_not_cut_in_silence() -> None:
    class OfThisBatch(Narrow):
        def forward(self, x_t: Tensor, t: Tensor, cond: Any = None) -> Dirac[Tensor]:
            return Dirac(super().forward(x_t, t).mean + torch.zeros(2, 2))

    with torch.no_grad(), pytest.raises(MemoryError, match="cannot be asked about parts of 2 samples"):
        Halving(OfThisBatch(1))(torch.zeros(2, 2), torch.tensor(0.5))


def test_posteriors_of_all_kinds_are_joined() -> None:
    a, b = torch.zeros(2, 3, 3), torch.ones(1, 3, 3)
    both = torch.cat([a, b])
    assert torch.equal(joined([Categorical(a), Categorical(b)]).log_probabilities, both)
    gaussian = joined([Gaussian(a, torch.tensor(2.0)), Gaussian(b, torch.tensor(2.0))])
    assert torch.equal(gaussian.mean, both)
    assert gaussian.variance == 2
    mask = torch.ones(3, 3, dtype=torch.bool)
    graphs = joined([Dirac(GraphState(a, a, mask[:2])), Dirac(GraphState(b, b, mask[2:]))])
    assert torch.equal(graphs.mean.adj, both)
    assert torch.equal(graphs.mean.mask, mask)


def test_what_says_that_memory_ran_out() -> None:
    assert is_out_of_memory(torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"))
    assert is_out_of_memory(MemoryError())
    assert is_out_of_memory(RuntimeError("[enforce fail at alloc_cpu.cpp:127] DefaultCPUAllocator: can't allocate memory"))
    assert is_out_of_memory(RuntimeError("can't start new thread"))
    assert not is_out_of_memory(RuntimeError("mat1 and mat2 shapes cannot be multiplied"))
    assert not is_out_of_memory(OSError("Cannot allocate memory"))
