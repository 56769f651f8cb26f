"""DMN: time grids that minimise a bound of the error, from the process alone.

A multistep method of data prediction ends in a fixed multiple of x plus sigma_N sum_i W_i D_i, D_i the model's output at
lambda_i and W_i the sum over steps of int e^lambda times its Lagrange polynomial. Were each output x_0 itself, the end would
be exact on any grid; an output that misses it by at most e_i adds sigma_N |W_i| e_i. So what is minimised over the grid is

    sum_i |W_i| e(lambda_i),        e = sigma^p / alpha,

the error of a prediction that grows with the noise. alpha and sigma are those of a variance-preserving process with this
lambda, whatever the process, so that e and the grid in lambda depend on nothing but the ends.

The paper moves the lambdas under linear constraints by a trust region; we move the logarithms of the steps, their sum kept,
which needs no constraint, by L-BFGS with exact gradients, from equal steps in lambda and from equal steps in t.

Reference: Xue et al. (2024), arXiv 2402.17376 (DMN); e is that of the authors' code, where p = 2.
"""

from itertools import pairwise

import torch
from jaxtyping import Float64
from scipy.optimize import minimize
from torch import Tensor

from sciml.numerics.quadrature import gauss_legendre, lagrange_basis
from sciml.processes.gaussian import GaussianProcess
from sciml.solvers.grids import Grid, log_snr_grid, uniform_grid


def dmn_grid(
    process: GaussianProcess,
    steps: int,
    *,
    t_start: float = 1.0,
    t_end: float | None = None,
    order: int = 2,
    power: float = 2.0,
) -> Grid:
    """The grid with the least bound for a multistep method of data prediction.

    Args:
        process: the process; lambda must be finite at t_end.
        steps: number of steps, at least 1.
        t_start: first time, in (t_end, 1].
        t_end: last time, in (0, t_start); `process.t_min` by default.
        order: outputs the method uses, at least 1; the first steps use fewer. From 3 on the bound can be small only because
            weights of different steps cancel, which the errors of a model need not do: here 2 is better for the methods
            of order 3, too.
        power: p, positive; the larger, the less the model is trusted at high noise.

    Reference: see the module.
    """
    if order < 1:
        raise ValueError(f"`order` must be at least 1, got {order}")
    if not 0 < power < float("inf"):
        raise ValueError(f"`power` must be positive and finite, got {power}")
    starts = [make(process, steps, t_start=t_start, t_end=t_end) for make in (log_snr_grid, uniform_grid)]
    if steps == 1:
        return starts[0]
    lambdas = [process.lambda_(grid) for grid in starts]
    found = min((_minimised(start, order, power) for start in lambdas), key=lambda x: float(error_bound(x, order, power)))
    grid = process.t_of_lambda(found)
    grid[[0, -1]] = starts[0][[0, -1]]
    return grid


def error_bound(lambdas: Float64[Tensor, " points"], order: int, power: float) -> Float64[Tensor, ""]:
    """sum_i |W_i| e(lambda_i), times e^-lambda_N; see the module.

    Args:
        lambdas: half log-SNR of the times, increasing.
        order: outputs used in each step, where there are as many.
        power: p.
    """
    weights = []
    for n, (a, b) in enumerate(pairwise(lambdas)):
        nodes = lambdas[max(0, n + 1 - order) : n + 1]
        x, w = gauss_legendre(a, b)
        basis = lagrange_basis(nodes, x) @ (w * torch.exp(x - lambdas[-1]))
        weights.append(torch.nn.functional.pad(basis, (n + 1 - len(nodes), len(lambdas) - 2 - n)))
    lambda_ = lambdas[:-1]
    log_error = (power * torch.nn.functional.logsigmoid(-2 * lambda_) - torch.nn.functional.logsigmoid(2 * lambda_)) / 2
    return torch.stack(weights).sum(0).abs() @ log_error.exp()


def _minimised(start: Float64[Tensor, " points"], order: int, power: float) -> Float64[Tensor, " points"]:
    """Increasing numbers with the ends of `start`."""

    def lambdas(logits: Tensor) -> Tensor:
        way = torch.cumsum(torch.softmax(logits, 0), 0)[:-1]
        return torch.cat([start[:1], start[0] + (start[-1] - start[0]) * way, start[-1:]])

    def objective(values: object) -> tuple[float, object]:
        logits = torch.tensor(values, dtype=torch.float64, requires_grad=True)
        bound = error_bound(lambdas(logits), order, power).log()
        (gradient,) = torch.autograd.grad(bound, logits)
        return bound.item(), gradient.numpy()

    with torch.enable_grad():
        result = minimize(objective, start.diff().log().numpy(), jac=True, method="L-BFGS-B", options={"maxiter": 200})
    return lambdas(torch.from_numpy(result.x))
