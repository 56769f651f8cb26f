"""Corruption of graphs: the law of the noise, what stays exactly 0, and the prior with the moments of the data."""

import pytest
import torch

from sciml.numerics.graph_state import GraphState, pair_mask, symmetrised
from sciml.processes.graph import GraphMoments, GraphProcess
from sciml.processes.parts import noise_covariance
from sciml.processes.ve import VE
from sciml.processes.vp import VPLinear

F64 = torch.float64
MOMENTS = GraphMoments((0.4, -0.1), (0.3, 0.0), 0.7, 0.2)
PROCESSES = {
    "pure": GraphProcess(VPLinear(0.1, 1.0), VE(0.2, 1.0)),
    "matched": GraphProcess(VPLinear(0.1, 1.0), VPLinear(0.2, 0.8), MOMENTS),
}


def graphs(count: int = 4, nodes: int = 6) -> GraphState:
    generator = torch.Generator().manual_seed(0)
    mask = torch.arange(nodes) < 2 + torch.arange(count)[:, None] % (nodes - 1)
    x = torch.randn(count, nodes, 2, dtype=F64, generator=generator) * mask[..., None]
    adj = symmetrised(torch.randn(count, nodes, nodes, dtype=F64, generator=generator)) * pair_mask(mask)
    return GraphState(x, adj, mask)


def assert_kept(state: GraphState) -> None:
    """Symmetric, the diagonal and all that is padded exactly 0."""
    assert torch.equal(state.adj, state.adj.transpose(1, 2))
    assert (state.adj[~pair_mask(state.mask)] == 0).all() and (state.x[~state.mask] == 0).all()


@pytest.mark.parametrize("process", PROCESSES.values(), ids=PROCESSES)
def test_what_is_padded_and_the_diagonal_stay_zero(process, generator):
    x_0, t = graphs(), torch.tensor([0.0, 0.2, 0.7, 1.0], dtype=F64)
    x_t = process.perturb(x_0, t, generator=generator)
    s = torch.tensor(0.1, dtype=F64)
    states = [process.noise(x_0, generator=generator), process.prior(x_0, generator=generator), x_t]
    for state in [
        *states,
        process.bridge(x_0, process.perturb(x_0, 2 * s, generator=generator), 2 * s, s, generator=generator),
    ]:
        assert_kept(state)
        assert state.x.abs().sum() > 0 and state.adj.abs().sum() > 0


def test_noise_is_standard_above_the_diagonal_and_mirrored(generator):
    """Each pair has one number: of 50,000 draws mean, variance and the correlation of two pairs."""
    like = graphs(1, 4)
    many = GraphState(
        *(part.expand(50_000, *part.shape[1:]) for part in (like.x, like.adj, torch.ones(1, 4, dtype=torch.bool)))
    )
    noise = PROCESSES["pure"].noise(many, generator=generator)
    rows, columns = torch.triu_indices(4, 4, 1)
    numbers = torch.cat([noise.x.flatten(1), noise.adj[:, rows, columns]], 1)
    torch.testing.assert_close(numbers.mean(0), torch.zeros(14, dtype=F64), rtol=0, atol=0.02)
    torch.testing.assert_close(torch.cov(numbers.T), torch.eye(14, dtype=F64), rtol=0, atol=0.03)


def test_a_perturbed_graph_is_each_part_perturbed_by_its_own_process():
    process, x_0, t = PROCESSES["pure"], graphs(), torch.tensor([0.1, 0.4, 0.6, 1.0], dtype=F64)
    eps = process.noise(x_0, generator=torch.Generator().manual_seed(1))
    x_t = process.perturb(x_0, t, generator=torch.Generator().manual_seed(1))
    scale = t[:, None, None]
    alpha = torch.exp(-(0.1 * scale + 0.45 * scale**2) / 2)
    torch.testing.assert_close(x_t.x, alpha * x_0.x + (1 - alpha**2).sqrt() * eps.x)
    torch.testing.assert_close(x_t.adj, x_0.adj + 0.2 * 5**scale * eps.adj)
    assert x_t.mask is x_0.mask


def test_the_bridge_is_that_of_each_part():
    process, x_0 = PROCESSES["pure"], graphs()
    t, s = torch.tensor(0.6, dtype=F64), torch.tensor(0.2, dtype=F64)
    x_t = process.perturb(x_0, t, generator=torch.Generator().manual_seed(1))
    eps = process.noise(x_0, generator=torch.Generator().manual_seed(2))
    x_s = process.bridge(x_0, x_t, t, s, generator=torch.Generator().manual_seed(2))
    low, high = 0.2 * 5**0.2, 0.2 * 5**0.6
    share = low**2 / high**2
    expected = share * x_t.adj + (1 - share) * x_0.adj + low * (1 - share) ** 0.5 * eps.adj
    torch.testing.assert_close(x_s.adj, expected)


def test_the_matched_prior_is_affine_in_the_noise_with_the_moments_of_corrupted_data():
    """alpha m + sqrt(alpha^2 v + sigma^2) z exactly: mean alpha m, variance alpha^2 v + sigma^2, as of data at t = 1."""
    process, like = PROCESSES["matched"], graphs()
    prior = process.prior(like, generator=torch.Generator().manual_seed(3))
    z = process.noise(like, generator=torch.Generator().manual_seed(3))
    alpha_x, alpha_adj = (torch.tensor(-b / 2, dtype=F64).exp() for b in (0.55, 0.5))
    mean, variance = torch.tensor(MOMENTS.x_mean, dtype=F64), torch.tensor(MOMENTS.x_variance, dtype=F64)
    x = (alpha_x * mean + (alpha_x**2 * variance + 1 - alpha_x**2).sqrt() * z.x) * like.mask[..., None]
    adj = (alpha_adj * 0.7 + (alpha_adj**2 * 0.2 + 1 - alpha_adj**2).sqrt() * z.adj) * pair_mask(like.mask)
    torch.testing.assert_close(prior.x, x)
    torch.testing.assert_close(prior.adj, adj)


def test_the_matched_prior_has_the_moments_of_perturbed_data(generator):
    """Data of two values with the moments' mean and variance, perturbed to t = 1, and the prior: the same first moments."""
    mask, process = torch.ones(40_000, 3, dtype=torch.bool), PROCESSES["matched"]
    signs = torch.rand(40_000, 3, 2, dtype=F64, generator=generator) < 0.5
    x = torch.tensor(MOMENTS.x_mean, dtype=F64) + (2.0 * signs - 1) * torch.tensor(MOMENTS.x_variance, dtype=F64).sqrt()
    edges = symmetrised(2.0 * (torch.rand(40_000, 3, 3, dtype=F64, generator=generator) < 0.5) - 1)
    x_0 = GraphState(x, (0.7 + 0.2**0.5 * edges) * pair_mask(mask), mask)
    ends = process.perturb(x_0, torch.ones((), dtype=F64), generator=generator), process.prior(x_0, generator=generator)
    for part in ("x", "adj"):
        data, prior = (getattr(end, part)[:, 0, 1] for end in ends)
        torch.testing.assert_close(data.mean(0), prior.mean(0), rtol=0, atol=0.02)
        torch.testing.assert_close(data.var(0), prior.var(0), rtol=0.03, atol=0)


def test_pure_noise_is_the_prior_without_moments():
    process, like = PROCESSES["pure"], graphs()
    prior = process.prior(like, generator=torch.Generator().manual_seed(3))
    z = process.noise(like, generator=torch.Generator().manual_seed(3))
    torch.testing.assert_close(prior.x, (1 - torch.tensor(-0.55, dtype=F64).exp()).sqrt() * z.x)
    torch.testing.assert_close(prior.adj, z.adj)


def test_the_covariance_of_the_noise_is_that_of_its_draws():
    """C G against the matrix L L^T of the linear map L from independent numbers to noise, column by column."""
    x_0 = graphs(1, 4)
    size = 4 * 2 + 16
    columns = []
    for k in range(size):
        z = torch.eye(size, dtype=F64)[k]
        adj = symmetrised(z[8:].reshape(1, 4, 4)) * pair_mask(x_0.mask)
        columns.append(torch.cat([(z[:8].reshape(1, 4, 2) * x_0.mask[..., None]).flatten(), adj.flatten()]))
    covariance = torch.stack(columns, 1) @ torch.stack(columns)
    g = torch.randn(size, dtype=F64, generator=torch.Generator().manual_seed(1))
    state = GraphState(g[:8].reshape(1, 4, 2), g[8:].reshape(1, 4, 4), x_0.mask)
    times = noise_covariance(PROCESSES["pure"], state)
    torch.testing.assert_close(torch.cat([times.x.flatten(), times.adj.flatten()]), covariance @ g)
    assert noise_covariance(VPLinear(), g) is g
