"""What benchmarks/sequences.py measures, one function a figure."""

import math
from itertools import combinations, pairwise
from typing import Any

import torch
from scipy.optimize import brentq
from torch import Tensor, nn
from training import trained

from sciml.analysis.exact_law import total_variation, unmasking_law
from sciml.config.models import TrainingConfig
from sciml.denoisers.letters import LetterDenoiser
from sciml.denoisers.tabular import TabularDenoiser
from sciml.finetuning.drakes import DrakesObjective, Steering
from sciml.processes.absorbing import Absorbing
from sciml.sequences.data.gb1 import landscape
from sciml.sequences.data.sequence_set import SequenceSet
from sciml.solvers.grids import uniform_grid
from sciml.solvers.letters.ancestral import Ancestral
from sciml.solvers.letters.trapezoidal import Trapezoidal

# Total variation of the ancestral sampler to the law it samples, by steps: reference values of a separate program.
GB1_TV = {1: 0.459, 2: 0.243, 4: 0.126, 8: 0.064, 16: 0.032, 32: 0.016}
GB1_LOG_MEAN = 1.889 - 1.402  # log of the mean of exp(fitness): the exact reward less the divergence, at alpha 1
DNA_TV = {1: 0.394, 2: 0.215, 4: 0.113, 8: 0.058, 16: 0.029, 32: 0.015}


def tilted(reward: Tensor, alpha: float) -> Tensor:
    """exp(reward / alpha), normalised: what fine-tuning of a uniform law tends to."""
    return (reward / alpha).flatten().softmax(0).reshape(reward.shape)


def exact_errors(law: Tensor, steps: tuple[int, ...], solver: Any = None) -> dict[int, float]:
    """Total variation between a sampler's law and the data's, the denoiser being exact."""
    denoiser = TabularDenoiser(law, Absorbing(law.shape[0]))
    solver = solver or Ancestral()
    return {
        n: total_variation(unmasking_law(solver, denoiser, law.ndim, uniform_grid(denoiser.process, n)), denoiser.law)
        for n in steps
    }


def against_table(errors: dict[int, float], table: dict[int, float]) -> float:
    """The largest difference."""
    return max(abs(errors[n] - table[n]) for n in errors)


def slope(errors: dict[int, float]) -> float:
    """Of log error in log steps, between the two largest numbers of steps."""
    (a, b) = sorted(errors)[-2:]
    return math.log(errors[b] / errors[a]) / math.log(b / a)


def peaks_law(tokens: Tensor, length: int = 8) -> Tensor:
    """The law of a Markov chain of order two fitted to the middle of sequences, as a table."""
    middle = tokens[:, 30:70].long()
    triples = (middle[:, :-2] * 16 + middle[:, 1:-1] * 4 + middle[:, 2:]).flatten()
    counts = torch.ones(64, dtype=torch.float64).index_add(0, triples, torch.ones(triples.numel(), dtype=torch.float64))
    counts = counts.reshape(4, 4, 4)
    law, step = counts.sum(2) / counts.sum(), counts / counts.sum(-1, keepdim=True)
    for k in range(2, length):
        law = law[..., None] * step.reshape((1,) * (k - 2) + (4, 4, 4))
    return law


class Tables(nn.Module):
    """Any logits at each position, whatever the others are."""

    def __init__(self, positions: int, letters: int, seed: int) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.weights = nn.Parameter(torch.randn(positions, letters + 1, positions, letters, generator=generator))

    def forward(self, x: Tensor, t: Tensor, cond: Any = None) -> Tensor:
        return torch.einsum("bpv,pvql->bql", x, self.weights)


def divergence_error(steps: int = 3, letters: int = 3, positions: int = 3) -> float:
    """Largest difference, over one-hot states, of the divergence of a step from that of the two kernels enumerated."""
    process = Absorbing(letters)
    own, other = (LetterDenoiser(Tables(positions, letters, seed), process) for seed in (0, 1))
    objective = DrakesObjective(own, other, lambda x: x.sum((1, 2)), Steering(1.0, steps=steps, truncation=steps))
    worst, generator = 0.0, torch.Generator().manual_seed(0)
    solver_grid = uniform_grid(process, steps)
    with torch.no_grad():
        for t, s in pairwise(solver_grid):
            prompts = torch.randint(letters + 1, (64, positions), generator=generator)
            found = _one_step(objective, prompts, t, s, generator)
            kernels = [process.reverse(d(prompts, t).mean.double(), prompts, t, s) for d in (own, other)]
            exact = (kernels[0] * (kernels[0].clamp(min=1e-300) / kernels[1].clamp(min=1e-300)).log()).sum((1, 2))
            worst = max(worst, float((found - exact).abs().max()))
    return worst


def _one_step(objective: DrakesObjective, prompts: Tensor, t: Tensor, s: Tensor, generator: torch.Generator) -> Tensor:
    """The divergence that a rollout adds on one step."""
    whole = objective.grid
    objective.grid = torch.stack([t, s])
    found = objective.roll_out(generator, prompts).divergence.double()
    objective.grid = whole
    return found


class Perceptron(nn.Module):
    """A network for short aligned sequences: all letters at once."""

    def __init__(self, positions: int, letters: int, width: int = 128) -> None:
        super().__init__()
        self.shape = positions, letters
        sizes = positions * (letters + 1), width, width, positions * letters
        layers = [layer for a, b in pairwise(sizes) for layer in (nn.Linear(a, b), nn.GELU())][:-1]
        self.layers = nn.Sequential(*layers)
        nn.init.zeros_(layers[-1].weight)  # type: ignore[arg-type]
        nn.init.zeros_(layers[-1].bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor, t: Tensor, cond: Any = None) -> Tensor:
        return self.layers(x.flatten(1)).unflatten(1, self.shape)


class Uniform(nn.Module):
    """Where the perceptron begins, at no cost."""

    def __init__(self, positions: int, letters: int) -> None:
        super().__init__()
        self.shape = positions, letters

    def forward(self, x: Tensor, t: Tensor, cond: Any = None) -> Tensor:
        return x.new_zeros(len(x), *self.shape)


def table_reward(table: Tensor) -> Any:
    """A reward given as a table, and its multilinear slope: what each letter would bring, the others being as they are."""

    def reward(x: Tensor) -> Tensor:
        at = x.detach().argmax(-1).T
        value = table[tuple(at)]
        lines = [table.movedim(i, -1)[tuple(at[j] for j in range(len(at)) if j != i)] for i in range(len(at))]
        return sum((x[:, i] * line).sum(-1) for i, line in enumerate(lines)) - (len(at) - 1) * value

    return reward


def tuned_on_landscape(fitness: Tensor, *, seed: int, alpha: float = 1.0, steps: int = 700) -> dict[str, float]:
    """DRAKES from the uniform law on a measured landscape: reward and total variation of the law it ends with, exactly.

    Args:
        fitness: a table of a reward.
        seed: of weights and rollouts.
        alpha: of the divergence.
        steps: of training.
    """
    torch.manual_seed(seed)
    positions, letters = fitness.ndim, fitness.shape[0]
    process = Absorbing(letters)
    nets = Perceptron(positions, letters), Uniform(positions, letters)
    denoiser, reference = (LetterDenoiser(net, process) for net in nets)
    rollout = Steering(alpha, steps=positions, truncation=positions, checkpointing=False)
    objective = DrakesObjective(denoiser, reference, table_reward(fitness.float()), rollout)
    training = TrainingConfig(steps=steps, batch=512, rate=1.5e-2, weight_decay=0.0, precision="32")
    prompts = torch.full((training.batch, positions), process.mask)
    report = trained(objective, (prompts,), training, seed)
    law = unmasking_law(Ancestral(), denoiser, positions, uniform_grid(process, 16))
    target = tilted(fitness, alpha)
    return {
        "reward": float((law * fitness).sum()),
        "exact_reward": float((target * fitness).sum()),
        "tv": total_variation(law, target),
        "tv_before": total_variation(torch.full_like(target, 1 / target.numel()), target),
        "cpu_s": report.cpu_seconds,
    }


def fitness_table(sequences: SequenceSet) -> Tensor:
    """What was not measured counts 0."""
    return landscape(sequences).nan_to_num(0.0)


def simulated_landscape(generator: torch.Generator, sites: int = 4, letters: int = 20, highest: float = 8.76) -> Tensor:
    """What GB1 is like: most variants bind hardly, few well, by energies of sites and, half as large, of pairs of sites.

    Bound is a logistic function of the energy; its threshold is where log mean exp(fitness) is GB1's.
    """
    energy = torch.zeros((letters,) * sites, dtype=torch.float64)
    for size, deviation in ((1, 1.0), (2, 0.5)):
        for at in combinations(range(sites), size):
            own = torch.randn((letters,) * size, generator=generator, dtype=torch.float64)
            energy += deviation * own.reshape([letters if site in at else 1 for site in range(sites)])

    def fitness(threshold: float) -> Tensor:
        return highest * torch.sigmoid(energy - threshold)

    def excess(threshold: float) -> float:
        return float(fitness(threshold).flatten().logsumexp(0)) - math.log(energy.numel()) - GB1_LOG_MEAN

    return fitness(brentq(excess, -50.0, 50.0))


def second_order(law: Tensor) -> dict[str, dict[int, float]]:
    """Ancestral and trapezoidal sampling at equal calls."""
    pairs = exact_errors(law, (2, 4, 8), Trapezoidal())
    return {"ancestral": exact_errors(law, (4, 8, 16)), "trapezoidal": {2 * n: error for n, error in pairs.items()}}
