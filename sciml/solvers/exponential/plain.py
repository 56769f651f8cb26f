"""Exponential integrators without a name of their own: any form, order and variable, with exact integrals."""

from sciml.solvers.exponential.integrator import ExponentialIntegrator
from sciml.solvers.exponential.recipe import Recipe, StepSpec, VariableName
from sciml.solvers.exponential.rules import AnyForm


def exponential(
    form: AnyForm, order: int, *, corrector: int = 0, variable: VariableName = "lambda"
) -> ExponentialIntegrator:
    """`order` outputs to predict, `corrector` to correct; order 1 is DDIM in the forms of x_0 and eps."""
    spec = StepSpec(form, order, corrector, variable)
    return ExponentialIntegrator(Recipe((spec,)), max(order, corrector + 1 if corrector else 0))
