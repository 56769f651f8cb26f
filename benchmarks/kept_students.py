"""Weights of students that took minutes to train, kept beside the benchmark, which can so measure them again in seconds."""

from pathlib import Path

from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn

from sciml.io.atomic import atomic_file

FOLDER = Path(__file__).with_name("students")


def keep(path: Path, student: nn.Module, cpu_seconds: float) -> None:
    """The weights, and what training took."""
    path.parent.mkdir(exist_ok=True)
    with atomic_file(path) as temporary:
        save_file(student.state_dict(), temporary, {"cpu_seconds": f"{cpu_seconds:.1f}"})


def take_up(path: Path, student: nn.Module) -> float:
    """Fill a student of the same kind; returns the processor seconds that its training took."""
    with safe_open(path, "pt") as file:
        student.load_state_dict({name: file.get_tensor(name) for name in file.keys()})  # noqa: SIM118
        return float(file.metadata()["cpu_seconds"])
