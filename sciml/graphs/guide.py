"""A guide: what a noisy graph says of a property of the graph that it was made from, log p(y | x_t).

With y less its mean over the training set, over its deviation, the law is taken to be Gaussian,

    p(y | x_t) = N(y; mu(x_t, t), s(x_t, t)^2),        s^2 = exp(2 r(x_t, t)) + tolerance^2.

The network sees the probabilities of the categories of each node and pair by itself, softmax_k(l_k) of `denoisers.graph`.
Nothing is lost by that: y depends on x_t through x_0 alone, and the noise of each node and pair is its own, so that
p(x_0 | x_t) is p(x_0) times the ratios of these probabilities to the categories' shares. Where a category is certain they do
not change with the state, nor does the guide's gradient push.

Reference: Dhariwal and Nichol (2021), arXiv 2105.05233, section 4: a classifier of noisy states, here of a number.
"""

import math
from copy import deepcopy

import torch
from jaxtyping import Float
from torch import Tensor, nn

from sciml.graphs.representation import GraphRepresentation
from sciml.guidance.classifier import LogProbability
from sciml.numerics.graph_state import GraphState
from sciml.processes.graph import GraphProcess

Law = tuple[Float[Tensor, " graph"], Float[Tensor, " graph"]]


class GraphGuide(nn.Module):
    """Leads an unconditional generator to a value of a property.

    Args:
        predictor: called as predictor(nodes, pairs, mask, t) on probabilities of categories; gives mu and r of each graph.
        representation: that of the generator; its categories are copied.
        process: that of the generator.
        asks_for: name of the property.
        tolerance: least s, positive.
    """

    property_scale: Tensor

    def __init__(
        self,
        predictor: nn.Module,
        representation: GraphRepresentation,
        process: GraphProcess,
        asks_for: str,
        tolerance: float,
    ) -> None:
        super().__init__()
        self.predictor, self.process, self.asks_for, self.tolerance = predictor, process, asks_for, tolerance
        self.nodes, self.pairs = deepcopy(representation.nodes), deepcopy(representation.pairs)
        self.register_buffer("property_scale", torch.tensor([0.0, 1.0]))  # mean, deviation

    def standardised(self, values: Tensor) -> Tensor:
        """Values of the property, less their mean, over their deviation."""
        mean, deviation = self.property_scale
        return (values.to(self.property_scale) - mean) / deviation

    def forward(self, x_t: GraphState, t: Tensor) -> Law:
        """mu and log s of the standardised property of each graph."""
        nodes = self.nodes.local_logits(self.process.parts["x"], x_t.x, t).softmax(-1)
        pairs = self.pairs.local_logits(self.process.parts["adj"], x_t.adj[..., None], t).softmax(-1)
        times = t.to(x_t.x).expand(len(x_t.mask))
        mu, r = self.predictor(nodes, pairs, x_t.mask, times).to(x_t.x).unbind(-1)
        return mu, torch.logaddexp(2 * r, r.new_tensor(2 * math.log(self.tolerance))) / 2

    def surprise(self, x_t: GraphState, t: Tensor, y: Float[Tensor, " graph"]) -> Float[Tensor, " graph"]:
        """-log p(y | x_t) of standardised values, less its least value: (y - mu)^2 / (2 s^2) + log(s / tolerance)."""
        mu, log_s = self(x_t, t)
        return ((y.to(mu) - mu) * (-log_s).exp()).square() / 2 + log_s - math.log(self.tolerance)

    def led_to(self, value: float) -> LogProbability:
        """log p(y | x_t) of one value of the property, up to a constant, as `ClassifierGuided` takes it."""

        def log_probability(x_t: GraphState, t: Tensor) -> Tensor:
            y = self.standardised(torch.full((len(x_t.mask),), value, device=x_t.mask.device))
            return -self.surprise(x_t, t, y)

        return log_probability
