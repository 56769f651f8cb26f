"""DPM-Solver and DPM-Solver++: exponential integrators in the noise or the data prediction.

Reference: Lu et al. (2022), arXiv 2206.00927, algorithms 1 and 2, and arXiv 2211.01095, algorithms 1 and 2; the third order
and the SDE are those of the authors' code.
"""

from sciml.solvers.exponential.form import DATA, NOISE, Form
from sciml.solvers.exponential.integrator import ExponentialIntegrator
from sciml.solvers.exponential.recipe import THIRDS, Recipe, Stage, StepSpec

_STAGES = {
    1: (Stage(1.0, (0,)),),
    2: (Stage(1 / 2, (0,)), Stage(1.0, (0, 1), "midpoint")),
    3: THIRDS,
}
_MULTISTEP = {1: "exact", 2: "midpoint", 3: "halved"}


def dpm_solver(order: int = 2) -> ExponentialIntegrator:
    """DPM-Solver-1, -2 or -3, singlestep: as many calls a step as its order."""
    return _single_step(NOISE, order)


def dpm_solver_multistep(order: int = 2) -> ExponentialIntegrator:
    """DPM-Solver in its multistep form, one call a step; see `dpm_solver_pp_multistep` for order 3."""
    return _multistep(NOISE, order)


def dpm_solver_pp(order: int = 2) -> ExponentialIntegrator:
    """DPM-Solver++(1S), (2S) or (3S): as many calls a step as its order."""
    return _single_step(DATA, order)


def dpm_solver_pp_multistep(order: int = 2) -> ExponentialIntegrator:
    """DPM-Solver++(1M), (2M) or (3M), one call a step.

    As published, order 3 halves the second difference, and so converges with order 2 only; the exact stencil is
    `exponential(DATA, 3)`.
    """
    return _multistep(DATA, order)


def dpm_solver_pp_sde(order: int = 2, churn: float = 1.0) -> ExponentialIntegrator:
    """SDE-DPM-Solver++(1) or (2M), with `churn` times the noise of the reverse SDE; order 1 in law where there is noise."""
    solver = _multistep(Form(0.0, churn=churn), order)
    return ExponentialIntegrator(solver.recipe, 1 if churn else solver.order)


def _single_step(form: Form, order: int) -> ExponentialIntegrator:
    if order not in _STAGES:
        raise ValueError(f"`order` must be 1, 2 or 3, got {order}")
    return ExponentialIntegrator(Recipe((StepSpec(form, stages=_STAGES[order]),)), order)


def _multistep(form: Form, order: int) -> ExponentialIntegrator:
    if order not in _MULTISTEP:
        raise ValueError(f"`order` must be 1, 2 or 3, got {order}")
    return ExponentialIntegrator(Recipe((StepSpec(form, order, rule=_MULTISTEP[order]),)), min(order, 2))
