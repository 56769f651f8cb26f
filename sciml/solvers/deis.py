"""DEIS: the noise prediction extrapolated by polynomials in t or in sigma / alpha, integrated exactly.

In sigma / alpha it is the linear multistep method (LMS) of Adams and Bashforth for the flow in those coordinates.

Reference: Zhang and Chen (2022), arXiv 2204.13902, equations 14 and 15 (tAB) and proposition 3 (rhoAB); Katherine Crowson's
k-diffusion (2022) for LMS.
"""

from typing import Literal

from sciml.solvers.exponential.form import NOISE
from sciml.solvers.exponential.integrator import ExponentialIntegrator
from sciml.solvers.exponential.recipe import Recipe, StepSpec


def deis(order: int = 3, variable: Literal["t", "rho"] = "t") -> ExponentialIntegrator:
    """tAB-DEIS or rhoAB-DEIS with `order` outputs of the model; their tAB3 is our order 4."""
    return ExponentialIntegrator(Recipe((StepSpec(NOISE, order, variable=variable),)), order)


def lms(order: int = 4) -> ExponentialIntegrator:
    """The linear multistep method."""
    return deis(order, "rho")
