"""Programs: a recipe on a grid of times, compiled to coefficients in float64.

Each model call is a move. With q = on_state x + on_mean D(x, t) the rest that the form interpolates,

    x  <- keep x_previous + sum_j weight_j q_j                the corrector, from the start of the previous step
    x' =  keep x_start + sum_j weight_j q_j + noise z + c     towards the end of the step, or a stage within it

so that only numbers, or one for each mode, are left to be multiplied when the solver runs. A recipe that changes its form
keeps D and x instead of q, and the weights are expanded. A step onto sigma = 0 returns D, whatever the form: there the
exact flow ends.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import torch
from jaxtyping import Float64
from torch import Tensor

from sciml.numerics.linear import Coefficient
from sciml.numerics.quadrature import gauss_legendre
from sciml.processes.gaussian import GaussianProcess
from sciml.solvers.exponential.empirical import EmpiricalForm
from sciml.solvers.exponential.form import Form
from sciml.solvers.exponential.recipe import Recipe, Stage, StepSpec, VariableName
from sciml.solvers.exponential.rules import RULES, AnyForm, Interval, Variable, Weights, constants


@dataclass(frozen=True)
class Row:
    """x' = keep x + sum_j weight_j q_j + noise z + constant; a term is (j, weight_j), j = 0 for the newest q."""

    keep: Coefficient
    terms: tuple[tuple[int, Coefficient], ...]
    noise: Coefficient = 0.0
    constant: Coefficient = 0.0


@dataclass(frozen=True)
class Move:
    """One model call and what follows; see the module.

    Args:
        t: time of the call.
        alpha: alpha_t.
        alpha_end: alpha at the time the move leads to.
        outputs: (on_state, on_mean) of what is remembered of the call, newest first; None for D itself.
        correct: the corrector, if there is one.
        advance: the way on.
    """

    t: Tensor
    alpha: Coefficient
    alpha_end: Coefficient
    outputs: tuple[tuple[Coefficient, Coefficient] | None, ...]
    correct: Row | None
    advance: Row


@dataclass(frozen=True)
class Program:
    """The moves of each step, and how many outputs of model calls they look back on."""

    steps: tuple[tuple[Move, ...], ...]
    depth: int


def compile_program(
    recipe: Recipe, process: GaussianProcess, grid: Float64[Tensor, " points"], lead: GaussianProcess | None = None
) -> Program:
    """The moves of every step, from the first time of the grid to the last.

    Args:
        recipe: what each step does.
        process: of the part of the state that is moved.
        grid: times; where they require gradients, so do the coefficients.
        lead: the process whose lambda says where the stages of a step lie; `process` by default.
    """
    points = [_Node.at(process, t) for t in grid]
    past: list[_Node] = []
    steps, order = [], 0
    for index, (start, end) in enumerate(pairwise(points)):
        spec, corrected = recipe.at(index), order
        compiler = _Compiler(process, spec, recipe.uniform)
        if spec.stages:
            steps.append(tuple(compiler.stages(lead or process, start, end, past)))
            order = spec.order
            continue
        past.insert(0, start)
        grid_nodes = [j for j, node in enumerate(past) if node.on_grid]
        correct = None
        if spec.corrector and index:
            used = grid_nodes[: min(spec.corrector, corrected if recipe.lower_final else spec.corrector) + 1]
            correct = compiler.row(spec.corrector_rule, (past[grid_nodes[1]], start), past, used)
        order = min(spec.order, len(points) - 1 - index) if recipe.lower_final else spec.order
        advance = compiler.row(spec.rule, (start, end), past, grid_nodes[:order])
        steps.append((compiler.move(start, end, correct, advance),))
    rows = [row for moves in steps for move in moves for row in (move.correct, move.advance) if row is not None]
    return Program(tuple(steps), 1 + max(j for row in rows for j, _ in row.terms))


@dataclass(frozen=True)
class _Node:
    t: Tensor
    lambda_: Tensor
    alpha: Tensor
    sigma: Tensor
    on_grid: bool

    @classmethod
    def at(cls, process: GaussianProcess, t: Tensor, *, on_grid: bool = True) -> "_Node":
        return cls(t, process.lambda_(t), process.alpha(t), process.sigma(t), on_grid)


@dataclass(frozen=True)
class _Compiler:
    """Compiles one step; `uniform` if all steps of the recipe share its form."""

    process: GaussianProcess
    spec: StepSpec
    uniform: bool

    def stages(self, lead: GaussianProcess, start: _Node, end: _Node, past: list[_Node]) -> Iterator[Move]:
        """The moves of a step with calls of its own; onto sigma = 0, which has no middle in lambda, just the first."""
        stages = self.spec.stages if torch.isfinite(end.lambda_) else (Stage(1.0, (0,)),)
        here = start
        for stage in stages:
            past.insert(0, here)
            to = end if stage.fraction == 1 else self._between(lead, start, end, stage.fraction)
            yield self.move(here, to, None, self.row(stage.rule, (start, to), past, stage.nodes))
            here = replace(to, on_grid=False)

    def _between(self, lead: GaussianProcess, start: _Node, end: _Node, fraction: float) -> _Node:
        if self.spec.variable == "t":
            return _Node.at(self.process, start.t + fraction * (end.t - start.t))
        first, last = lead.lambda_(start.t), lead.lambda_(end.t)
        return _Node.at(self.process, lead.t_of_lambda(first + fraction * (last - first)))

    def move(self, node: _Node, end: _Node, correct: Row | None, advance: Row) -> Move:
        rest = None if self.spec.form.plain else _rest(self.spec.form, node)
        outputs = (rest,) if self.uniform else (None, (1.0, 0.0))
        return Move(node.t, _number(node.alpha), _number(end.alpha), outputs, correct, advance)

    def row(
        self, rule: str | tuple[float, ...], ends: tuple[_Node, _Node], past: Sequence[_Node], used: Sequence[int]
    ) -> Row:
        """The row from one node to another by the model outputs `used` of those of the past, newest first."""
        a, b = ends
        if torch.isinf(b.lambda_):
            on_state, on_mean = _rest(self.spec.form, a)
            return self._row(-on_state / on_mean, [(0, a, 1 / on_mean)])
        form = self.spec.form.over(a.lambda_, b.lambda_)
        nodes = torch.stack([past[j].lambda_ for j in used])
        step = Interval(a.lambda_, b.lambda_, nodes, _variable(self.process, self.spec.variable))
        if isinstance(rule, str):
            weights = RULES[rule](form, step)
        else:
            weights = constants(torch.tensor(rule, dtype=torch.float64), form, step)
        keep = b.alpha / a.alpha * torch.exp(form.log_m(a.lambda_) - form.log_m(b.lambda_))
        row = self._row(keep, [(j, past[j], b.alpha * w) for j, w in zip(used, weights, strict=True)])
        if isinstance(form, EmpiricalForm):
            return replace(row, constant=b.alpha * _known(form, step, weights))
        if isinstance(form, Form) and form.stochastic:
            return replace(row, noise=_number(b.sigma * form.noise(a.lambda_, b.lambda_)))
        return row

    def _row(self, keep: Coefficient, terms: list[tuple[int, _Node, Coefficient]]) -> Row:
        if self.uniform:
            return Row(_number(keep), tuple((j, _number(w)) for j, _, w in terms))
        expanded = []
        for j, node, w in terms:
            on_state, on_mean = _rest(self.spec.form, node)
            expanded += [(2 * j, _number(w * on_mean)), (2 * j + 1, _number(w * on_state))]
        return Row(_number(keep), tuple(expanded))


def _known(form: EmpiricalForm, step: Interval, weights: Weights) -> Tensor:
    """What the known part of the rest adds: its integral, less what the weights make of it at the nodes."""
    points, w = gauss_legendre(step.a, step.b)
    integral = torch.tensordot(w, form.kernel(points, step.b) * form.known(points), dims=1)
    return integral - (weights * form.known(step.nodes)).sum(0)


def _rest(form: AnyForm, node: _Node) -> tuple[Coefficient, Coefficient]:
    """The factors of x and D in q = (D - G x / alpha) / phi."""
    phi = form.phi(node.lambda_)
    return _number(-form.gain(node.lambda_) / (phi * node.alpha)), _number(1 / phi)


def _number(coefficient: Coefficient) -> Coefficient:
    """A float where a float will do: the fastest factor there is."""
    if isinstance(coefficient, Tensor) and not coefficient.ndim and not coefficient.requires_grad:
        return coefficient.item()
    return coefficient


def _variable(process: GaussianProcess, name: VariableName) -> Variable:
    variables: dict[VariableName, Variable] = {
        "lambda": lambda lambda_: lambda_,
        "rho": lambda lambda_: torch.exp(-lambda_),
        "tau": lambda lambda_: torch.sigmoid(-lambda_),
        "t": process.t_of_lambda,
    }
    return variables[name]
