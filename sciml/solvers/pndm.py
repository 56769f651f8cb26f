"""PNDM: the constants of Adams and Bashforth on the noise prediction, moved by the formula of DDIM.

The constants hold for equal steps in the variable that the integral is over; here the kernel is that of DDIM, so that the
order is 2 whatever the number of outputs.

Reference: Liu et al. (2022), arXiv 2202.09778, equations 9 to 14; Zhang and Chen (2022), arXiv 2204.13902, appendix H, for
iPNDM, which starts with fewer outputs instead of Runge-Kutta steps.
"""

from sciml.solvers.exponential.form import NOISE
from sciml.solvers.exponential.integrator import ExponentialIntegrator
from sciml.solvers.exponential.recipe import Recipe, Stage, StepSpec

_HEUN = (Stage(1.0, (0,)), Stage(1.0, (0, 1), (1 / 2, 1 / 2)))
_RUNGE_KUTTA = (
    Stage(1 / 2, (0,)),
    Stage(1 / 2, (0,), (1.0,)),
    Stage(1.0, (0,), (1.0,)),
    Stage(1.0, (0, 1, 2, 3), (1 / 6, 1 / 3, 1 / 3, 1 / 6)),
)


def ipndm(order: int = 4) -> ExponentialIntegrator:
    """iPNDM with up to `order` outputs, 1 to 4."""
    if not 1 <= order <= 4:
        raise ValueError(f"`order` must lie in [1, 4], got {order}")
    return ExponentialIntegrator(Recipe((_adams_bashforth(order),)), min(order, 2))


def pndm(order: int = 4) -> ExponentialIntegrator:
    """S-PNDM (order 2: the first step takes two calls) or F-PNDM (order 4: the first three steps take four)."""
    if order not in (2, 4):
        raise ValueError(f"`order` must be 2 or 4, got {order}")
    stages = _HEUN if order == 2 else _RUNGE_KUTTA
    warm = StepSpec(NOISE, order, variable="t", stages=stages)
    return ExponentialIntegrator(Recipe((warm,) * (order - 1) + (_adams_bashforth(order),)), 2)


def _adams_bashforth(order: int) -> StepSpec:
    return StepSpec(NOISE, order, variable="t", rule="adams_bashforth")
