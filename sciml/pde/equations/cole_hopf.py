r"""Exact solution of the unforced viscous Burgers equation on the line, by the Cole-Hopf transform.

u = -2 nu (log phi)_x turns u_t + u u_x = nu u_xx into the heat equation for phi = exp(-U / (2 nu)), where U is the
potential of u_0 (U' = u_0). Hence

    u(x, t) = int u_0(y) w(y) dy / int w(y) dy,    log w(y) = -(x - y)^2 / (4 nu t) - U(y) / (2 nu).

Both integrals are taken by the trapezium rule on the same nodes, which converges faster than any power for smooth
u_0, and the largest log w is taken off before exponentiating, so nothing overflows at small nu. Initial data that
are odd and of period 2 (sin(pi k x)) stay so: they solve the problem with u = 0 at the walls 0 and 1.

Reference:
    Hopf 1950, doi:10.1002/cpa.3160030302, equation (3).
"""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from sciml.io.errors import InputError


def cole_hopf(
    x: Float[Tensor, " points"],
    t: float,
    *,
    velocity: Callable[[Tensor], Tensor],
    potential: Callable[[Tensor], Tensor],
    largest: float,
    viscosity: float,
    quadrature: int = 4001,
) -> Float[Tensor, " points"]:
    """u(x, t) in float64.

    Args:
        x: Where, non-dimensional.
        t: When, at least 0, non-dimensional.
        velocity: u_0, smooth, on the whole line.
        potential: U with U' = u_0; any constant of integration.
        largest: A bound on |u_0|: what arrives at x began within t * largest of it.
        viscosity: nu > 0, non-dimensional.
        quadrature: Number of nodes; their spacing should be well below sqrt(2 nu t) and 2 nu / |u_0|.

    Raises:
        InputError: t < 0 or viscosity <= 0.
    """
    if t < 0 or viscosity <= 0:
        raise InputError(f"`t` must be at least 0 and `viscosity` above 0, got {t} and {viscosity}")
    x = x.double()
    if t == 0:
        return velocity(x)
    reach = t * largest + 9.0 * (2.0 * viscosity * t) ** 0.5  # nine deviations of the heat kernel
    shift = torch.linspace(-reach, reach, quadrature, dtype=torch.float64, device=x.device)
    y = x[:, None] - shift
    log_w = -(shift**2) / (4.0 * viscosity * t) - potential(y) / (2.0 * viscosity)
    return (torch.softmax(log_w, dim=1) * velocity(y)).sum(dim=1)
