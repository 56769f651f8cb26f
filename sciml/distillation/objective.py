"""What objectives of distillation have in common: a teacher that is asked and never trained."""

from itertools import chain
from typing import Any

from torch import nn

from sciml.denoisers.denoiser import Denoiser


class DistillationObjective(nn.Module):
    """Keeps the teacher out of the module tree: its weights are no parameters and no part of checkpoints.

    The teacher itself is held, no copy. It goes to the device that the objective is moved to, keeps its dtype, and is
    taken out of training mode.

    Args:
        student: in training.
        teacher: None where there is none.
    """

    def __init__(self, student: nn.Module, teacher: Denoiser | None) -> None:
        super().__init__()
        if teacher is not None and teacher is not student:
            teacher.eval()
        self.student, self._teacher = student, (teacher,)

    @property
    def teacher(self) -> Any:
        """Whose flow is followed."""
        return self._teacher[0]

    def _apply(self, *told: Any, **options: Any) -> Any:
        """All that moves a module goes through here."""
        super()._apply(*told, **options)
        own = next(chain(self.parameters(), self.buffers()), None)
        if own is not None and self.teacher is not None:
            self.teacher.to(own.device)
        return self
