"""Di4C: mixtures and their terms by enumeration, the fixed point, and a student against its teacher's exact law."""

import math
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from lightning_fabric import Fabric
from lightning_fabric.plugins.environments import LightningEnvironment
from torch import Tensor, nn

from sciml.analysis.exact_law import total_variation, unmasking_law
from sciml.config.models import TrainingConfig
from sciml.denoisers.latent_letters import LatentDenoiser
from sciml.denoisers.tabular import TabularDenoiser, states
from sciml.distillation.letters.mixture import MixtureObjective, divergence, log_joint, marginals
from sciml.processes.absorbing import Absorbing
from sciml.solvers.grids import uniform_grid
from sciml.solvers.letters.ancestral import Ancestral
from sciml.solvers.letters.mixed import Mixed
from sciml.training.fit import fit

F64 = torch.float64
LETTERS, LATENTS = 3, 4
PROCESS = Absorbing(LETTERS)
CORNERS = torch.randn(LATENTS, 2, LETTERS, generator=torch.Generator().manual_seed(0), dtype=F64) * 1.5
LAW = torch.einsum("ma,mb->ab", *CORNERS.softmax(-1).unbind(1)) / LATENTS  # a mixture, so that a student can be exact


def random_components(batch: int) -> Tensor:
    shape = batch, LATENTS, 2, LETTERS
    return torch.randn(shape, generator=torch.Generator().manual_seed(1), dtype=F64).mul(2).log_softmax(-1)


def drawn(law: Tensor, count: int) -> Tensor:
    index = torch.multinomial(law.flatten(), count, replacement=True, generator=torch.Generator().manual_seed(2))
    return torch.stack(torch.unravel_index(index, law.shape), 1)


def test_the_joint_law_of_a_mixture_is_its_mean_over_latents() -> None:
    every, components = states(LETTERS, 2), random_components(1)
    found = log_joint(components.expand(9, -1, -1, -1), every).exp().reshape(3, 3)
    exact = torch.einsum("ma,mb->ab", *components[0].exp().unbind(1)) / LATENTS
    torch.testing.assert_close(found, exact)
    torch.testing.assert_close(marginals(components)[0].exp(), torch.stack([exact.sum(1), exact.sum(0)]))


def test_the_control_variate_leaves_the_cross_entropy_as_it_is() -> None:
    """Exactly, where the marginals that are told are those of the draws: up to their entropy, which no student changes."""
    every, components = states(LETTERS, 2), random_components(1).expand(9, -1, -1, -1)
    told = torch.stack([LAW.sum(1), LAW.sum(0)])
    student = LatentDenoiser(nn.Identity(), PROCESS, LATENTS)
    terms = {
        use: MixtureObjective(student, TabularDenoiser(LAW, PROCESS), control_variate=use).joint_term(components, every)
        for use in (True, False)
    }
    plain, varied = ((LAW.flatten() * terms[use]).sum() for use in (False, True))
    entropy = -(told * told.log()).sum()
    torch.testing.assert_close(plain, varied + divergence(told, marginals(components)[0]) + entropy)


def test_a_product_has_no_correlations_to_learn() -> None:
    components = random_components(9)[:, :1]
    objective = MixtureObjective(LatentDenoiser(nn.Identity(), PROCESS, 1), TabularDenoiser(LAW, PROCESS))
    torch.testing.assert_close(objective.joint_term(components, states(LETTERS, 2)), torch.zeros(9, dtype=F64))


def test_divergence_is_that_of_products() -> None:
    p, q = (random_components(1)[0, k].exp() for k in (0, 1))
    joint_p, joint_q = (torch.outer(*each) for each in (p, q))
    torch.testing.assert_close(divergence(p, q.log()), (joint_p * (joint_p / joint_q).log()).sum())
    sure = torch.tensor([[0.0, 0.5, 0.5]], dtype=F64)
    impossible = torch.tensor([[-torch.inf, math.log(0.25), math.log(0.75)]], dtype=F64)
    assert divergence(sure, impossible).item() == pytest.approx(0.5 * math.log(2) + 0.5 * math.log(2 / 3))


class Exact(nn.Module):
    """Where all is masked the corners of the law, which are its parameters; where a letter is seen, the law given it."""

    def __init__(self) -> None:
        super().__init__()
        self.corners = nn.Parameter(CORNERS.float())

    def forward(self, x: Tensor, t: Tensor, cond: Any) -> Tensor:
        letters = x.argmax(-1)
        given = TabularDenoiser(LAW, PROCESS)(letters, t).log_probabilities.clamp(min=-1e4)
        masked = (letters == PROCESS.mask).all(1)
        return torch.where(masked[:, None, None], self.corners[cond], given.float())


@pytest.mark.parametrize("control_variate", [True, False])
def test_the_law_itself_is_a_fixed_point(control_variate: bool) -> None:
    """Neither consistency, by short steps of the teacher, nor data have a slope there."""
    net, generator = Exact(), torch.Generator().manual_seed(0)
    student = LatentDenoiser(net, PROCESS, LATENTS)
    objective = MixtureObjective(
        student, TabularDenoiser(LAW, PROCESS), delta=1e-6, share=0.02, control_variate=control_variate
    )
    tokens = drawn(LAW, 40 * 512).reshape(40, 512, 2)

    def squared_errors() -> float:
        """Mean over parameters of the squared mean gradient, in units of its variance: 1 where there is but noise."""
        slopes = torch.stack([torch.autograd.grad(objective(generator, part), net.corners)[0] for part in tokens])
        return float((slopes.mean(0).square() * 40 / slopes.var(0)).mean())

    assert squared_errors() < 2
    with torch.no_grad():
        net.corners += 0.5 * torch.randn(net.corners.shape, generator=generator)
    assert squared_errors() > 10


class Corrections(nn.Module):
    """Any logits for each latent and each state of two positions."""

    def __init__(self) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(3)
        self.logits = nn.Parameter(0.3 * torch.randn(LATENTS * 16, 2 * LETTERS, generator=generator))

    def forward(self, x: Tensor, t: Tensor, cond: Any) -> Tensor:
        state = (x.argmax(-1) * torch.tensor([4, 1])).sum(1)
        return F.embedding(16 * cond + state, self.logits).unflatten(1, (2, LETTERS))


@pytest.mark.parametrize("data_weight", [1.0, 0.0])
def test_a_student_of_half_the_steps_is_nearer_the_law_than_its_teacher(tmp_path: Path, data_weight: float) -> None:
    law = 0.8 * torch.eye(3, dtype=F64) / 3 + 0.2 * LAW
    teacher = TabularDenoiser(law, PROCESS)
    student = LatentDenoiser(Corrections(), PROCESS, LATENTS, teacher)
    objective = MixtureObjective(student, teacher, data_weight=data_weight)
    settings = TrainingConfig(steps=150, batch=128, rate=0.05, weight_decay=0.0, precision="32")
    fabric = Fabric(accelerator="cpu", devices=1, plugins=LightningEnvironment())
    fit(objective, (drawn(law, 20_000),), settings, seed=0, directory=tmp_path, fingerprint="", fabric=fabric)
    for steps in (1, 2):
        rival = unmasking_law(Ancestral(), teacher, 2, uniform_grid(PROCESS, 2 * steps))
        found = unmasking_law(Mixed(LATENTS), student, 2, uniform_grid(PROCESS, steps))
        assert total_variation(found, law) < total_variation(rival, law)


def test_bad_use_is_named() -> None:
    student, teacher = LatentDenoiser(nn.Identity(), PROCESS, 2), TabularDenoiser(LAW, PROCESS)
    with pytest.raises(ValueError, match="`delta` must lie in \\(0, 1\\), got 1.0"):
        MixtureObjective(student, teacher, delta=1.0)
    with pytest.raises(ValueError, match="`share` must lie in \\(0, 1\\), got 0"):
        MixtureObjective(student, teacher, share=0.0)
