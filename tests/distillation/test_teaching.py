"""Students of every method come nearer to where their teacher's flow leads than the teacher does in as few steps."""

import time
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Generator, Tensor, nn

from sciml.config.base import parse
from sciml.config.distillation import StudentConfig
from sciml.denoisers.gaussian import GaussianDenoiser
from sciml.denoisers.network import NetworkDenoiser
from sciml.distillation.consistency_training import ConsistencyTrainingObjective
from sciml.distillation.teaching import Course, teach
from sciml.io.errors import InputError
from sciml.io.events import read_events
from sciml.processes.parameterisation import Parameterisation
from sciml.processes.vp import VPCosine
from sciml.solvers.configured import configured
from sciml.solvers.ddim import ddim
from sciml.solvers.grids import Grid, uniform_grid
from sciml.solvers.integrate import integrate
from sciml.training.signals import Stopped

PROCESS = VPCosine()
TRAINING = {"steps": 90, "batch": 32, "rate": 5e-3, "precision": "32", "weight_decay": 0.0}
METHODS = {
    "regression": {"kind": "regression", "pairs": 256, "solver": {"name": "ddim", "steps": 8}},
    "consistency": {"kind": "consistency", "chain": 3, "states": 2},
    "progressive": {"kind": "progressive", "rounds": 3},
    "pid": {"kind": "pid", "intervals": 50},
    "boot": {"kind": "boot", "intervals": 50},
}


class Net(nn.Module):
    """Two numbers, a time and a condition of one number."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(4, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 2))

    def forward(self, x: Tensor, t: Tensor, cond: Tensor) -> Tensor:
        return self.layers(torch.cat([x, t[:, None], cond], 1))


def made(seed: int = 0) -> NetworkDenoiser:
    """A teacher whose flow is far from straight."""
    torch.manual_seed(seed)
    teacher = NetworkDenoiser(Net(), PROCESS, Parameterisation.X0)
    with torch.no_grad():
        for parameter in teacher.parameters():
            parameter.mul_(2)
    return teacher.eval()


def grid(steps: int) -> Grid:
    return uniform_grid(PROCESS, steps, t_end=0.0)


def course(directory: Path) -> Course:
    noise = Generator().manual_seed(1)
    rows = (torch.randn(256, 2, generator=noise), torch.randn(256, 1, generator=noise))
    return Course(rows, lambda x, cond: (x, cond), grid, directory, "f", weight=torch.tensor([1.0, 2.0]))


def ends(denoiser: NetworkDenoiser, steps: int) -> Tensor:
    noise = Generator().manual_seed(2)
    x, cond = torch.randn(512, 2, generator=noise), torch.randn(512, 1, generator=noise)
    with torch.no_grad():
        return integrate(ddim(), denoiser, x, grid(steps), cond=cond)


@pytest.mark.parametrize(
    ("method", "calls"),
    [("regression", 1), ("regression", 2), ("consistency", 1), ("progressive", 1), ("pid", 1), ("boot", 1)],
)
def test_a_student_is_nearer_to_its_teacher(method: str, calls: int, tmp_path: Path) -> None:
    config = parse(StudentConfig, {"teacher": "t", "calls": calls, "method": METHODS[method], "training": TRAINING}, "f")
    teacher = made()
    before, student = deepcopy(teacher.state_dict()), deepcopy(teacher)
    reports = teach(config, teacher, student, course(tmp_path), seed=0)
    assert sum(report.steps for report in reports) == 90
    ended = [event["step"] for event in read_events(tmp_path / "events.jsonl") if event["event"] == "end"]
    assert ended == [30, 60, 90] if method == "progressive" else ended == [90]
    assert all(torch.equal(before[name], value) for name, value in teacher.state_dict().items())
    goal = ends(teacher, 8 if method == "regression" else 100)
    wrong = [(ends(one, calls) - goal).square().mean().sqrt() for one in (student, teacher)]
    assert wrong[0] < (0.5 if method == "regression" else 0.75) * wrong[1]


def test_consistency_training_is_told_its_progress_and_leaves_the_teacher(tmp_path: Path) -> None:
    """The gap of its times closes as it goes."""
    training = TRAINING | {"steps": 9}
    config = parse(StudentConfig, {"teacher": "t", "method": {"kind": "consistency_training"}, "training": training}, "f")
    shares: list[float] = []
    told = ConsistencyTrainingObjective.advance

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ConsistencyTrainingObjective, "advance", lambda self, share: (shares.append(share), told(self, share)))
        teacher = made()
        student = deepcopy(teacher)
        teach(config, teacher, student, course(tmp_path), seed=0)
    assert shares[-9:] == pytest.approx([k / 9 for k in range(9)])
    assert not any(torch.equal(a, b) for a, b in zip(student.parameters(), teacher.parameters(), strict=True))


def test_the_time_limit_is_of_all_rounds_together(tmp_path: Path) -> None:
    """What pairs or earlier rounds took is gone."""
    late = replace(course(tmp_path), time_limit=100.0, began=time.monotonic() - 60)
    assert 39 < replace(late, directory=tmp_path / "round-2").time_left <= 40
    config = parse(StudentConfig, {"teacher": "t", "method": METHODS["progressive"], "training": TRAINING}, "f")
    with pytest.raises(Stopped):
        teach(config, made(), made(), replace(late, began=time.monotonic() - 200), seed=0)


def test_a_teacher_that_diverges_is_refused(tmp_path: Path) -> None:
    """PNDM's equal steps on a grid that has none."""
    teacher = GaussianDenoiser(PROCESS, torch.zeros(2, dtype=torch.float64), torch.eye(2, dtype=torch.float64))
    known = course(tmp_path)
    known = replace(known, rows=[each.double() for each in known.rows])
    solver = {"name": "pndm", "steps": 10, "grid": "quadratic"}
    method = {"kind": "regression", "pairs": 64, "solver": solver}
    config = parse(StudentConfig, {"teacher": "t", "calls": 1, "method": method, "training": TRAINING}, "f")
    with pytest.raises(InputError, match="PNDM.* leads the teacher to states of root mean square 58.5, data have 0.99"):
        teach(config, teacher, made(), known, seed=0)


def test_the_same_seed_makes_the_same_student(tmp_path: Path) -> None:
    training = TRAINING | {"steps": 5}
    config = parse(StudentConfig, {"teacher": "t", "method": METHODS["regression"], "training": training}, "f")
    students = []
    for name in ("a", "b"):
        students.append(deepcopy(made()))
        teach(config, made(), students[-1], course(tmp_path / name), seed=3)
    assert all(torch.equal(a, b) for a, b in zip(students[0].parameters(), students[1].parameters(), strict=True))


def test_the_grid_of_a_student_is_every_few_times_of_its_teachers() -> None:
    """What pairs are made on is what the student is sampled on."""
    for kind in ("uniform", "log_snr", "karras", "quadratic", "sinh"):
        method = {"kind": "regression", "solver": {"name": "ddim", "steps": 12, "grid": kind}}
        config = parse(StudentConfig, {"teacher": "t", "calls": 3, "method": method, "training": TRAINING}, "f")
        few = configured(config.solver, PROCESS)[1]
        many = configured(config.method.solver, PROCESS)[1]
        torch.testing.assert_close(few, many[::4], rtol=1e-12, atol=1e-12)
