"""The bounds of the log-likelihood are attained by exact denoisers."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from sciml.denoisers.letters import LetterDenoiser
from sciml.denoisers.tabular import TabularDenoiser, states
from sciml.losses.letters import LetterObjective, _of_jumps, log_likelihood
from sciml.processes.absorbing import Absorbing
from sciml.processes.jump_schedule import Cosine, Geometric, LogLinear
from sciml.processes.uniform_jump import UniformJump


def law(positions: int = 3) -> Tensor:
    table = torch.rand([3] * positions, generator=torch.Generator().manual_seed(0), dtype=torch.float64) ** 2
    return table / table.sum()


@pytest.mark.parametrize("schedule", [LogLinear(), Cosine(), Geometric()])
def test_under_masking_an_exact_denoiser_attains_the_log_likelihood(schedule) -> None:
    """Of each sequence, not on average only: letters come one at a time, in any order."""
    table = law()
    found = log_likelihood(
        TabularDenoiser(table, Absorbing(3, schedule)),
        states(3, 3),
        generator=torch.Generator().manual_seed(0),
        draws=20_000,
    )
    assert (found - table.flatten().log()).abs().max() < 0.05
    assert -(table.flatten() * found).sum().item() == pytest.approx(-(table * table.log()).sum().item(), abs=0.006)


def test_under_uniform_jumps_the_mean_is_the_entropy() -> None:
    """The density over all times, by quadrature, and all states."""
    table, process = law(), UniformJump(3, LogLinear())
    denoiser, every = TabularDenoiser(table, process), states(3, 3)
    x_0, x_t = every.repeat_interleave(27, 0), every.repeat(27, 1)
    nodes, weights = np.polynomial.legendre.leggauss(40)
    total = 0.0
    for u, weight in zip((nodes + 1) / 2, weights / 2, strict=True):
        t = torch.tensor(u**3, dtype=torch.float64)
        q = process.evidence(x_t, t).double().exp().gather(-1, x_0[..., None])[..., 0].prod(-1)
        density = _of_jumps(process, denoiser(x_t, t).mean, x_0, x_t, t.expand(len(x_t)))
        total += weight * 3 * u**2 * (table.flatten().repeat_interleave(27) * q * density).sum().item()
    assert total == pytest.approx(-(table * table.log()).sum().item(), abs=1e-5)


class Flat(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.logits = nn.Parameter(torch.zeros(4))
        self.told: list[Tensor] = []

    def forward(self, x: Tensor, t: Tensor, cond: Tensor | None = None) -> Tensor:
        if cond is not None:
            self.told.append(cond)
        return self.logits.expand(*x.shape[:2], -1)


@pytest.mark.parametrize("process", [Absorbing(4), UniformJump(4)])
def test_who_knows_nothing_pays_log_k_a_letter(process) -> None:
    """Under masking; under uniform jumps what is left at the end, 1e-3 of the data, is not counted."""
    objective = LetterObjective(LetterDenoiser(Flat(), process))
    generator = torch.Generator().manual_seed(0)
    tokens = torch.randint(4, (20_000, 10), generator=generator).to(torch.uint8)
    with torch.no_grad():
        assert objective(generator, tokens).item() == pytest.approx(math.log(4), abs=0.02)


def test_a_share_of_the_samples_is_not_told_its_class() -> None:
    objective = LetterObjective(LetterDenoiser(net := Flat(), Absorbing(4)), untold=0.25)
    generator = torch.Generator().manual_seed(0)
    objective(generator, torch.zeros(8000, 2, dtype=torch.uint8), torch.full((8000,), 5))
    assert sorted(net.told[0].unique().tolist()) == [-1, 5]
    assert (net.told[0] == -1).float().mean().item() == pytest.approx(0.25, abs=0.02)
