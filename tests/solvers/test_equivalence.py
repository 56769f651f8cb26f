"""The one core against the published formulas, written out here as their papers have them."""

import math
from itertools import pairwise

import pytest
import torch
from scipy.integrate import quad

from sciml.solvers.deis import deis, lms
from sciml.solvers.dpm_solver import (
    dpm_solver,
    dpm_solver_multistep,
    dpm_solver_pp,
    dpm_solver_pp_multistep,
    dpm_solver_pp_sde,
)
from sciml.solvers.grids import quadratic_grid
from sciml.solvers.integrate import integrate
from sciml.solvers.pndm import ipndm, pndm
from sciml.solvers.unipc import unipc

F64 = torch.float64


class Model:
    """What the formulas speak of, at one point of the grid each."""

    def __init__(self, process, denoiser, grid):
        self.process, self.denoiser = process, denoiser
        self.t = grid
        self.alpha, self.sigma, self.lam = process.alpha(grid), process.sigma(grid), process.lambda_(grid)

    def x_0(self, x, t):
        return self.denoiser(x, t).mean

    def eps(self, x, t):
        return (x - self.process.alpha(t) * self.x_0(x, t)) / self.process.sigma(t)

    def ddim(self, x, eps, t, s):
        """Equation 9 of PNDM and 12 of DDIM: the noise taken as constant."""
        p = self.process
        return p.alpha(s) * (x - p.sigma(t) * eps) / p.alpha(t) + p.sigma(s) * eps


def dpm_solver_singlestep(m, x, order):
    """Algorithms 1, 4 and 5 of arXiv 2206.00927."""
    p = m.process
    for i, (t, s) in enumerate(pairwise(m.t)):
        h = m.lam[i + 1] - m.lam[i]
        at = [p.t_of_lambda(m.lam[i] + r * h) for r in ((0.5,) if order == 2 else (1 / 3, 2 / 3))]
        e = m.eps(x, t)
        if order == 2:
            (mid,) = at
            u = p.alpha(mid) / p.alpha(t) * x - p.sigma(mid) * torch.expm1(h / 2) * e
            x = p.alpha(s) / p.alpha(t) * x - p.sigma(s) * torch.expm1(h) * m.eps(u, mid)
            continue
        (t1, t2), r2 = at, 2 / 3
        u1 = p.alpha(t1) / p.alpha(t) * x - p.sigma(t1) * torch.expm1(h / 3) * e
        d1 = m.eps(u1, t1) - e
        u2 = p.alpha(t2) / p.alpha(t) * x - p.sigma(t2) * torch.expm1(r2 * h) * e
        u2 = u2 - p.sigma(t2) * 2 * (torch.expm1(r2 * h) / (r2 * h) - 1) * d1
        d2 = m.eps(u2, t2) - e
        x = p.alpha(s) / p.alpha(t) * x - p.sigma(s) * torch.expm1(h) * e
        x = x - p.sigma(s) / r2 * (torch.expm1(h) / h - 1) * d2
    return x


def plus_plus_2s(m, x):
    """Algorithm 1 of arXiv 2211.01095 with r = 1/2."""
    p = m.process
    for i, (t, s) in enumerate(pairwise(m.t)):
        h = m.lam[i + 1] - m.lam[i]
        mid = p.t_of_lambda(m.lam[i] + h / 2)
        d = m.x_0(x, t)
        u = p.sigma(mid) / p.sigma(t) * x - p.alpha(mid) * torch.expm1(-h / 2) * d
        x = p.sigma(s) / p.sigma(t) * x - p.alpha(s) * torch.expm1(-h) * m.x_0(u, mid)
    return x


def multistep(m, x, order, prediction, churn=0.0, generator=None):
    """Algorithm 2 of arXiv 2211.01095, its noise form and its SDE; the third order as in the authors' code."""
    data, past = prediction == "x0", []
    for i in range(len(m.t) - 1):
        h = m.lam[i + 1] - m.lam[i]
        past.insert(0, m.x_0(x, m.t[i]) if data else m.eps(x, m.t[i]))
        if churn:
            keep, phi1 = m.sigma[i + 1] / m.sigma[i] * torch.exp(-h), torch.expm1(-2 * h)
        else:
            keep = m.sigma[i + 1] / m.sigma[i] if data else m.alpha[i + 1] / m.alpha[i]
            phi1 = torch.expm1(-h) if data else torch.expm1(h)
        scale = m.alpha[i + 1] if data else m.sigma[i + 1]
        start, x = x, keep * x - scale * phi1 * past[0]
        steps = [m.lam[i] - m.lam[i - 1], m.lam[i - 1] - m.lam[i - 2]] if i > 1 else [m.lam[i] - m.lam[i - 1]] if i else []
        count = min(order, i + 1)
        if count == 2:
            x = x - scale * phi1 / 2 * (past[0] - past[1]) / (steps[0] / h)
        if count == 3:
            r0, r1 = steps[0] / h, steps[1] / h
            d10, d11 = (past[0] - past[1]) / r0, (past[1] - past[2]) / r1
            d1, d2 = d10 + r0 / (r0 + r1) * (d10 - d11), (d10 - d11) / (r0 + r1)
            phi2 = phi1 / h + 1 if data else phi1 / h - 1
            phi3 = phi2 / h - 0.5
            x = x + scale * phi2 * d1 - scale * phi3 * d2 if data else x - scale * phi2 * d1 - scale * phi3 * d2
        if churn:
            noise = torch.randn(start.shape, generator=generator, dtype=start.dtype)
            x = x + m.sigma[i + 1] * torch.sqrt(-torch.expm1(-2 * h)) * noise
    return x


def adams_in_noise(m, x, order, weight):
    """x_s = alpha_s (x / alpha_t + sum_j weight(i, j) eps_j), equation 14 of arXiv 2204.13902."""
    past = []
    for i in range(len(m.t) - 1):
        past.insert(0, m.eps(x, m.t[i]))
        count = min(order, i + 1)
        x = x / m.alpha[i] + sum(weight(i, j, count) * past[j] for j in range(count))
        x = m.alpha[i + 1] * x
    return x


def lagrange(points, j, x):
    return math.prod((x - q) / (points[j] - q) for k, q in enumerate(points) if k != j)


def rho_weight(m):
    rho = (m.sigma / m.alpha).tolist()

    def weight(i, j, count):
        points = [rho[i - k] for k in range(count)]
        return quad(lambda r: lagrange(points, j, r), rho[i], rho[i + 1], epsabs=1e-14, epsrel=1e-13)[0]

    return weight


def t_weight(m):
    """The kernel of dx/dt = f x + g^2 / (2 sigma) eps, over alpha."""
    t = m.t.tolist()

    def weight(i, j, count):
        points = [t[i - k] for k in range(count)]

        def integrand(u):
            v = torch.tensor(u, dtype=F64)
            kernel = m.process.g2(v) / (2 * m.process.sigma(v) * m.process.alpha(v))
            return float(kernel) * lagrange(points, j, u)

        return quad(integrand, t[i], t[i + 1], epsabs=1e-14, epsrel=1e-13)[0]

    return weight


def adams_bashforth(m, x, order, warm):
    """Equations 11 to 13 of arXiv 2202.09778; iPNDM starts with fewer outputs."""
    table = {1: [1], 2: [3 / 2, -1 / 2], 3: [23 / 12, -16 / 12, 5 / 12], 4: [55 / 24, -59 / 24, 37 / 24, -9 / 24]}
    past = []
    for i, (t, s) in enumerate(pairwise(m.t)):
        e = m.eps(x, t)
        past.insert(0, e)
        if warm and i < order - 1:
            if order == 2:
                e = (e + m.eps(m.ddim(x, e, t, s), s)) / 2
            else:
                mid = (t + s) / 2
                e2 = m.eps(m.ddim(x, e, t, mid), mid)
                e3 = m.eps(m.ddim(x, e2, t, mid), mid)
                e4 = m.eps(m.ddim(x, e3, t, s), s)
                e = (e + 2 * e2 + 2 * e3 + e4) / 6
        else:
            e = sum(c * q for c, q in zip(table[min(order, i + 1)], past, strict=False))
        x = m.ddim(x, e, t, s)
    return x


def uni_pc(m, x, order, variant, prediction):
    """Algorithms 1 and 2 of arXiv 2302.04867, as in the authors' code, without the fall to lower orders at the end."""
    data = prediction == "x0"
    call = m.x_0 if data else m.eps
    past = [call(x, m.t[0])]
    for i in range(len(m.t) - 1):
        p, h = min(order, i + 1), m.lam[i + 1] - m.lam[i]
        hh = -h if data else h
        b_h = hh if variant == "bh1" else torch.expm1(hh)
        r = [(m.lam[i - k] - m.lam[i]) / h for k in range(1, p)] + [torch.ones((), dtype=F64)]
        d1 = [(past[k] - past[0]) / r[k - 1] for k in range(1, p)]
        phi, factorial, rows, b = torch.expm1(hh) / hh - 1, 1, [], []
        for k in range(1, p + 1):
            rows.append(torch.stack(r) ** (k - 1))
            b.append(phi * factorial / b_h)
            factorial *= k + 1
            phi = phi / hh - 1 / factorial
        rows, b = torch.stack(rows), torch.stack(b)
        half = torch.tensor([0.5], dtype=F64)
        predict = half if p == 2 else torch.linalg.solve(rows[:-1, :-1], b[:-1]) if p > 1 else []
        correct = half if p == 1 else torch.linalg.solve(rows, b)
        keep = m.sigma[i + 1] / m.sigma[i] if data else m.alpha[i + 1] / m.alpha[i]
        scale = m.alpha[i + 1] if data else m.sigma[i + 1]
        base = keep * x - scale * torch.expm1(hh) * past[0]
        y = base - scale * b_h * sum(c * d for c, d in zip(predict, d1, strict=True)) if p > 1 else base
        if i == len(m.t) - 2:
            return y
        new = call(y, m.t[i + 1])
        history = sum(c * d for c, d in zip(correct[:-1], d1, strict=True)) if p > 1 else 0
        x = base - scale * b_h * (history + correct[-1] * (new - past[0]))
        past.insert(0, new)
    return x


CASES = {
    "dpm_solver_2": (dpm_solver(2), lambda m, x: dpm_solver_singlestep(m, x, 2)),
    "dpm_solver_3": (dpm_solver(3), lambda m, x: dpm_solver_singlestep(m, x, 3)),
    "++2S": (dpm_solver_pp(2), plus_plus_2s),
    "++2M": (dpm_solver_pp_multistep(2), lambda m, x: multistep(m, x, 2, "x0")),
    "++3M": (dpm_solver_pp_multistep(3), lambda m, x: multistep(m, x, 3, "x0")),
    "2M": (dpm_solver_multistep(2), lambda m, x: multistep(m, x, 2, "eps")),
    "3M": (dpm_solver_multistep(3), lambda m, x: multistep(m, x, 3, "eps")),
    "lms_4": (lms(4), lambda m, x: adams_in_noise(m, x, 4, rho_weight(m))),
    "tAB3": (deis(4), lambda m, x: adams_in_noise(m, x, 4, t_weight(m))),
    "ipndm_4": (ipndm(4), lambda m, x: adams_bashforth(m, x, 4, warm=False)),
    "s_pndm": (pndm(2), lambda m, x: adams_bashforth(m, x, 2, warm=True)),
    "f_pndm": (pndm(4), lambda m, x: adams_bashforth(m, x, 4, warm=True)),
    **{
        f"unipc_{p}_{v}_{q}": (unipc(p, v, q), lambda m, x, p=p, v=v, q=q: uni_pc(m, x, p, v, q))
        for p in (1, 2, 3)
        for v in ("bh1", "bh2")
        for q in ("x0", "eps")
    },
}


@pytest.mark.parametrize("name", sorted(CASES))
def test_the_published_formula(process, mixture, name):
    solver, formula = CASES[name]
    grid = quadratic_grid(process, 8, t_end=0.02)
    x = process.prior((5, 2), generator=torch.Generator().manual_seed(0), dtype=F64)
    expected = formula(Model(process, mixture, grid), x)
    torch.testing.assert_close(integrate(solver, mixture, x, grid), expected, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("order", [1, 2])
def test_the_published_sde(mixture, process, order):
    grid = quadratic_grid(process, 8, t_end=0.02)
    x = process.prior((5, 2), generator=torch.Generator().manual_seed(0), dtype=F64)
    expected = multistep(Model(process, mixture, grid), x, order, "x0", 1.0, torch.Generator().manual_seed(1))
    found = integrate(dpm_solver_pp_sde(order), mixture, x, grid, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-10)
