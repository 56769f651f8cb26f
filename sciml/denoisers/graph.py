"""Denoisers of graphs.

`GraphScoreDenoiser` is the paper's: two networks that know neither t nor the scale of the noise. `GraphNetworkDenoiser` has
one network for both, which predicts numbers, x_0, eps or v. `CategoricalGraphDenoiser` knows that the clean graph is made of
categories, each with a code c_k and a share pi_k of the data: what the state itself says of node i is exact,

    l_k = log pi_k - |x_t,i - alpha_t c_k|^2 / (2 sigma_t^2),

the network, which is also shown softmax_k(l_k), adds what the rest of the graph says,

    p(x_0,i = c_k | G_t) = softmax_k( l_k + network_k(G_t) ),

and likewise for each pair i < j. The posterior mean is E[x_0,i] = sum_k p_k c_k. A network that says 0 is right about nodes
and pairs that are independent.

Reference: Jo, Lee and Hwang (2022), arXiv 2202.02514, section 3.2, for the network of both; Vignac et al. (2023), arXiv
2209.14734, section 3, for categories; the exact part is Bayes' rule.
"""

from dataclasses import replace
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from sciml.denoisers.denoiser import Denoiser, Dirac
from sciml.numerics.broadcasting import broadcast_time
from sciml.numerics.graph_state import GraphState, pair_mask
from sciml.processes.gaussian import GaussianProcess
from sciml.processes.graph import GraphProcess
from sciml.processes.parameterisation import Parameterisation, Prediction, decompose
from sciml.processes.sub_vp import SubVP
from sciml.processes.ve import VE

Logits = tuple[Float[Tensor, "batch node node_category"], Float[Tensor, "batch node node2 pair_category"]]


class GraphScoreDenoiser(Denoiser):
    """Two networks of (x, adj, mask), bug for bug as published.

        score = -net / sigma_t of a process that contracts the data (VP, sub-VP), net itself of VE,
        E[x_0 | x_t] = (x_t + sigma_t^2 score) / alpha_t.

    The sigma_t that networks are divided by is computed as there, in the dtype of the state: see `_published_sigma`.

    Args:
        net_x: of the score of the node features.
        net_adj: of the score of the adjacency.
        process: the process they were, or will be, trained for.
    """

    process: GraphProcess

    def __init__(self, net_x: nn.Module, net_adj: nn.Module, process: GraphProcess) -> None:
        super().__init__(process)
        self.net_x, self.net_adj = net_x, net_adj

    def scores(self, x_t: GraphState, t: Tensor) -> GraphState:
        """Gradients of log p_t with respect to x and adj."""

        def score(process: GaussianProcess, said: Tensor) -> Tensor:
            return said if isinstance(process, VE) else -said / _published_sigma(process, broadcast_time(t, said), dtype)

        seen, dtype = (x_t.x, x_t.adj, x_t.mask), x_t.x.dtype
        return self.process.map(score, replace(x_t, x=self.net_x(*seen), adj=self.net_adj(*seen)))

    def forward(self, x_t: GraphState, t: Tensor, cond: Any = None) -> Dirac[GraphState]:
        """A Dirac at the x_0 that the scores imply."""

        def data(process: GaussianProcess, seen: Tensor, score: Tensor) -> Tensor:
            return decompose(process, Parameterisation.SCORE, seen, score, t)[0]

        return Dirac(self.process.map(data, x_t, self.scores(x_t, t)))


class GraphNetworkDenoiser(Denoiser):
    """E[x_0 | x_t] by a network that predicts numbers.

    Args:
        net: called as net(x, adj, mask, t, cond) on inputs of unit scale; returns one number for each feature and pair.
        process: the process it was, or will be, trained for.
        parameterisation: what the network predicts.
    """

    process: GraphProcess

    def __init__(self, net: nn.Module, process: GraphProcess, parameterisation: Prediction) -> None:
        super().__init__(process)
        self.net, self.parameterisation = net, parameterisation

    def predict(self, x_t: GraphState, t: Tensor, cond: Any = None, *, told: Tensor | None = None) -> GraphState:
        """What the network says, in its own parameterisation, symmetric and masked; it is told t, or `told` instead."""
        x, adj = self.net(*_scaled(self.process, x_t, t, told), cond)
        return _masked(x_t, x, adj.squeeze(-1))

    def forward(self, x_t: GraphState, t: Tensor, cond: Any = None, *, told: Tensor | None = None) -> Dirac[GraphState]:
        """A Dirac at the x_0 that the prediction implies."""

        def data(process: GaussianProcess, seen: Tensor, said: Tensor) -> Tensor:
            return decompose(process, self.parameterisation, seen, said, t)[0]

        return Dirac(self.process.map(data, x_t, self.predict(x_t, t, cond, told=told)))


class CategoricalGraphDenoiser(Denoiser):
    """E[x_0 | x_t] by a network that predicts categories; see the module.

    Args:
        net: called as net(x, adj, mask, t, cond), x and adj being at unit scale with the local probabilities after them, adj
            with one more dimension for that; returns logits for each node and pair.
        process: the process it was, or will be, trained for.
        nodes: codes and shares of the categories of nodes.
        pairs: codes, with a dimension of 1, and shares of the categories of pairs, that of no edge first.
    """

    process: GraphProcess

    def __init__(self, net: nn.Module, process: GraphProcess, nodes: "Categories", pairs: "Categories") -> None:
        super().__init__(process)
        self.net, self.nodes, self.pairs = net, nodes, pairs

    def coded(self, nodes: Tensor, pairs: Tensor, mask: Tensor) -> GraphState:
        """The clean state of categories (batch, node) and (batch, node, node)."""
        adj = self.pairs.codes[pairs, 0] * pair_mask(mask)
        return GraphState(self.nodes.codes[nodes] * mask[..., None], adj, mask)

    def logits(self, x_t: GraphState, t: Tensor, cond: Any = None, *, told: Tensor | None = None) -> Logits:
        """Logarithms of the probabilities of the categories, up to a constant for each node and pair.

        Args:
            x_t: the state.
            t: its time.
            cond: passed on.
            told: the time that the network is told; by default t.
        """
        x, adj, mask, times = _scaled(self.process, x_t, t, told)
        node_logits = self.nodes.local_logits(self.process.parts["x"], x_t.x, t)
        pair_logits = self.pairs.local_logits(self.process.parts["adj"], x_t.adj[..., None], t)
        seen = torch.cat([x, node_logits.softmax(-1)], -1), torch.cat([adj[..., None], pair_logits.softmax(-1)], -1)
        node_part, pair_part = self.net(*seen, mask, times, cond)
        return node_part + node_logits, pair_part + pair_logits

    def forward(self, x_t: GraphState, t: Tensor, cond: Any = None, *, told: Tensor | None = None) -> Dirac[GraphState]:
        """A Dirac at the mean of the categories; arguments as in `logits`."""
        x, adj = self.logits(x_t, t, cond, told=told)
        x_0 = _product(x.softmax(-1), self.nodes.codes.to(x).T)
        return Dirac(_masked(x_t, x_0, _product(adj.softmax(-1), self.pairs.codes.to(adj).T)[..., 0]))


class Categories(nn.Module):
    """What a node, or a pair, can be.

    Args:
        codes: c_k, one for each category.
    """

    codes: Tensor
    shares: Tensor

    def __init__(self, codes: Float[Tensor, "category feature"]) -> None:
        super().__init__()
        self.register_buffer("codes", codes)
        self.register_buffer("shares", torch.full((len(codes),), 1 / len(codes)))

    def local_logits(
        self, process: GaussianProcess, state: Float[Tensor, "batch *place feature"], t: Tensor
    ) -> Float[Tensor, "batch *place category"]:
        """l_k up to a constant: log pi_k + (alpha x_t c_k - alpha^2 |c_k|^2 / 2) / sigma^2."""
        codes, time = self.codes.to(state), broadcast_time(t, state)
        alpha, variance = process.alpha(time), process.sigma(time) ** 2
        along = (alpha / variance).to(state.dtype) * _product(state, codes)
        return along - (alpha**2 / (2 * variance)).to(state.dtype) * codes.square().sum(-1) + self.shares.to(state).log()


def _published_sigma(process: GaussianProcess, t: Tensor, dtype: torch.dtype) -> Tensor:
    """sqrt(1 - alpha_t^2), for sub-VP its square, subtracted in the dtype of the state.

    In single precision the difference cancels near the data: with beta_min = 0.1 it is off by 2e-6 of itself at t = 0.05 and
    up to 2e-4 at t = 1e-3. The published code has it so, and divides what its networks say by that number.
    """
    variance = 1 - (process.alpha(t) ** 2).to(torch.promote_types(dtype, torch.float32))
    return (variance if isinstance(process, SubVP) else variance.sqrt()).to(dtype)


def _scaled(process: GraphProcess, x_t: GraphState, t: Tensor, told: Tensor | None) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The state at unit scale, its mask, and one time for each graph: what the network is called with."""

    def scaled(part: GaussianProcess, state: Tensor) -> Tensor:
        time = broadcast_time(t, state)
        return (part.alpha(time) ** 2 + part.sigma(time) ** 2).rsqrt().to(state.dtype) * state

    seen = process.map(scaled, x_t)
    times = (t if told is None else told).to(device=x_t.x.device, dtype=x_t.x.dtype).expand(len(x_t.mask))
    return seen.x, seen.adj, x_t.mask, times


def _product(a: Float[Tensor, "*place n"], b: Float[Tensor, "k n"]) -> Float[Tensor, "*place k"]:
    """a b^T in the precision of a: autocast would have a matrix product in bf16, and exponents are in the thousands."""
    return (a[..., None, :] * b).sum(-1)


def _masked(like: GraphState, x: Tensor, adj: Tensor) -> GraphState:
    x, adj = x.to(like.x), adj.to(like.adj)  # from bf16 under autocast
    symmetric = (adj + adj.transpose(-1, -2)) / 2
    return replace(like, x=x * like.mask[..., None], adj=symmetric * pair_mask(like.mask))
