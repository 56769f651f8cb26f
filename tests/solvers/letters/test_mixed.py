"""Mixtures of letters: one step against the mixture written out, exact laws against what is drawn."""

import math

import pytest
import torch
from torch import Tensor, nn

from sciml.analysis.exact_law import dense_law, unmasking_law
from sciml.denoisers.latent_letters import Given, LatentDenoiser
from sciml.denoisers.letters import LetterDenoiser
from sciml.denoisers.tabular import TabularDenoiser
from sciml.processes.absorbing import Absorbing
from sciml.processes.jump import JumpProcess
from sciml.processes.uniform_jump import UniformJump
from sciml.solvers.grids import uniform_grid
from sciml.solvers.integrate import integrate
from sciml.solvers.letters.ancestral import Ancestral
from sciml.solvers.letters.mixed import Mixed

LATENTS = 4


class Tables(nn.Module):
    """Any logits for each latent, and what is seen."""

    def __init__(self, process: JumpProcess, positions: int = 2, latents: int = LATENTS) -> None:
        super().__init__()
        shape = latents, positions, process.vocabulary, positions, process.letters
        self.weights = 1.5 * torch.randn(shape, generator=torch.Generator().manual_seed(0))

    def forward(self, x: Tensor, t: Tensor, cond: Tensor | None) -> Tensor:
        weights = self.weights[0].expand(len(x), *self.weights.shape[1:]) if cond is None else self.weights[cond]
        return torch.einsum("bpv,bpvql->bql", x, weights)


def student(process: JumpProcess, latents: int = LATENTS) -> LatentDenoiser:
    return LatentDenoiser(Tables(process, latents=latents), process, latents)


def test_one_step_is_the_mixture() -> None:
    process = Absorbing(3)
    masked = torch.full((1, 2), process.mask)
    each = student(process)(masked, torch.ones(())).components[0].exp()
    exact = torch.einsum("ma,mb->ab", each[:, 0], each[:, 1]) / LATENTS
    found = unmasking_law(Mixed(LATENTS), student(process), 2, uniform_grid(process, 1))
    torch.testing.assert_close(found.float(), exact)
    product = unmasking_law(Ancestral(), student(process), 2, uniform_grid(process, 1))
    torch.testing.assert_close(product.float(), torch.outer(exact.sum(1), exact.sum(0)))
    assert (found - product).abs().max() > 0.01


def test_two_ways_to_the_law_agree() -> None:
    process = Absorbing(3)
    grid = uniform_grid(process, 3)
    dense = dense_law(Mixed(LATENTS), student(process), 2, grid)
    assert dense.sum().item() == pytest.approx(1, abs=1e-6)
    torch.testing.assert_close(unmasking_law(Mixed(LATENTS), student(process), 2, grid), dense[:3, :3], rtol=0, atol=1e-6)


@pytest.mark.parametrize("process", [Absorbing(3), UniformJump(3)])
def test_what_is_drawn_has_the_law_that_is_computed(process: JumpProcess) -> None:
    grid, count, generator = uniform_grid(process, 2), 30_000, torch.Generator().manual_seed(0)
    x = process.prior((count, 2), generator=generator)
    x = integrate(Mixed(LATENTS), student(process), x, grid, generator=generator)
    found = torch.bincount((x * torch.tensor([3, 1])).sum(1), minlength=9) / count
    exact = dense_law(Mixed(LATENTS), student(process), 2, grid)[:3, :3].flatten()
    assert (found - exact).abs().max() < 4 * math.sqrt(0.25 / count)


@pytest.mark.parametrize("process", [Absorbing(3), UniformJump(3)])
def test_one_latent_is_a_denoiser_of_independent_letters(process: JumpProcess) -> None:
    net = Tables(process, latents=1)
    x, t = torch.tensor([[0, 2], [1, 1]]), torch.tensor(0.5)
    plain = LetterDenoiser(net, process)(x, t).mean
    torch.testing.assert_close(LatentDenoiser(net, process, 1)(x, t).mean, plain)
    torch.testing.assert_close(Given(LatentDenoiser(net, process, 1), 0)(x, t).mean, plain)


def test_the_student_begins_as_its_base() -> None:
    law = torch.rand(3, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    process = Absorbing(3)
    net, teacher = Tables(process), TabularDenoiser(law, process)
    net.weights.zero_()
    denoiser = LatentDenoiser(net, process, LATENTS, teacher)
    grid = uniform_grid(process, 2)
    torch.testing.assert_close(
        unmasking_law(Mixed(LATENTS), denoiser, 2, grid), unmasking_law(Ancestral(), teacher, 2, grid), rtol=0, atol=1e-6
    )
    assert not dict(denoiser.named_buffers())  # the base is not a part of the student


def test_a_condition_reaches_the_net_with_each_latent() -> None:
    heard = []

    class Listening(nn.Module):
        def forward(self, x: Tensor, t: Tensor, cond: tuple[Tensor, Tensor]) -> Tensor:
            heard.append([part.tolist() for part in cond])
            return x.new_zeros(len(x), 2, 3)

    denoiser = LatentDenoiser(Listening(), Absorbing(3), 2)
    assert denoiser(torch.zeros(2, 2, dtype=torch.long), torch.ones(()), torch.tensor([5, 7])).mean.shape == (2, 2, 3)
    assert heard == [[[5, 5, 7, 7], [0, 1, 0, 1]]]


def test_bad_use_is_named() -> None:
    with pytest.raises(ValueError, match="`latents` must be at least 1, got 0"):
        student(Absorbing(3), 0)
    teacher = TabularDenoiser(torch.ones(3, 3), Absorbing(3))
    with pytest.raises(TypeError, match="`denoiser` must say LatentLetters, got Categorical"):
        unmasking_law(Mixed(2), teacher, 2, uniform_grid(teacher.process, 2))
