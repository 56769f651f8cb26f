"""Jump processes of letters against the matrix exponential of their rates, and against Bayes' rule."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.linalg import expm

from sciml.processes.absorbing import Absorbing
from sciml.processes.jump import JumpProcess
from sciml.processes.jump_schedule import Cosine, Geometric, JumpSchedule, LogLinear
from sciml.processes.uniform_jump import UniformJump

SCHEDULES = [LogLinear(), LogLinear(1e-3), Cosine(), Geometric(), Geometric(0.1, 8.0)]
PROCESSES = [kind(3, schedule) for kind in (Absorbing, UniformJump) for schedule in SCHEDULES]
T = torch.tensor([0.05, 0.3, 0.7, 0.99], dtype=torch.float64)


def generator_matrix(process: JumpProcess) -> np.ndarray:
    """Forward rates by unit of -log alpha."""
    n = process.vocabulary
    q = np.zeros((n, n))
    if process.absorbing:
        q[: n - 1, -1], q[range(n - 1), range(n - 1)] = 1, -1
    else:
        q += 1 / n - np.eye(n)
    return q


def transitions(process: JumpProcess, t: float, s: float) -> np.ndarray:
    """q(x_t | x_s), a row for each x_s."""
    alpha = process.schedule.alpha(torch.tensor([s, t], dtype=torch.float64))
    return expm(generator_matrix(process) * float(alpha[0].log() - alpha[1].log()))


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_schedules_begin_in_the_data_and_are_inverted(schedule: JumpSchedule) -> None:
    t = torch.linspace(0, 1, 21, dtype=torch.float64, requires_grad=True)
    alpha = schedule.alpha(t)
    assert alpha[0].item() == 1 and (alpha.diff() < 0).all() and alpha[-1] < 2e-3
    torch.testing.assert_close(schedule.t_of_alpha(alpha)[:15], t[:15], rtol=1e-9, atol=1e-12)
    (slope,) = torch.autograd.grad(alpha.sum(), t)
    torch.testing.assert_close(schedule.alpha_dot(t), slope)


@pytest.mark.parametrize("process", PROCESSES)
def test_perturbed_letters_have_the_marginals_of_the_chain(process: JumpProcess) -> None:
    generator = torch.Generator().manual_seed(0)
    t = torch.tensor(0.4, dtype=torch.float64)
    x_0 = torch.arange(3).expand(40_000, 3)
    x_t = process.perturb(x_0, t, generator=generator)
    seen = torch.stack([torch.bincount(x_t[:, k], minlength=process.vocabulary) / len(x_t) for k in range(3)])
    exact = transitions(process, 0.4, 0.0)[:3]
    np.testing.assert_allclose(seen.numpy(), exact, atol=4 * 0.5 / 200)


@pytest.mark.parametrize("process", PROCESSES)
@pytest.mark.parametrize(("t", "s"), [(0.6, 0.2), (0.9, 0.85), (0.5, 0.0)])
def test_the_reverse_is_bayes_rule(process: JumpProcess, t: float, s: float) -> None:
    p_0 = torch.tensor([0.2, 0.5, 0.3], dtype=torch.float64)
    first, second = transitions(process, s, 0.0)[:3], transitions(process, t, s)
    times = torch.tensor([t, s], dtype=torch.float64)
    for x_t in range(process.vocabulary):
        joint = p_0.numpy()[:, None] * first * second[:, x_t]  # x_0, x_s
        at = torch.tensor([[x_t]])
        posterior = F.one_hot(at, 3).double() if process.absorbing and x_t < 3 else None
        if posterior is None:
            weighed = p_0 * process.evidence(at, times[0]).double().exp()[0, 0]
            posterior = (weighed / weighed.sum())[None, None]
        if joint.sum() == 0:
            continue
        found = process.reverse(posterior, at, *times)
        np.testing.assert_allclose(found[0, 0].numpy(), joint.sum(0) / joint.sum(), atol=2e-7)


@pytest.mark.parametrize("process", PROCESSES)
def test_the_rates_are_the_reverse_of_a_short_step(process: JumpProcess) -> None:
    p = torch.tensor([[[0.2, 0.5, 0.3]]], dtype=torch.float64)
    t, short = torch.tensor(0.5, dtype=torch.float64), 1e-6
    for x_t in range(process.vocabulary):
        at = torch.tensor([[x_t]])
        if process.absorbing and x_t < 3:
            assert process.rates(p, at, t).sum() == 0
            continue
        step = process.reverse(p, at, t, t - short)[0, 0]
        rates = process.clock_rate(t) * process.rates(p, at, t)[0, 0] * short
        rates[x_t] = 1 - rates.sum()
        torch.testing.assert_close(rates, step, rtol=0, atol=1e-9)
        torch.testing.assert_close(
            process.clock(t) - process.clock(t - short), process.clock_rate(t) * short, rtol=1e-4, atol=0
        )
    torch.testing.assert_close(process.t_of_clock(process.clock(T)), T)


@pytest.mark.parametrize("process", [Absorbing(3), UniformJump(3)])
def test_bridges_and_priors_are_drawn_as_said(process: JumpProcess) -> None:
    generator = torch.Generator().manual_seed(1)
    t, s = torch.tensor([0.8, 0.3], dtype=torch.float64)
    prior = process.prior((30_000, 1), generator=generator)
    x_0 = torch.full((30_000, 1), 2)
    known = F.one_hot(x_0[:1], 3).double()
    for x_t in prior.unique():
        drawn = process.bridge(x_0, torch.full_like(x_0, x_t), t, s, generator=generator)
        share = torch.bincount(drawn[:, 0], minlength=process.vocabulary) / len(drawn)
        exact = process.reverse(known, x_t.reshape(1, 1), t, s)[0, 0]
        torch.testing.assert_close(share.double(), exact, rtol=0, atol=0.012)
    if not process.absorbing:
        assert (torch.bincount(prior[:, 0]) / 30_000 - 1 / 3).abs().max() < 0.012


def test_times_may_differ_from_position_to_position() -> None:
    generator = torch.Generator().manual_seed(0)
    t = torch.tensor([[0.0, 1.0, 0.0]], dtype=torch.float64).expand(5, 3)
    assert Absorbing(4).perturb(torch.zeros(5, 3, dtype=torch.long), t, generator=generator).tolist() == [[0, 4, 0]] * 5


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: LogLinear(1.0), "`eps` must lie in [0, 1), got 1.0"),
        (lambda: Geometric(2.0, 1.0), "`low` must be positive and below `high`, got 2.0 and 1.0"),
    ],
)
def test_bad_schedules_are_named(make, message: str) -> None:
    with pytest.raises(ValueError) as raised:
        make()
    assert str(raised.value) == message
