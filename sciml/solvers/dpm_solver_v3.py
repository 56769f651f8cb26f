"""DPM-Solver-v3: the linear part, and how the rest changes, are measured on the model itself, once.

With y = x / alpha in the modes of the data and D the model's x_0, in each mode and at each lambda

    l = 1 - E[dD / dy]                       leaves a rest r = D - (1 - l) y that depends on y least,
    s, b = argmin E (dr/dlambda - s r - b)^2   along the flow: what is left to interpolate changes least.

The diagonal of the Jacobian is estimated by random signs (Hutchinson), the derivative along the flow by differences.
We take the diagonal in the modes of given statistics, where the paper takes it element by element: `elementwise_statistics`
of a data set give that.

Reference: Zheng et al. (2023), arXiv 2310.13268, equations 5 to 11 and algorithm 1; Hutchinson (1990) for the diagonal.
"""

from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from sciml.denoisers.conditioned import Conditioned
from sciml.denoisers.denoiser import Denoiser, gaussian_process
from sciml.denoisers.statistics import DataStatistics
from sciml.numerics.noise import gaussian_noise
from sciml.numerics.splines import cubic_spline
from sciml.solvers.exponential.empirical import EmpiricalForm
from sciml.solvers.exponential.integrator import ExponentialIntegrator
from sciml.solvers.exponential.recipe import Recipe, StepSpec

_DELTA = 0.005  # in lambda: how far back and ahead differences look


@dataclass(frozen=True, eq=False)
class ModelStatistics:
    """What is measured on a model.

    Args:
        form: the tables.
        data: the statistics in whose modes they are.
    """

    form: EmpiricalForm
    data: DataStatistics


def dpm_solver_v3(
    statistics: ModelStatistics, order: int = 3, *, corrector: bool = True, analytic_first: bool = False
) -> ExponentialIntegrator:
    """DPM-Solver-v3.

    Args:
        statistics: of the model.
        order: outputs that the predictor uses.
        corrector: whether the state is improved once its output is seen, at no call; adds one to the order.
        analytic_first: whether the Gaussian of the data answers the first call.
    """
    spec = StepSpec(statistics.form, order, order if corrector else 0)
    return ExponentialIntegrator(Recipe((spec,)), order + int(corrector), statistics.data, analytic_first)


def model_statistics(
    denoiser: Denoiser,
    x_0: Float[Tensor, "batch *space"],
    data: DataStatistics,
    *,
    generator: torch.Generator,
    cond: Any = None,
    points: int = 64,
    t_end: float | None = None,
) -> ModelStatistics:
    """Measure a model on clean data; four calls, one of them differentiated, at each point.

    Args:
        denoiser: differentiable with respect to the state.
        x_0: data, some hundreds; 256 leave an error of a few per cent.
        data: their statistics, with a mean; its modes are used.
        generator: of noise and signs.
        cond: of these data.
        points: values of lambda, at least 4, equally spaced from t = 1 to t_end.
        t_end: last time, by default t_min of the process.
    """
    if points < 4 or len(x_0) < 2:
        raise ValueError(f"`points` must be at least 4 and `x_0` hold 2 samples, got {points} and {len(x_0)}")
    process = gaussian_process(denoiser)
    ends = torch.tensor([1.0, process.t_min if t_end is None else t_end], dtype=torch.float64)
    first, last = process.lambda_(ends)
    lambdas = torch.linspace(first.item(), last.item(), points, dtype=torch.float64)
    probe = _Probe(denoiser if cond is None else Conditioned(denoiser, cond), data.to(x_0))
    back, ahead = ((lambdas - first).clamp(max=_DELTA), (last - lambdas).clamp(max=_DELTA))
    moments = [probe.at(lambda_, h, x_0, generator) for lambda_, *h in zip(lambdas, -back, ahead, strict=True)]
    gain = torch.stack([moment.gain for moment in moments])
    growth = [
        moment.growth(slope)
        for moment, slope in zip(moments, cubic_spline(lambdas, gain).derivative()(lambdas), strict=True)
    ]
    s, b = (torch.stack(tables) for tables in zip(*growth, strict=True))
    return ModelStatistics(EmpiricalForm(lambdas, 1 - gain, s, b), data)


@dataclass(frozen=True)
class _Moments:
    """At one lambda: G, and over samples the means of r, r^2, z, z^2, r z, u and r u, where dr/dlambda = u - G' z."""

    gain: Tensor
    r: Tensor
    rr: Tensor
    z: Tensor
    zz: Tensor
    rz: Tensor
    u: Tensor
    ru: Tensor

    def growth(self, gain_slope: Tensor) -> tuple[Tensor, Tensor]:
        """(s, b) by least squares; s = 0 where r does not vary beyond rounding."""
        dr, r_dr, variance = self.u - gain_slope * self.z, self.ru - gain_slope * self.rz, self.rr - self.r**2
        varies = variance > 1e-12 * self.zz
        s = torch.where(varies, (r_dr - self.r * dr) / torch.where(varies, variance, 1.0), 0.0)
        return s, dr - s * self.r


@dataclass(frozen=True)
class _Probe:
    """Looks at a denoiser in the modes of some statistics."""

    denoiser: Denoiser
    data: DataStatistics

    def at(self, lambda_: Tensor, h: list[Tensor], x_0: Tensor, generator: torch.Generator) -> _Moments:
        """Moments at one lambda; `h` how far back and ahead differences along the flow look."""
        noise = torch.exp(-lambda_).item() * gaussian_noise(x_0, generator)
        y, modes = x_0 + noise, self.data.modes
        gain = self._gain(y, lambda_, generator)
        with torch.no_grad():
            mean = self._mean(y, lambda_)
            earlier, later = (self._mean(y + step.item() * (mean - y), lambda_ + step) for step in h)
            z, d = self._amplitudes(y), self._amplitudes(mean)
            r, u = d - gain * z, modes.forward((later - earlier) / (h[1] - h[0]).item()).double() - gain * (d - z)
        return _Moments(gain.cpu(), *(part.mean(0).cpu() for part in (r, r * r, z, z * z, r * z, u, r * u)))

    def _gain(self, y: Tensor, lambda_: Tensor, generator: torch.Generator) -> Float64[Tensor, "*modes"]:
        """E[dD / dy], its diagonal in the modes."""
        modes = self.data.modes
        signs = modes.forward(y).new_empty(len(y), *modes.layout).bernoulli_(generator=generator) * 2 - 1
        with torch.enable_grad():
            y = y.detach().requires_grad_()
            (back,) = torch.autograd.grad((self._mean(y, lambda_) * modes.inverse(signs, y.shape)).sum(), y)
        return (signs * modes.forward(back)).double().mean(0)

    def _mean(self, y: Tensor, lambda_: Tensor) -> Tensor:
        process = gaussian_process(self.denoiser)
        t = process.t_of_lambda(lambda_)
        return self.denoiser(process.alpha(t).to(y.dtype) * y, t).mean

    def _amplitudes(self, y: Tensor) -> Float64[Tensor, "batch *modes"]:
        return self.data.modes.forward(y - self.data.mean).double()
