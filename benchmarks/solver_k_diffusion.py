"""The samplers of k-diffusion as candidates; their model is E[x_0 | y = x_0 + s z]."""

import sys
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from solver_model import F64, Candidate, Model
from torch import Tensor

from sciml.solvers.catalog import GRIDS

LIBRARY = "k-diffusion"
QUICK = {
    ("dpmpp_2m", "log_snr"),
    ("dpmpp_2m", "quadratic"),
    ("dpmpp_3m_sde, eta 0", "log_snr"),
    ("dpmpp_3m_sde, eta 0", "quadratic"),
}


def samplers() -> ModuleType:
    """The library's sampling module alone: its package also imports training code, which asks for torchvision.

    Of the utilities that the module imports the samplers use one.
    """
    package = ModuleType("k_diffusion_samplers")
    package.utils = ModuleType("utils")  # type: ignore[attr-defined]
    package.utils.append_dims = lambda x, ndim: x.reshape(x.shape + (1,) * (ndim - x.ndim))
    sys.modules[package.__name__] = package
    found = find_spec("k_diffusion")
    assert found is not None and found.origin is not None  # whoever calls has looked
    spec = spec_from_file_location(f"{package.__name__}.sampling", Path(found.origin).with_name("sampling.py"))
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def candidates() -> list[Candidate]:
    """Samplers without noise on our grids, and on the library's own, which end at sigma = 0.

    Left out are those that choose their steps themselves, dpm_fast and dpm_adaptive, and dpmpp_sde.
    """
    k = samplers()
    calm = {"eta": 0.0, "noise_sampler": _no_noise}
    runs: dict[str, Callable[..., Tensor]] = {
        "euler": k.sample_euler,
        "heun": k.sample_heun,
        "dpm_2": k.sample_dpm_2,
        "lms 4": k.sample_lms,
        "dpmpp_2m": k.sample_dpmpp_2m,
        "dpmpp_2s_ancestral, eta 0": partial(k.sample_dpmpp_2s_ancestral, **calm),
        "dpmpp_2m_sde heun, eta 0": partial(k.sample_dpmpp_2m_sde, solver_type="heun", **calm),
        "dpmpp_3m_sde, eta 0": partial(k.sample_dpmpp_3m_sde, **calm),
    }
    own = {"karras, 0": k.get_sigmas_karras, "exponential, 0": k.get_sigmas_exponential}
    found = []
    for name, run in runs.items():
        found += [Candidate(LIBRARY, name, grid, partial(_run, run, partial(_ours, make))) for grid, make in GRIDS.items()]
        found += [Candidate(LIBRARY, name, grid, partial(_run, run, partial(_theirs, make))) for grid, make in own.items()]
    return found


def _no_noise(*ends: Any) -> float:
    return 0.0


def _ours(make: Callable[..., Tensor], model: Model, steps: int) -> Tensor:
    return torch.exp(-model.process.lambda_(make(model.process, steps, t_end=model.t_end)))


def _theirs(make: Callable[..., Tensor], model: Model, steps: int) -> Tensor:
    return make(steps, model.s_end, model.s_1).to(F64)


def _run(run: Callable[..., Tensor], make: Callable[..., Tensor], model: Model, steps: int) -> tuple[Tensor, bool]:
    levels = make(model, steps).to(model.y.dtype)
    y = run(lambda y, s: model.denoised(y, s[0]), model.y, levels, disable=True)
    clean = levels[-1] == 0
    return (y if clean else model.leave(y)), bool(clean)
