"""The teacher is asked where the student is trained, and is not trained."""

from collections.abc import Callable

import pytest
import torch
from torch import Generator, nn

from sciml.denoisers.denoiser import Denoiser
from sciml.denoisers.gaussian import GaussianDenoiser
from sciml.denoisers.network import NetworkDenoiser
from sciml.distillation.boot import BootObjective
from sciml.distillation.consistency import ConsistencyObjective
from sciml.distillation.experts import GaussianExperts
from sciml.distillation.objective import DistillationObjective
from sciml.distillation.pid import PIDObjective
from sciml.distillation.progressive import ProgressiveObjective
from sciml.distillation.trajectory import Trajectory
from sciml.distillation.variational import VariationalObjective
from sciml.guidance.classifier_free import ClassifierFree
from sciml.processes.parameterisation import Parameterisation
from sciml.processes.vp import VPLinear
from sciml.solvers.grids import uniform_grid

PROCESS = VPLinear()
GRID = uniform_grid(PROCESS, 4)


class Net(nn.Module):
    """Of the state alone, with something that training mode changes."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.5))

    def forward(self, x, t, cond=None):
        return self.layers(x)


def network() -> NetworkDenoiser:
    return NetworkDenoiser(Net(), PROCESS, Parameterisation.V)


OBJECTIVES: dict[str, Callable[[Denoiser], DistillationObjective]] = {
    "pid": lambda teacher: PIDObjective(Trajectory(Net(), PROCESS), teacher, GRID),
    "boot": lambda teacher: BootObjective(Trajectory(Net(), PROCESS), teacher, GRID),
    "consistency": lambda teacher: ConsistencyObjective(network(), teacher),
    "progressive": lambda teacher: ProgressiveObjective(network(), teacher, GRID),
    "variational": lambda teacher: VariationalObjective(GaussianExperts(2, 2), teacher, first=1.0, last=0.1),
}


@pytest.mark.parametrize("make", OBJECTIVES.values(), ids=OBJECTIVES)
def test_the_teacher_goes_where_the_objective_goes(make) -> None:
    """To a device that has no numbers, which stands for any."""
    teacher = network().double()
    objective = make(ClassifierFree(teacher, 2.0)).to("meta").train()
    assert {parameter.device.type for parameter in objective.parameters()} == {"meta"}
    weight = teacher.net.layers[0].weight
    assert (weight.device.type, weight.dtype) == ("meta", torch.float64)


@pytest.mark.parametrize("make", OBJECTIVES.values(), ids=OBJECTIVES)
def test_the_teacher_is_no_part_of_what_is_trained(make) -> None:
    """Nor does it drop anything out, whatever mode the student is in."""
    torch.manual_seed(0)
    teacher = network()
    objective = make(teacher).train()
    assert objective.student.training and not teacher.training
    assert all(name.startswith("student.") for name, _ in objective.named_parameters())
    objective(Generator().manual_seed(0), torch.randn(8, 2, generator=Generator().manual_seed(1))).backward()
    assert all(parameter.grad is None for parameter in teacher.parameters())
    assert any(parameter.grad is not None for parameter in objective.parameters())


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("make", OBJECTIVES.values(), ids=OBJECTIVES)
def test_the_loss_on_a_gpu_is_finite_and_has_a_gradient(make) -> None:
    teacher = GaussianDenoiser(PROCESS, torch.zeros(2).double(), torch.eye(2).double())
    objective = make(teacher).to("cuda").train()
    loss = objective(Generator("cuda").manual_seed(0), torch.randn(64, 2, device="cuda"))
    loss.backward()
    assert loss.isfinite()
    assert sum(float(p.grad.abs().sum()) for p in objective.parameters() if p.grad is not None) > 0
