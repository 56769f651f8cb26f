"""Sampling of whole graphs: sizes, batches, calls, and that exact denoisers yield the law they know."""

import pytest
import torch
from torch import Tensor, nn

from sciml.denoisers.denoiser import Denoiser, Dirac
from sciml.denoisers.graph import CategoricalGraphDenoiser
from sciml.graphs.data.graph_set import GraphSet
from sciml.graphs.generator import GraphGenerator, GraphSampler
from sciml.graphs.representation import GraphRepresentation
from sciml.numerics.graph_state import GraphState
from sciml.processes.graph import GraphProcess
from sciml.processes.vp import VPLinear
from sciml.solvers.ddim import ddim
from sciml.solvers.ddpm import DDPM
from sciml.solvers.grids import karras_grid

ATOMS = ("C", "N", "O")
BOND = GraphSet(
    torch.zeros(1, 2, dtype=torch.uint8),
    torch.tensor([[[0, 1], [1, 0]]], dtype=torch.uint8),
    torch.tensor([2], dtype=torch.int32),
    ATOMS,
)
NODES, PAIRS = torch.tensor([0.5, 0.3, 0.2]), torch.tensor([0.6, 0.3, 0.1])


class Prior(nn.Module):
    """Log priors of independent categories, so that the denoiser is exact; remembers its conditions.

    Args:
        most: graphs that fit into memory at once.
    """

    def __init__(self, most: int = 10**6) -> None:
        super().__init__()
        self.most, self.conds = most, list[Tensor]()

    def forward(self, x, adj, mask, t, cond=None):
        if len(x) > self.most:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory")
        self.conds.append(torch.empty(len(x), 0) if cond is None else cond)
        return NODES.log().expand(*mask.shape, 3), PAIRS.log().expand(*mask.shape, mask.shape[1], 3)


def generator(sizes: list[int], most: int = 10**6) -> GraphGenerator:
    representation, process = GraphRepresentation(ATOMS, 3, 3), GraphProcess(VPLinear(), VPLinear())
    denoiser = CategoricalGraphDenoiser(Prior(most), process, representation.nodes, representation.pairs)
    return GraphGenerator(representation, denoiser, torch.tensor(sizes))


def sampler(steps: int = 5, denoise: bool = False) -> GraphSampler:
    return GraphSampler(DDPM(), karras_grid(VPLinear(), steps), denoise, "ddpm")


def seed(k: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(k)


def test_sizes_have_the_law_of_the_training_set():
    found = generator([0, 1, 0, 6, 3]).sample(3000, sampler(1), generator=seed()).graphs
    counts = torch.bincount(found.sizes, minlength=5)
    assert counts[0] == counts[2] == 0
    torch.testing.assert_close(counts / 3000, torch.tensor([0, 1, 0, 6, 3]) / 10, rtol=0, atol=0.03)


def test_categories_have_the_law_that_the_denoiser_knows():
    """Independent elements and bonds with an exact denoiser: shares to three deviations of 600 graphs of 4 nodes."""
    graphs = generator([0, 0, 0, 0, 1]).sample(600, sampler(40), generator=seed()).graphs
    rows, columns = torch.triu_indices(4, 4, 1)
    nodes = torch.bincount(graphs.labels.long().flatten(), minlength=3) / 2400
    pairs = torch.bincount(graphs.edges[:, rows, columns].long().flatten(), minlength=3) / 3600
    torch.testing.assert_close(nodes, NODES, rtol=0, atol=0.03)
    torch.testing.assert_close(pairs, PAIRS, rtol=0, atol=0.025)
    assert torch.equal(graphs.edges, graphs.edges.transpose(1, 2)) and graphs.atoms == ATOMS


def test_batches_are_drawn_one_after_the_other_and_padded_to_the_largest():
    made = generator([0, 1, 1, 1])
    found = made.sample(10, sampler(), generator=seed(), batch=4).graphs
    again = made.sample(10, sampler(), generator=seed(), batch=4).graphs
    assert len(found) == 10 and found.edges.shape == (10, 3, 3)
    assert torch.equal(found.labels, again.labels) and torch.equal(found.edges, again.edges)
    assert (found.labels[~found.mask] == 0).all() and (found.edges[~found.mask] == 0).all()


def test_calls_are_counted_and_a_last_denoising_is_one_more():
    made = generator([0, 0, 1])
    assert made.sample(3, sampler(5), generator=seed()).nfe == 5
    found = made.sample(3, sampler(5, denoise=True), generator=seed())
    assert found.nfe == 6 and found.label == "ddpm"


@pytest.mark.parametrize("part", [False, True])
def test_where_memory_does_not_suffice_graphs_are_the_same_with_a_last_denoising_and_a_part_kept(part: bool):
    whole, narrow = generator([0, 1, 1, 1]), generator([0, 1, 1, 1], most=2)
    ends = [
        made.sample(7, sampler(5, denoise=True), generator=seed(), batch=4, substructure=BOND if part else None)
        for made in (whole, narrow)
    ]
    assert torch.equal(ends[0].graphs.labels, ends[1].graphs.labels)
    assert torch.equal(ends[0].graphs.edges, ends[1].graphs.edges)
    assert ends[0].nfe == ends[1].nfe == 6 and {len(cond) for cond in narrow.denoiser.net.conds} <= {1, 2}


def test_a_last_denoising_is_the_mean_at_the_end_of_the_grid():
    """A denoiser that says CC with a double bond only at the last time."""

    class Last(Denoiser):
        def forward(self, x_t: GraphState, t: Tensor, cond: object = None) -> Dirac[GraphState]:
            value = 2.0 if t <= 0.02 else 0.0
            adj = value * (1 - torch.eye(2)).expand_as(x_t.adj)
            return Dirac(GraphState(torch.eye(3)[0].expand_as(x_t.x), adj, x_t.mask))

    made = generator([0, 0, 1])
    denoiser, grid = Last(made.process), karras_grid(VPLinear(), 3, t_end=0.02)
    for denoise, order in ((False, 0), (True, 2)):
        found = made.sample(50, GraphSampler(ddim(), grid, denoise), generator=seed(), denoiser=denoiser).graphs
        assert (found.edges[:, 0, 1] == order).all()


def test_conditions_go_with_their_graphs():
    made = generator([0, 0, 1])
    cond = torch.arange(20.0).reshape(10, 2)
    made.sample(10, sampler(1), generator=seed(), batch=4, cond=cond)
    assert torch.equal(torch.cat(made.denoiser.net.conds), cond)


def test_a_property_is_told_by_the_training_sets_mean_and_deviation():
    made = generator([0, 1])
    made.property_scale.copy_(torch.tensor([2.0, 0.5]))
    assert made.condition(torch.tensor([3.0, float("nan")])).tolist() == [[2.0, 1.0], [0.0, 0.0]]


def test_the_generator_of_noise_decides_all():
    made = generator([0, 0, 0, 1])
    one, other, again = (made.sample(6, sampler(), generator=seed(k)).graphs for k in (0, 1, 0))
    assert torch.equal(one.edges, again.edges) and not torch.equal(one.edges, other.edges)


def test_the_sizes_that_are_drawn_from_stay_the_callers():
    """Those smaller than the substructure are not drawn; the caller's counts, here of the same type, stay."""
    made = generator([0, 1, 1, 1])
    sizes = torch.tensor([0.0, 2.0, 0.0, 1.0], dtype=torch.float64)
    found = made.sample(4, sampler(), generator=seed(), substructure=BOND, sizes=sizes).graphs
    assert found.sizes.tolist() == [3] * 4 and sizes.tolist() == [0.0, 2.0, 0.0, 1.0]
