"""Recipes: what a solver does in each step, as data.

Reference: Liu et al. (2023), arXiv 2312.07243 (USF), section 3.1: timesteps, parameterisation, order and corrector are
free in every step.
"""

from dataclasses import dataclass, replace
from typing import Literal, get_args

from torch import Tensor

from sciml.solvers.exponential.empirical import EmpiricalForm
from sciml.solvers.exponential.form import DATA, Form
from sciml.solvers.exponential.rules import RULES, AnyForm

VariableName = Literal["lambda", "rho", "tau", "t"]


@dataclass(frozen=True)
class Stage:
    """One model call within a step, and where it leads.

    Args:
        fraction: how far towards the end of the step, in (0, 1]: in t if that is the variable of the step, else in lambda;
            that of the last stage is 1.
        nodes: which model outputs of this step are used, 0 the newest.
        rule: see `rules`; or a share of each output.
    """

    fraction: float
    nodes: tuple[int, ...]
    rule: str | tuple[float, ...] = "exact"


@dataclass(frozen=True)
class StepSpec:
    """What one step does.

    Args:
        form: what is integrated exactly.
        order: model outputs used, those of earlier steps included; the first steps make do with fewer.
        corrector: model outputs used, beside the new one, to improve the state once it is seen; 0 for none.
        variable: in which outputs are interpolated: lambda, rho = exp(-lambda), tau = rho / (1 + rho) or t.
        rule: of the prediction, see `rules`.
        corrector_rule: of the correction.
        stages: calls within the step, instead of outputs of earlier steps; empty for a multistep method.
    """

    form: AnyForm = DATA
    order: int = 1
    corrector: int = 0
    variable: VariableName = "lambda"
    rule: str = "exact"
    corrector_rule: str = "exact"
    stages: tuple[Stage, ...] = ()

    def __post_init__(self) -> None:
        for name, least in (("order", 1), ("corrector", 0)):
            if getattr(self, name) < least:
                raise ValueError(f"`{name}` must be at least {least}, got {getattr(self, name)}")
        for name in ("rule", "corrector_rule"):
            if getattr(self, name) not in RULES:
                raise ValueError(f"`{name}` must be one of {', '.join(RULES)}, got {getattr(self, name)!r}")
        if self.variable not in get_args(VariableName):
            raise ValueError(f"`variable` must be lambda, rho, tau or t, got {self.variable!r}")
        if self.stages and (self.corrector or self.stages[-1].fraction != 1):
            raise ValueError("`stages` must end with fraction 1, and go without a corrector")


@dataclass(frozen=True)
class Recipe:
    """The steps of a solver: the last one given goes on for as long as the grid does.

    Args:
        steps: at least one.
        lower_final: whether the last steps fall back to lower orders, so that the last has order 1.
    """

    steps: tuple[StepSpec, ...] = (StepSpec(),)
    lower_final: bool = False

    def __post_init__(self) -> None:
        if not self.steps:
            raise ValueError("`steps` must hold at least one step")

    def at(self, index: int) -> StepSpec:
        """The step of this index."""
        return self.steps[min(index, len(self.steps) - 1)]

    @property
    def uniform(self) -> bool:
        """Whether all steps share one form."""
        return all(step.form is self.steps[0].form for step in self.steps)

    @property
    def stochastic(self) -> bool:
        """Whether a step adds fresh noise."""
        return any(step.form.stochastic for step in self.steps)

    @property
    def in_modes(self) -> bool:
        """Whether a form differs from mode to mode."""
        forms = [step.form for step in self.steps]
        return any(isinstance(f, EmpiricalForm) or (isinstance(f, Form) and isinstance(f.variance, Tensor)) for f in forms)

    def warmed(self, order: int) -> "Recipe":
        """The same recipe after a start by single steps, which has what a multistep method of this order (at most 5) needs.

        A multistep method makes do with few outputs in its first steps. With few calls that is best; but the error of these
        steps is of second order, and shows in the end where the others are small.
        """
        if order > 5:
            raise ValueError(f"`order` must be at most 5: for more no start is known, got {order}")
        stages = {3: HALVES, 4: THIRDS, 5: SWEPT_THIRDS}.get(order)
        if stages is None or self.steps[0].stages:
            return self
        warm = replace(self.steps[0], corrector=0, stages=stages)
        return replace(self, steps=(warm,) * (order - 2) + self.steps)


HALVES = (Stage(1 / 2, (0,)), Stage(1.0, (0, 1)))
THIRDS = (Stage(1 / 3, (0,)), Stage(2 / 3, (0, 1)), Stage(1.0, (0, 2)))
SWEPT_THIRDS = (  # the states at the thirds are found again from better outputs, until each is of third order
    Stage(1 / 3, (0,)),
    Stage(2 / 3, (0, 1)),
    Stage(1 / 3, (0, 2)),
    Stage(2 / 3, (0, 1, 3)),
    Stage(1 / 3, (0, 1, 4)),
    Stage(1.0, (0, 1, 5)),
    Stage(1.0, (0, 1, 2, 6)),
)
