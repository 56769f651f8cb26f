"""The libraries that solvers are compared with: those that are installed, and what each of them offers."""

from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from solver_model import Candidate

NEEDS = {
    "diffusers": ("diffusers",),
    "k-diffusion": ("k_diffusion", "torchsde", "torchdiffeq"),
    "torchdiffeq": ("torchdiffeq",),
    "azula": ("azula", "einops"),
}


def installed() -> list[str]:
    """Libraries that can be imported."""
    return [library for library, modules in NEEDS.items() if all(find_spec(module) for module in modules)]


def missing() -> list[str]:
    """Libraries that cannot; `make peers` installs them."""
    return [library for library in NEEDS if library not in installed()]


@lru_cache
def candidates(library: str, *, quick: bool = False) -> list[Candidate]:
    """What a library offers; only its best if `quick`."""
    module: Any = import_module(f"solver_{library.replace('-', '_')}")
    found: list[Candidate] = module.candidates()
    return [candidate for candidate in found if not quick or (candidate.solver, candidate.grid) in module.QUICK]
