"""How many nodes graphs have that are led to a value: a sampler draws the size first, so it must know the value, too.

By Bayes' rule p(n | y) is proportional to p(n) p(y | n), and p(y | n) is the mean of p(y | x_1) over states of noise of n
nodes. With weight w of the guide, p(n) (mean of p(y | x_1))^w.
"""

import torch
from torch import Generator, Tensor

from sciml.graphs.generator import GraphGenerator
from sciml.guidance.classifier import LogProbability

DRAWS = 8
LEAST = -600.0  # logarithm of the least factor: what is hardly possible stays possible


@torch.no_grad()
def led_sizes(model: GraphGenerator, log_probability: LogProbability, weight: float, *, generator: Generator) -> Tensor:
    """Weights of graphs with 0, 1, 2, ... nodes, (size,), float64: the model's counts times factors of at most 1.

    Args:
        model: whose sizes and prior are meant.
        log_probability: log p(y | x_t) up to a constant.
        weight: w, finite.
        generator: source of randomness, on the device of the model.
    """
    seen, one = model.sizes.nonzero().flatten(), torch.ones((), dtype=torch.float64, device=model.sizes.device)

    def log_mean(size: int) -> Tensor:
        blank = model.representation.blank(torch.ones(DRAWS, size, dtype=torch.bool, device=seen.device))
        return log_probability(model.process.prior(blank, generator=generator), one).double().logsumexp(0)

    logs = weight * torch.stack([log_mean(size) for size in seen.tolist()])
    counts = model.sizes.double()
    counts[seen] *= (logs - logs.max()).clamp(min=LEAST).exp()
    return counts
