"""Experts: an exact law, and an objective whose gradient is that of the divergence."""

import math

import pytest
import torch
from torch import Generator, nn
from torch.distributions import Categorical, MixtureSameFamily, MultivariateNormal, kl_divergence

from sciml.denoisers.gaussian import GaussianDenoiser
from sciml.denoisers.mixture import MixtureDenoiser
from sciml.distillation.experts import GaussianExperts
from sciml.distillation.variational import VariationalObjective
from sciml.processes.ve import VE


def source(seed: int = 0) -> Generator:
    return Generator().manual_seed(seed)


def drawn(experts: int = 3, size: int = 2, seed: int = 0) -> GaussianExperts:
    student = GaussianExperts(experts, size).double()
    assert student.free is not None
    nn.init.normal_(student.free, generator=source(seed))
    return student


def reference(student: GaussianExperts) -> MixtureSameFamily:
    said = student()
    return MixtureSameFamily(
        Categorical(logits=said.log_weights[0]), MultivariateNormal(said.means[0], scale_tril=said.factors[0])
    )


def test_the_density_is_that_of_the_mixture() -> None:
    student, x = drawn(size=3), torch.randn(50, 3, generator=source(), dtype=torch.float64)
    torch.testing.assert_close(student.log_prob(x), reference(student).log_prob(x))
    entropies = reference(student).component_distribution.entropy()
    torch.testing.assert_close(student().entropies()[0], entropies)


def test_corrupted_it_is_the_law_of_the_corrupted() -> None:
    student, x = drawn(), torch.randn(50, 2, generator=source(), dtype=torch.float64)
    found = student().corrupted(torch.tensor(0.7), torch.tensor(0.3).double()).log_joint(x[None])[0].logsumexp(-1)
    said = student()
    law = MultivariateNormal(0.7 * said.means[0], 0.49 * said.factors[0] @ said.factors[0].mT + 0.09 * torch.eye(2))
    expected = MixtureSameFamily(Categorical(logits=said.log_weights[0]), law).log_prob(x)
    torch.testing.assert_close(found, expected, rtol=1e-6, atol=1e-6)


def test_samples_have_the_moments_of_the_mixture() -> None:
    student = drawn()
    x, law = student.sample(200_000, generator=source()), reference(student)
    error = 4 * law.variance.sqrt() / math.sqrt(len(x))
    assert ((x.mean(0) - law.mean).abs() < error).all()
    torch.testing.assert_close(x.var(0), law.variance.detach(), rtol=0.05, atol=0)


def test_each_condition_has_a_mixture_of_its_own() -> None:
    net = nn.Linear(1, 2 * 6).double()
    student, cond = GaussianExperts(2, 2, net).double(), torch.tensor([[0.0], [3.0]], dtype=torch.float64)
    x = torch.randn(2, 2, generator=source(), dtype=torch.float64)
    each = [student.log_prob(x[k : k + 1], cond[k : k + 1]) for k in range(2)]
    torch.testing.assert_close(student.log_prob(x, cond), torch.cat(each))
    many = student.sample(40_000, generator=source(), cond=cond[1:].expand(40_000, 1))
    said = student(cond[1:])
    mean = (said.log_weights.exp()[0, :, None] * said.means[0]).sum(0)
    torch.testing.assert_close(many.mean(0), mean.detach(), rtol=0.05, atol=0.05)
    with pytest.raises(ValueError, match="`start` is of experts without a condition"):
        student.start(torch.zeros(2, 2), 1.0)


def test_as_a_denoiser_it_is_that_of_its_mixture() -> None:
    student, process = drawn(), VE(0.01, 50.0)
    said, x, t = student(), torch.randn(9, 2, generator=source(), dtype=torch.float64), torch.tensor(0.4)
    covariances = (said.factors @ said.factors.mT)[0].detach()
    expected = MixtureDenoiser(process, said.log_weights[0].exp().detach(), said.means[0].detach(), covariances)
    torch.testing.assert_close(student.denoiser(process)(x, t).mean, expected(x, t).mean)


def test_the_gradient_is_that_of_the_divergence_of_the_corrupted_laws() -> None:
    """One expert and a Gaussian teacher: KL(q_t || p_t) in closed form."""
    process, level = VE(0.01, 50.0), 0.5
    mean, covariance = torch.tensor([0.5, -1.0]).double(), torch.tensor([[1.0, 0.3], [0.3, 0.5]]).double()
    student = drawn(1)
    objective = VariationalObjective(
        student, GaussianDenoiser(process, mean, covariance), first=level, last=level, draws=400_000
    )
    objective(source(), torch.zeros(1, 2, dtype=torch.float64)).backward()
    assert student.free is not None and student.free.grad is not None
    found, student.free.grad = student.free.grad.clone(), None
    said, more = student(), level**2 * torch.eye(2)
    q = MultivariateNormal(said.means[0, 0], (said.factors @ said.factors.mT)[0, 0] + more)
    kl_divergence(q, MultivariateNormal(mean, covariance + more)).backward()
    torch.testing.assert_close(found, student.free.grad, rtol=0.02, atol=0.02)


def test_weights_follow_the_data_and_all_modes_are_found() -> None:
    """Two modes of unequal weight, four experts."""
    process = VE(0.01, 50.0)
    means = torch.tensor([[2.0, 0.0], [-2.0, 0.0]]).double()
    teacher = MixtureDenoiser(process, torch.tensor([0.8, 0.2]).double(), means, torch.full((2,), 0.04).double())
    data = teacher.sample(4000, generator=source(1))
    student = GaussianExperts(4, 2).double()
    student.start(torch.randn(4, 2, generator=source(2), dtype=torch.float64), 1.0)
    objective = VariationalObjective(student, teacher, first=2.0, last=0.05)
    optimizer, noise, steps = torch.optim.Adam(student.parameters(), 3e-2), source(3), 500
    for k in range(steps):
        objective.advance(k / steps)
        optimizer.param_groups[0]["lr"] = 3e-2 * (1 - k / steps)
        optimizer.zero_grad()
        objective(noise, data[torch.randint(len(data), (256,), generator=noise)]).backward()
        optimizer.step()
    test = teacher.sample(4000, generator=source(4))
    exact = teacher.log_prob(test, torch.zeros((), dtype=torch.float64))
    assert (exact - student.log_prob(test)).mean().item() < 0.02


def test_bad_settings_are_named() -> None:
    with pytest.raises(ValueError, match="`experts` and `size` must be at least 1, got 0 and 2"):
        GaussianExperts(0, 2)
    with pytest.raises(ValueError, match="`first` must be at least `last` and that above 0, got 0.1 and 0.2"):
        VariationalObjective(drawn(), GaussianDenoiser(VE(), torch.zeros(2), torch.eye(2)), first=0.1, last=0.2)
    for first, last, level in ((1e4, 0.1, "10000"), (1.0, 1e-5, "1e-05")):
        with pytest.raises(
            ValueError, match=f"`first` and `last` must be noise that the teacher's process has, got {level}"
        ):
            VariationalObjective(drawn(), GaussianDenoiser(VE(), torch.zeros(2), torch.eye(2)), first=first, last=last)
