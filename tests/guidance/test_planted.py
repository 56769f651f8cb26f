"""Known parts: kept to the last bit, under the right noise on the way; where that is the conditional law, and where not."""

from functools import partial

import pytest
import torch
from torch import Tensor

from sciml.denoisers.denoiser import Denoiser, Dirac
from sciml.denoisers.gaussian import GaussianDenoiser
from sciml.guidance.planted import Planted, scaffold
from sciml.numerics.graph_state import GraphState, pair_mask, symmetrised
from sciml.processes.graph import GraphProcess
from sciml.processes.ve import VE
from sciml.processes.vp import VPCosine, VPLinear
from sciml.solvers.catalog import SOLVERS
from sciml.solvers.ddim import ddim
from sciml.solvers.ddpm import DDPM
from sciml.solvers.grids import karras_grid, uniform_grid
from sciml.solvers.integrate import integrate
from sciml.solvers.predictor_corrector import PredictorCorrector

F64 = torch.float64
ANCESTRAL = {"ddpm": DDPM, "ddim": ddim, "ddim_half": partial(ddim, eta=0.5), "ddim_one": partial(ddim, eta=1.0)}
KNOWN, WHERE = torch.tensor([[1.5, 0.0]], dtype=F64), torch.tensor([[True, False]])


def pair(correlation: float) -> GaussianDenoiser:
    covariance = torch.tensor([[1.0, correlation], [correlation, 1.0]], dtype=F64)
    return GaussianDenoiser(VPLinear(), torch.zeros(2, dtype=F64), covariance)


class Coupled(Denoiser):
    """Nodes and pairs of graphs that depend on each other."""

    def forward(self, x_t: GraphState, t: Tensor, cond: object = None) -> Dirac[GraphState]:
        h = torch.tanh(x_t.x + x_t.adj @ x_t.x) * x_t.mask[..., None]
        return Dirac(GraphState(h, torch.tanh(h @ h.transpose(1, 2)) * pair_mask(x_t.mask), x_t.mask))


def graphs(dtype: torch.dtype = torch.float32) -> GraphState:
    generator = torch.Generator().manual_seed(0)
    mask = torch.arange(6) < torch.tensor([[6], [4]])
    x = torch.randn(2, 6, 3, generator=generator, dtype=dtype) * mask[..., None]
    return GraphState(x, symmetrised(torch.randn(2, 6, 6, generator=generator, dtype=dtype)) * pair_mask(mask), mask)


@pytest.mark.parametrize("name", sorted(ANCESTRAL))
def test_a_scaffold_is_there_to_the_last_bit(name):
    """Nodes 0 to 2 with their pairs: exactly, at sigma = 0, and the rest a graph as ever, which heeds the scaffold."""
    known, nodes = graphs(), torch.zeros(2, 6, dtype=torch.bool)
    nodes[:, :3] = True
    process = GraphProcess(VPLinear(), VPCosine())
    denoiser, grid = Coupled(process), uniform_grid(VPLinear(), 8, t_end=0.0)
    x, ends = process.prior(known, generator=torch.Generator().manual_seed(1)), []
    for one in (denoiser, Planted(denoiser, known, scaffold(known, nodes))):
        ends.append(integrate(ANCESTRAL[name](), one, x, grid, generator=torch.Generator().manual_seed(2)))
    free, planted = ends
    assert torch.equal(planted.x[:, :3], known.x[:, :3]) and torch.equal(planted.adj[:, :3, :3], known.adj[:, :3, :3])
    assert torch.equal(planted.adj, planted.adj.transpose(1, 2)) and (planted.adj[~pair_mask(known.mask)] == 0).all()
    assert (planted.x[~known.mask] == 0).all() and planted.mask is known.mask
    assert (planted.x[0, 3:] != free.x[0, 3:]).all()


def test_a_last_denoising_puts_it_there_where_noise_is_left():
    known, process = graphs(), GraphProcess(VPLinear(), VE(0.1, 2.0))
    where = scaffold(known, known.mask & (torch.arange(6) < 2))
    planted = Planted(Coupled(process), known, where)
    grid = uniform_grid(VE(), 5)
    x = process.prior(known, generator=torch.Generator().manual_seed(1))
    x = integrate(SOLVERS["euler_maruyama"](), planted, x, grid, generator=torch.Generator().manual_seed(2))
    x = planted(x, torch.tensor(1e-3, dtype=F64)).mean
    assert torch.equal(x.x[where.x != 0], known.x[where.x != 0]) and torch.equal(x.adj[:, 0, 1], known.adj[:, 0, 1])


def test_says_what_is_known_and_else_what_the_denoiser_says():
    denoiser, x, t = pair(0.9), torch.randn(4, 2, dtype=F64), torch.tensor(0.3, dtype=F64)
    mean = Planted(denoiser, KNOWN, WHERE)(x, t).mean
    assert torch.equal(mean[:, 0], KNOWN[0, 0].expand(4)) and torch.equal(mean[:, 1], denoiser(x, t).mean[:, 1])
    assert torch.equal(Planted(denoiser, KNOWN.float(), WHERE)(x, t).mean, mean)


def test_on_the_way_the_known_part_follows_the_forward_process():
    """DDPM's draws from the prior: mean alpha_t known, variance sigma_t^2, at half time and near the data."""
    generator = torch.Generator().manual_seed(0)
    x = VPLinear().prior((5000, 2), generator=generator, dtype=F64)
    for end in (0.4, 0.05):
        grid = karras_grid(VPLinear(), 30, t_end=end)
        found = integrate(DDPM(), Planted(pair(0.9), KNOWN, WHERE), x, grid, generator=generator)[:, 0]
        alpha, sigma = VPLinear().alpha(grid[-1]).item(), VPLinear().sigma(grid[-1]).item()
        assert found.mean().item() == pytest.approx(1.5 * alpha, abs=4 * sigma / 5000**0.5)
        assert found.var().item() == pytest.approx(sigma**2, rel=0.08)


def test_the_rest_is_as_ever_where_it_does_not_depend_on_the_known():
    """Independent parts: the same draws with and without planting, so the conditional law is that of the solver."""
    x, ends = VPLinear().prior((50, 2), generator=torch.Generator().manual_seed(0), dtype=F64), []
    for one in (pair(0.0), Planted(pair(0.0), KNOWN, WHERE)):
        ends.append(integrate(DDPM(), one, x, karras_grid(VPLinear(), 20), generator=torch.Generator().manual_seed(1)))
    torch.testing.assert_close(ends[1][:, 1], ends[0][:, 1], rtol=0, atol=1e-13)


def test_dependent_parts_heed_each_other_too_little_and_corrections_help():
    """Correlation .9: the mean 1.35 is missed by .42 however many the steps, four corrections a step leave a sixth of it."""
    denoiser, generator = Planted(pair(0.9), KNOWN, WHERE), torch.Generator().manual_seed(0)
    x = VPLinear().prior((2000, 2), generator=generator, dtype=F64)
    plain, corrected = (
        integrate(solver, denoiser, x, karras_grid(VPLinear(), 100), generator=generator)[:, 1].mean().item()
        for solver in (DDPM(), PredictorCorrector(DDPM(), 4, 0.3))
    )
    assert plain == pytest.approx(0.93, abs=0.05)
    assert corrected == pytest.approx(1.30, abs=0.05)


def test_a_scaffold_is_its_nodes_and_all_pairs_of_them():
    known, nodes = graphs(), torch.tensor([[True, False, True, False, False, False]]).expand(2, 6)
    where = scaffold(known, nodes)
    assert torch.equal(where.x != 0, nodes[..., None].expand(2, 6, 3))
    expected = torch.zeros(2, 6, 6, dtype=torch.bool)
    expected[:, 0, 2] = expected[:, 2, 0] = True
    assert torch.equal(where.adj != 0, expected)
    with pytest.raises(ValueError, match="`nodes` must be nodes of their graphs: graph 1 has no node 4"):
        scaffold(known, torch.arange(6).expand(2, 6) == 4)
