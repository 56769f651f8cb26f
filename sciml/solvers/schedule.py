"""A solver schedule: times, and for each step form, order and corrector, as plain values that can be searched and saved.

Reference: Liu et al. (2023), arXiv 2312.07243 (USF), section 3.1.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import torch

from sciml.denoisers.statistics import DataStatistics
from sciml.solvers.exponential.empirical import EmpiricalForm
from sciml.solvers.exponential.form import DATA, NARROW, NOISE, VELOCITY, Form
from sciml.solvers.exponential.integrator import ExponentialIntegrator
from sciml.solvers.exponential.recipe import Recipe, StepSpec
from sciml.solvers.exponential.rules import AnyForm
from sciml.solvers.exponential.straight import STRAIGHT
from sciml.solvers.grids import Grid

FORMS: dict[str, AnyForm] = {"data": DATA, "noise": NOISE, "velocity": VELOCITY, "narrow": NARROW, "straight": STRAIGHT}
WHITENED, EMPIRICAL = "whitened", "empirical"


@dataclass(frozen=True, eq=False)
class Knowledge:
    """What schedules may use of a model beside its network.

    Args:
        data: statistics of the data, for whitened steps and an analytic first call; None if there are none.
        model: of the model, for empirical steps, in the modes of those of the data.
    """

    data: DataStatistics | None = None
    model: EmpiricalForm | None = None

    def __post_init__(self) -> None:
        if self.model is not None and self.data is None:
            raise ValueError("`data` must be given where `model` is: its tables are in their modes; got None")

    @cached_property
    def forms(self) -> dict[str, AnyForm]:
        """The forms of steps by name."""
        known = dict(FORMS)
        if self.data is not None:
            known[WHITENED] = Form(self.data.variances.double(), 1.0)
        if self.model is not None:
            known[EMPIRICAL] = self.model
        return known


@dataclass(frozen=True)
class Choice:
    """What one step does.

    Args:
        form: data, noise, velocity, narrow, straight (interpolated in tau, others in lambda), whitened or empirical
            (DPM-Solver-v3).
        order: model outputs the predictor uses.
        corrector: outputs, beside the new one, that improve the state once it is seen; 0 for none.
    """

    form: str
    order: int
    corrector: int = 0

    def __post_init__(self) -> None:
        if self.form not in (*FORMS, WHITENED, EMPIRICAL):
            raise ValueError(f"`form` must be {', '.join(FORMS)}, {WHITENED} or {EMPIRICAL}, got {self.form!r}")

    def __str__(self) -> str:
        return f"{self.form} {self.order}" + (f" corrected with {self.corrector}" if self.corrector else "")


@dataclass(frozen=True)
class Schedule:
    """Steps and times.

    Args:
        choices: one for each step, or fewer: the last goes on.
        times: from 1 down to the end, one more than steps.
        analytic_first: whether statistics answer the first call.
    """

    choices: tuple[Choice, ...]
    times: tuple[float, ...]
    analytic_first: bool = False

    def __post_init__(self) -> None:
        times = (1.0001, *self.times)
        if not all(isinstance(t, float) and 0 <= t < before for before, t in zip(times, self.times, strict=False)):
            raise ValueError(f"`times` must be numbers that decrease within [0, 1], got {list(self.times)}")
        if not 1 <= len(self.choices) < len(self.times):
            raise ValueError(f"`choices` must be 1 to {len(self.times) - 1}, one for each step, got {len(self.choices)}")

    @property
    def calls(self) -> int:
        """Network calls."""
        return len(self.times) - 1 - int(self.analytic_first)

    @property
    def grid(self) -> Grid:
        """The times, as solvers take them."""
        return torch.tensor(self.times, dtype=torch.float64)

    def solver(self, knowledge: Knowledge | None = None) -> ExponentialIntegrator:
        """What runs it.

        Raises:
            ValueError: a step, or an analytic first call, needs statistics that are not known.
        """
        knowledge = knowledge or Knowledge()
        forms = knowledge.forms
        needed = {choice.form for choice in self.choices} - set(forms)
        if needed or (self.analytic_first and knowledge.data is None):
            raise ValueError(f"`knowledge` must have the statistics that this schedule needs: {self}")
        steps = tuple(_step(choice, forms) for choice in self.choices)
        order = min(max(choice.order, choice.corrector + 1 if choice.corrector else 0) for choice in self.choices)
        in_modes = self.analytic_first or any(choice.form not in FORMS for choice in self.choices)
        return ExponentialIntegrator(Recipe(steps), order, knowledge.data if in_modes else None, self.analytic_first)

    def __str__(self) -> str:
        kinds = list(dict.fromkeys(map(str, self.choices)))
        first = ", first call by the statistics" if self.analytic_first else ""
        return " then ".join(kinds) + first

    def to_plain(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return asdict(self)


def _step(choice: Choice, forms: dict[str, AnyForm]) -> StepSpec:
    form = forms[choice.form]
    return StepSpec(form, choice.order, choice.corrector, "tau" if form is STRAIGHT else "lambda")


def schedule_from_plain(values: dict[str, Any]) -> Schedule:
    """The inverse of `Schedule.to_plain`."""
    choices = tuple(Choice(**choice) for choice in values["choices"])
    return Schedule(choices, tuple(values["times"]), values["analytic_first"])


def schedule_on(choices: Sequence[Choice], grid: Grid, *, analytic_first: bool = False) -> Schedule:
    """A schedule on a grid."""
    return Schedule(tuple(choices), tuple(grid.tolist()), analytic_first)
