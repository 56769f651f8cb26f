"""The schedulers of diffusers as candidates.

They know a table of 1000 noise levels, which their constructor makes of float32 rates, and whole numbers as times: here
entry i is t = t_end + (1 - t_end) i / 999. Those of EDM and IPNDM take noise levels instead. The network is asked at the
time that the scheduler names, as in the library's pipelines, and predicts the noise, or what these two ask for.
"""

import math
import warnings
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

import torch
from diffusers.schedulers.scheduling_ddim import DDIMScheduler
from diffusers.schedulers.scheduling_deis_multistep import DEISMultistepScheduler
from diffusers.schedulers.scheduling_dpmsolver_multistep import DPMSolverMultistepScheduler
from diffusers.schedulers.scheduling_dpmsolver_singlestep import DPMSolverSinglestepScheduler
from diffusers.schedulers.scheduling_edm_dpmsolver_multistep import EDMDPMSolverMultistepScheduler
from diffusers.schedulers.scheduling_edm_euler import EDMEulerScheduler
from diffusers.schedulers.scheduling_euler_discrete import EulerDiscreteScheduler
from diffusers.schedulers.scheduling_heun_discrete import HeunDiscreteScheduler
from diffusers.schedulers.scheduling_ipndm import IPNDMScheduler
from diffusers.schedulers.scheduling_k_dpm_2_discrete import KDPM2DiscreteScheduler
from diffusers.schedulers.scheduling_lms_discrete import LMSDiscreteScheduler
from diffusers.schedulers.scheduling_pndm import PNDMScheduler
from diffusers.schedulers.scheduling_unipc_multistep import UniPCMultistepScheduler
from diffusers.utils.logging import set_verbosity_error
from solver_model import F64, Candidate, Model
from torch import Tensor

from sciml.processes.gaussian import GaussianProcess
from sciml.solvers.catalog import GRIDS

LIBRARY = "diffusers"
LEVELS = 1000
Options = dict[str, Any]

SPACINGS: dict[str, Options] = {name: {"timestep_spacing": name} for name in ("linspace", "leading", "trailing")}
SIGMAS: dict[str, Options] = {
    "karras": {"use_karras_sigmas": True},
    "exponential": {"use_exponential_sigmas": True},
    "beta": {"use_beta_sigmas": True},
}
LU: dict[str, Options] = {"lu": {"use_lu_lambdas": True}}
ALL = SPACINGS | SIGMAS
ENDS: dict[str, Options] = {"0": {"final_sigmas_type": "zero"}, "min": {"final_sigmas_type": "sigma_min"}}
ALPHA_ENDS: dict[str, Options] = {"0": {"set_alpha_to_one": True}, "min": {"set_alpha_to_one": False}}
EDM: dict[str, Options] = {name: {"sigma_schedule": name} for name in ("karras", "exponential")}

QUICK = {
    ("DEIS 3", "exponential"),
    ("DEIS 3", "karras"),
    ("DPM 3M", "karras, min"),
    ("DPM++ 3S", "default, min"),
    ("UniPC bh2 2", "exponential, 0"),
    ("UniPC bh2 3", "exponential, min"),
}


def candidates() -> list[Candidate]:
    """Schedulers of the probability flow that draw no noise, with every spacing, sigmas and end that each offers.

    Orders are 2 and 3 where there is a choice, 4 for LMS. Left out are the sigmas and the schedulers of rectified flows, the
    Runge-Kutta start of PNDM, the Heun form of DPM-Solver, UniPC in the noise prediction and SA-Solver without noise.
    """
    set_verbosity_error()
    found: list[Candidate] = []

    def add(solver: str, run: Callable[..., Any], make: Callable[..., Any], grids: Any, ends: Any, **fixed: Any) -> None:
        for grid, options in grids.items():
            for end, more in ends.items():
                name = f"{grid}, {end}" if end else grid
                found.append(Candidate(LIBRARY, solver, name, partial(run, partial(make, **fixed, **options, **more))))

    only: dict[str, Options] = {"": {}}
    add("DDIM", _preserving, DDIMScheduler, SPACINGS, ALPHA_ENDS, clip_sample=False)
    add("PNDM", _preserving, PNDMScheduler, SPACINGS, ALPHA_ENDS, skip_prk_steps=True)
    add("Euler", _exploding, EulerDiscreteScheduler, ALL, ENDS)
    add("Heun", _exploding, HeunDiscreteScheduler, ALL, only)
    add("DPM2", _exploding, KDPM2DiscreteScheduler, ALL, only)
    add("LMS 4", _exploding, LMSDiscreteScheduler, ALL, only)
    for k in (2, 3):
        plus, minus = (
            {"solver_order": k, "algorithm_type": "dpmsolver++"},
            {"solver_order": k, "algorithm_type": "dpmsolver"},
        )
        low = {"min": ENDS["min"]}
        single: dict[str, Options] = {"default": {}, **SIGMAS}
        add(f"DEIS {k}", _preserving, DEISMultistepScheduler, ALL, only, solver_order=k)
        add(f"DPM++ {k}M", _preserving, DPMSolverMultistepScheduler, ALL | LU, ENDS, **plus)
        add(f"DPM {k}M", _preserving, DPMSolverMultistepScheduler, ALL | LU, low, **minus)
        add(f"DPM++ {k}S", _preserving, DPMSolverSinglestepScheduler, single, ENDS, lower_order_final=True, **plus)
        add(f"DPM {k}S", _preserving, DPMSolverSinglestepScheduler, single, low, lower_order_final=True, **minus)
        for b in ("bh1", "bh2"):
            add(f"UniPC {b} {k}", _preserving, UniPCMultistepScheduler, ALL, ENDS, solver_order=k, solver_type=b)
        add(f"EDM DPM++ {k}M", _preconditioned, EDMDPMSolverMultistepScheduler, EDM, ENDS, solver_order=k)
    add("EDM Euler", _preconditioned, EDMEulerScheduler, EDM, ENDS)
    found += [Candidate(LIBRARY, "IPNDM", grid, partial(_of_angles, spaced)) for grid, spaced in GRIDS.items()]
    return found


@lru_cache(maxsize=16)
def _rates(process: GaussianProcess, t_end: float) -> list[float]:
    """beta_i, whose product of 1 - beta is 1 / (1 + s^2): a table of the process scaled to preserve the variance."""
    t = torch.linspace(t_end, 1.0, LEVELS, dtype=F64)
    kept = torch.sigmoid(2 * process.lambda_(t))
    return (1 - kept / torch.cat([kept.new_ones(1), kept[:-1]])).tolist()


def _level(model: Model, time: Tensor) -> Tensor:
    """s at a time of the scheduler."""
    t = model.t_end + (1 - model.t_end) * time.to(F64) / (LEVELS - 1)
    return torch.exp(-model.process.lambda_(t))


def _made(make: Callable[..., Any], model: Model, steps: int) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the noise form, which the library means to remove
        scheduler = make(trained_betas=_rates(model.process, model.t_end), num_train_timesteps=LEVELS)
        scheduler.set_timesteps(steps)
    return scheduler


def _preserving(make: Callable[..., Any], model: Model, steps: int) -> tuple[Tensor, bool]:
    """Schedulers whose state is y / sqrt(1 + s^2)."""
    scheduler = _made(make, model, steps)
    x = model.y / math.sqrt(1 + model.s_1**2)
    for time in scheduler.timesteps:
        x = scheduler.step(model.noise(x, partial(_level, model, time)), time, x).prev_sample
    sigmas = getattr(scheduler, "sigmas", None)
    kept = float(scheduler.final_alpha_cumprod) if sigmas is None else 1 / (1 + float(sigmas[-1]) ** 2)
    return _left(model, x / math.sqrt(kept), kept == 1)


def _exploding(make: Callable[..., Any], model: Model, steps: int) -> tuple[Tensor, bool]:
    """Schedulers whose state is y."""
    scheduler = _made(make, model, steps)
    y = model.y
    for time in scheduler.timesteps:
        scaled = scheduler.scale_model_input(y, time)
        y = scheduler.step(model.noise(scaled, partial(_level, model, time)), time, y).prev_sample
    return _left(model, y, float(scheduler.sigmas[-1]) == 0)


def _preconditioned(make: Callable[..., Any], model: Model, steps: int) -> tuple[Tensor, bool]:
    """Schedulers that ask for the F of Karras et al. (2022), arXiv 2206.00364, equation 7, at the time log(s) / 4."""
    scheduler = make(sigma_min=model.s_end, sigma_max=model.s_1)
    scheduler.set_timesteps(steps)
    y, d2 = model.y, scheduler.config.sigma_data**2
    for time in scheduler.timesteps:
        s = torch.exp(4 * time.to(F64))
        c_in, c_skip, c_out = (d2 + s**2).rsqrt(), d2 / (d2 + s**2), s * math.sqrt(d2) * (d2 + s**2).rsqrt()
        clean = scheduler.scale_model_input(y, time) / c_in
        y = scheduler.step((model.denoised(clean, s) - c_skip * clean) / c_out, time, y).prev_sample
    return _left(model, y, float(scheduler.sigmas[-1]) == 0)


def _of_angles(spaced: Callable[..., Tensor], model: Model, steps: int) -> tuple[Tensor, bool]:
    """IPNDM: takes a grid as the sines of the angles atan(s), and asks for the velocity, d/d angle of x = y cos(angle).

    The grid of its own begins where s is infinite, so it runs on ours.
    """
    s = torch.exp(-model.process.lambda_(spaced(model.process, steps, t_end=model.t_end)))
    scheduler = IPNDMScheduler(trained_betas=s.atan().sin().tolist())
    scheduler.set_timesteps(steps)
    x = model.y / math.sqrt(1 + model.s_1**2)
    for time in scheduler.timesteps:
        angle = time.to(F64) * math.pi / 2
        noise = model.noise(x, angle.tan)
        x = scheduler.step((noise - angle.sin() * x) / angle.cos(), time, x).prev_sample
    return model.leave(x / float(scheduler.alphas[-1])), False


def _left(model: Model, y: Tensor, clean: bool) -> tuple[Tensor, bool]:
    return (y if clean else model.leave(y)), clean
