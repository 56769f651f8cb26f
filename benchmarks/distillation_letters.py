"""LSD, LSD+ and Di4C on laws that are known, one function a figure: every total variation here is exact, none is sampled.

The denoiser is the exact one, so that what is measured is the sampler's error alone. Students learn from draws of the law,
as a teacher of very many steps makes them.
"""

from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from kept_students import keep, take_up
from torch import Tensor, nn
from training import trained

from sciml.analysis.exact_law import dense_law, total_variation, unmasking_law
from sciml.config.models import TrainingConfig
from sciml.denoisers.latent_letters import LatentDenoiser
from sciml.denoisers.tabular import TabularDenoiser
from sciml.distillation.letters.mixture import MixtureObjective
from sciml.distillation.letters.scalars import ScalarsObjective
from sciml.processes.absorbing import Absorbing
from sciml.processes.jump import JumpProcess
from sciml.solvers.grids import uniform_grid
from sciml.solvers.letters.ancestral import Ancestral
from sciml.solvers.letters.first_hitting import FirstHitting
from sciml.solvers.letters.mixed import Mixed
from sciml.solvers.letters.tau_leaping import EulerJumps, TauLeaping

RIVALS: dict[str, Any] = {"euler": EulerJumps(), "tau_leaping": TauLeaping(), "tweedie": Ancestral()}
DRAWS = 50_000
CPU_SECONDS = 45.0  # of a student's training


def correlated_law(positions: int = 4, letters: int = 3, power: float = 4.0) -> Tensor:
    """A table of which few entries have most of the mass, and nothing to order positions by."""
    generator = torch.Generator().manual_seed(0)
    law = torch.rand([letters] * positions, generator=generator, dtype=torch.float64) ** power
    return law / law.sum()


def draws(law: Tensor, seed: int, count: int = DRAWS) -> Tensor:
    """Samples of a law given as a table, (count, position)."""
    index = torch.multinomial(law.flatten(), count, replacement=True, generator=torch.Generator().manual_seed(seed))
    return torch.stack(torch.unravel_index(index, law.shape), 1)


def law_of(solver: Any, denoiser: Any, positions: int, grid: Tensor) -> Tensor:
    """The law of a sampler by whichever way is fit for the process."""
    way = unmasking_law if isinstance(denoiser.process, Absorbing) else dense_law
    return way(solver, denoiser, positions, grid).detach()


def lsd(law: Tensor, process: JumpProcess, *, seed: int, calls: int = 4, steps: int = 300) -> dict[str, Any]:
    """Total variation of LSD, LSD+, and LSD+ without exponents, beside the plain samplers at equal steps in t.

    Under masking also first-hitting, which reveals a fixed number in each call: exact with a call for each position.

    Args:
        law: a table.
        process: masking, or uniform jumps.
        seed: of draws and training.
        calls: of the student and its rivals.
        steps: of training.
    """
    denoiser, grid = TabularDenoiser(law, process).requires_grad_(False), uniform_grid(process, calls)
    rivals = RIVALS | ({"first_hitting": FirstHitting()} if process.absorbing else {})
    found: dict[str, Any] = {
        name: total_variation(law_of(solver, denoiser, law.ndim, grid), denoiser.law) for name, solver in rivals.items()
    }
    choices = {"lsd": {"times": False}, "lsd_plus": {}, "lsd_plus_rates_only": {"sharpening": False}}
    for name, chosen in choices.items():
        objective = ScalarsObjective(denoiser, grid, **chosen)
        training = TrainingConfig(steps=steps, batch=128, rate=5e-2, weight_decay=0.0, precision="32")
        report = trained(objective, (draws(law, seed),), training, seed)
        with torch.no_grad():
            student = objective.solver
            found[name] = total_variation(law_of(student, denoiser, law.ndim, objective.grid), denoiser.law)
        found[f"{name}_cpu_s"] = report.cpu_seconds
        found[f"{name}_scalars"] = {name: getattr(student, name).tolist() for name in ("grid", "rates", "sharpness")}
    return found | {"lsd_tv_ratio": found["lsd_plus"] / found["euler"]}


class LatentPerceptron(nn.Module):
    """All letters at once, and the latent; of one masked position alone nothing, for it has none to agree with."""

    def __init__(self, positions: int, letters: int, latents: int, width: int = 128) -> None:
        super().__init__()
        self.shape = positions, letters
        self.latent = nn.Embedding(latents, width)
        sizes = positions * (letters + 1), width, width, positions * letters
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(sizes))
        nn.init.normal_(self.layers[-1].weight, std=0.01)  # type: ignore[arg-type]
        nn.init.zeros_(self.layers[-1].bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor, t: Tensor, cond: Tensor) -> Tensor:
        others = (x[..., -1].sum(1) - 1).clamp(min=0) / (self.shape[0] - 1)
        h = F.gelu(self.layers[0](x.flatten(1)) + self.latent(cond))
        h = F.gelu(self.layers[1](h) + h)
        return self.layers[2](h).unflatten(1, self.shape) * others[:, None, None]


def di4c(
    law: Tensor,
    *,
    seed: int,
    calls: tuple[int, ...] = (1, 2, 4),
    latents: int = 16,
    kept: Path | None = None,
    again: bool = False,
    **terms: Any,
) -> dict[str, Any]:
    """Total variation of one masked student at N steps, beside its teacher's at N and at 2 N.

    Args:
        law: a table.
        seed: of draws, weights and training.
        calls: N.
        latents: M.
        kept: file for the student's weights.
        again: whether they are taken from there, instead of being trained and put there.
        terms: of `MixtureObjective`.
    """
    torch.manual_seed(seed)
    teacher = TabularDenoiser(law, Absorbing(law.shape[0]))
    net = LatentPerceptron(law.ndim, law.shape[0], latents)
    student = LatentDenoiser(net, teacher.process, latents, teacher)
    if again and kept is not None:
        seconds = take_up(kept, net)
    else:
        training = TrainingConfig(cpu_seconds=CPU_SECONDS, batch=128, rate=1e-2, weight_decay=0.0, precision="32")
        objective = MixtureObjective(student, teacher, **({"share": 0.1} | terms))
        seconds = trained(objective, (draws(law, seed),), training, seed).cpu_seconds
        if kept is not None:
            keep(kept, net, seconds)
    found: dict[str, Any] = {"latents": latents, "cpu_s": seconds}
    for n in calls:
        rivals = [law_of(Ancestral(), teacher, law.ndim, uniform_grid(teacher.process, k)) for k in (n, 2 * n)]
        own = law_of(Mixed(latents), student, law.ndim, uniform_grid(teacher.process, n))
        student_tv, same_tv, twice_tv = (total_variation(each, teacher.law) for each in (own, *rivals))
        found[f"{n}"] = {"student": student_tv, "teacher_same": same_tv, "teacher_twice": twice_tv}
    return found | {"di4c_tv_ratio": {str(n): found[f"{n}"]["student"] / found[f"{n}"]["teacher_twice"] for n in calls}}
