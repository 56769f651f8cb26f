"""Rules: how the weights of past model outputs follow from where they were made.

A rule is a set of functions f_j(lambda), one for each node, that stand for the interpolated q(lambda) = sum_j f_j q_j; the
weights of a step are the integrals of kernel times f_j. The exact integral of the polynomial through the nodes is the
default; the others are what the published methods do, at some cost in accuracy.

| rule       | f_j                                                  | used by                          |
| exact      | the Lagrange basis in lambda, rho, tau or t          | DEIS, LMS, DPM-Solver-3          |
| midpoint   | the Lagrange basis at the middle of the step         | DPM-Solver-2, DPM-Solver++ 2M    |
| halved     | exact, with half of the second-order term            | DPM-Solver++ 3M as published     |
| bh1        | a slope that acts for the length of the step         | UniPC bh1 with two nodes         |
| bh2        | midpoint with two nodes, exact with more             | UniPC bh2                        |
| constants  | given numbers                                        | PNDM, iPNDM                      |

Reference: Zhang and Chen (2022), arXiv 2204.13902, equation 15; Lu et al. (2022), arXiv 2211.01095, algorithm 2; Zhao et al.
(2023), arXiv 2302.04867, equations 5 to 9; Liu et al. (2022), arXiv 2202.09778, equation 12.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float64
from torch import Tensor

from sciml.numerics.quadrature import gauss_legendre, lagrange_basis
from sciml.solvers.exponential.empirical import EmpiricalForm
from sciml.solvers.exponential.form import Form
from sciml.solvers.exponential.straight import StraightForm

Variable = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Interval:
    """A step in lambda.

    Args:
        a: lambda it comes from, that of one of the nodes.
        b: lambda it goes to, finite.
        nodes: lambdas of the model outputs, newest first.
        variable: of the interpolation, as a function of lambda.
    """

    a: Float64[Tensor, ""]
    b: Float64[Tensor, ""]
    nodes: Float64[Tensor, " J"]
    variable: Variable


Weights = Float64[Tensor, "J *modes"]
AnyForm = Form | EmpiricalForm | StraightForm
Rule = Callable[[AnyForm, Interval], Weights]


def exact(form: AnyForm, step: Interval) -> Weights:
    points, w = gauss_legendre(step.a, step.b)
    basis = lagrange_basis(step.variable(step.nodes), step.variable(points))
    return torch.tensordot(basis * w, form.kernel(points, step.b), dims=1)


def midpoint(form: AnyForm, step: Interval) -> Weights:
    middle = step.variable(((step.a + step.b) / 2).reshape(1))
    return constants(lagrange_basis(step.variable(step.nodes), middle)[:, 0], form, step)


def halved(form: AnyForm, step: Interval) -> Weights:
    if len(step.nodes) != 3:
        return midpoint(form, step)
    points, w = gauss_legendre(step.a, step.b)
    square = [1 / torch.prod(node - torch.cat([step.nodes[:j], step.nodes[j + 1 :]])) for j, node in enumerate(step.nodes)]
    basis = lagrange_basis(step.nodes, points) - torch.stack(square)[:, None] * (points - step.a) ** 2 / 2
    return torch.tensordot(basis * w, form.kernel(points, step.b), dims=1)


def bh1(form: AnyForm, step: Interval) -> Weights:
    if len(step.nodes) > 2:
        return exact(form, step)
    first = constants((step.nodes == step.a).to(torch.float64), form, step)
    if len(step.nodes) == 1:
        return first
    h = step.b - step.a
    slope = h / 2 * form.phi(step.b) * h / (step.nodes[0] - step.nodes[1])
    return first + torch.stack([slope, -slope])


def bh2(form: AnyForm, step: Interval) -> Weights:
    return midpoint(form, step) if len(step.nodes) <= 2 else exact(form, step)


def constants(values: Float64[Tensor, " J"], form: AnyForm, step: Interval) -> Weights:
    """Given shares of the integral of the kernel."""
    points, w = gauss_legendre(step.a, step.b)
    return torch.tensordot(values[:, None] * w, form.kernel(points, step.b), dims=1)


def adams_bashforth(form: AnyForm, step: Interval) -> Weights:
    """The constants of Adams and Bashforth, for nodes at equal distances."""
    table = (
        (1.0,),
        (3 / 2, -1 / 2),
        (23 / 12, -16 / 12, 5 / 12),
        (55 / 24, -59 / 24, 37 / 24, -9 / 24),
    )
    return constants(torch.tensor(table[len(step.nodes) - 1], dtype=torch.float64), form, step)


RULES: dict[str, Rule] = {
    "exact": exact,
    "midpoint": midpoint,
    "halved": halved,
    "adams_bashforth": adams_bashforth,
    "bh1": bh1,
    "bh2": bh2,
}
