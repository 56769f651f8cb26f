"""DDIM: the noise that was predicted is put back, less of it, in part replaced by fresh noise.

    x_s = alpha_s x_0 + sqrt(sigma_s^2 - eta^2 b) eps + eta sqrt(b) z,    b = -expm1(2 (lambda_t - lambda_s)) sigma_s^2

where b is the variance of q(x_s | x_0, x_t), so that eta = 1 is ancestral sampling and eta = 0 solves the
probability-flow ODE, exactly as long as the prediction does not change. With sigma_s = 0 the step returns x_0.

The paper has variance-preserving processes in mind; the formula holds for any Gaussian process.

Reference: Song, Meng and Ermon (2021), arXiv 2010.02502, equations 12 and 16.
"""

from sciml.solvers.exponential.form import Form
from sciml.solvers.exponential.integrator import ExponentialIntegrator
from sciml.solvers.exponential.recipe import Recipe, StepSpec


def ddim(eta: float = 0.0) -> ExponentialIntegrator:
    """DDIM with the share eta of fresh noise, from 0 (deterministic) to 1 (ancestral)."""
    return ExponentialIntegrator(Recipe((StepSpec(Form(0.0, eta=eta)),)), 1)
