"""The solvers of this package as candidates for the table."""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from solver_model import Candidate, Model
from torch import Tensor

from sciml.denoisers.denoiser import Denoiser, Dirac
from sciml.denoisers.statistics import DataStatistics
from sciml.solvers.catalog import GRIDS
from sciml.solvers.ddim import ddim
from sciml.solvers.deis import deis, lms
from sciml.solvers.dpm_solver import dpm_solver, dpm_solver_multistep, dpm_solver_pp, dpm_solver_pp_multistep
from sciml.solvers.dpm_solver_v3 import ModelStatistics, dpm_solver_v3
from sciml.solvers.edm import EDM
from sciml.solvers.euler import Euler
from sciml.solvers.exponential.form import DATA, NOISE, VELOCITY
from sciml.solvers.exponential.integrator import ExponentialIntegrator
from sciml.solvers.exponential.plain import exponential
from sciml.solvers.exponential.recipe import Recipe, StepSpec
from sciml.solvers.exponential.straight import STRAIGHT
from sciml.solvers.heun import Heun
from sciml.solvers.integrate import integrate
from sciml.solvers.pndm import ipndm, pndm
from sciml.solvers.solver import Solver
from sciml.solvers.unipc import unipc
from sciml.solvers.whitened import whitened

Make = Callable[[DataStatistics], Solver[Tensor, Any]]
LIBRARY = "sciml"


class Asked(Denoiser):
    """A model under test as a denoiser."""

    def __init__(self, model: Model) -> None:
        super().__init__(model.process)
        self.model = model

    def forward(self, x_t: Tensor, t: Tensor, cond: Any = None) -> Dirac[Tensor]:
        return Dirac(self.model.mean(x_t, t))


def named() -> dict[str, Make]:
    """The solvers of the catalog that draw no noise and the exponential integrators, in orders worth their calls."""
    makes: dict[str, Callable[[], Solver[Tensor, Any]]] = {
        "ddim": ddim,
        "edm": EDM,
        "euler": Euler,
        "heun": Heun,
        "lms 4": lms,
    }
    makes |= {f"deis {k}": partial(deis, k) for k in (2, 3, 4)}
    for k in (2, 3):
        makes[f"dpm_solver {k}"] = partial(dpm_solver, k)
        makes[f"dpm_solver_multistep {k}"] = partial(dpm_solver_multistep, k)
        makes[f"dpm_solver_pp {k}"] = partial(dpm_solver_pp, k)
        makes[f"dpm_solver_pp_multistep {k}"] = partial(dpm_solver_pp_multistep, k)
        makes |= {f"unipc {k} {v} {p}": partial(unipc, k, v, p) for v in ("bh1", "bh2") for p in ("x0", "eps")}
    makes |= {f"ipndm {k}": partial(ipndm, k) for k in (3, 4)}
    makes |= {f"pndm {k}": partial(pndm, k) for k in (2, 4)}
    for name, form in {"data": DATA, "noise": NOISE, "velocity": VELOCITY}.items():
        makes |= {f"exponential {name} {k}": partial(exponential, form, k) for k in (2, 3, 4)}
        makes |= {f"exponential {name} {k} corrected": partial(exponential, form, k, corrector=k) for k in (2, 3, 4)}
    makes |= {f"exponential straight {k}": partial(exponential, STRAIGHT, k, variable="tau") for k in (2, 3, 4)}
    return {name: partial(_ignoring_statistics, make) for name, make in makes.items()}


def _ignoring_statistics(make: Callable[[], Solver[Tensor, Any]], statistics: DataStatistics) -> Solver[Tensor, Any]:
    return make()


def noise_analytic_first(statistics: DataStatistics) -> ExponentialIntegrator:
    """Four outputs in the noise form, the first call answered by the Gaussian."""
    return ExponentialIntegrator(Recipe((StepSpec(NOISE, 4),)), 4, statistics, analytic_first=True)


def with_statistics() -> dict[str, Make]:
    """The solvers that know the mean and the spectrum of the data."""
    makes: dict[str, Make] = {"noise 4, analytic first": noise_analytic_first}
    for k in (2, 3):
        for p in (0.5, 1.0):
            for first, suffix in ((True, ""), (False, ", first call")):
                make = partial(whitened, order=k, power=p, analytic_first=first)
                makes[f"whitened {k}, power {p}{suffix}"] = make
    return makes


def with_model() -> dict[str, Callable[[ModelStatistics], Solver[Tensor, Any]]]:
    """The solvers that also know what was measured on the model."""
    makes: dict[str, Callable[[ModelStatistics], Solver[Tensor, Any]]] = {}
    for k in (2, 3):
        makes[f"dpm_solver_v3 {k}"] = partial(dpm_solver_v3, order=k)
        makes[f"dpm_solver_v3 {k}, analytic first"] = partial(dpm_solver_v3, order=k, analytic_first=True)
    return makes


LEARNED: dict[str, Make] = {
    "whitened 3, learned grid": whitened,
    "whitened 3, power 0.5, learned grid": partial(whitened, power=0.5),
    "noise 4, learned grid": noise_analytic_first,
}


def names() -> list[str]:
    """Of all but those on learned grids."""
    return [*named(), *with_statistics(), *with_model()]


def candidates(statistics: DataStatistics, measured: ModelStatistics | None = None) -> list[Candidate]:
    """Every solver that goes with what is known, on every grid."""
    solvers = {name: make(statistics) for name, make in (named() | with_statistics()).items()}
    if measured is not None:
        solvers |= {name: make(measured) for name, make in with_model().items()}
    return [
        Candidate(LIBRARY, name, grid, partial(_run, solver, spaced))
        for name, solver in solvers.items()
        for grid, spaced in GRIDS.items()
    ]


def _run(solver: Solver[Tensor, Any], spaced: Callable[..., Tensor], model: Model, steps: int) -> tuple[Tensor, bool]:
    grid = spaced(model.process, steps, t_end=model.t_end)
    with torch.no_grad():
        return integrate(solver, Asked(model), model.x, grid), False
