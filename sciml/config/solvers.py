"""Ways to sample: solvers, their orders and grids."""

from typing import Annotated, Literal

from pydantic import Field, PositiveInt, model_validator

from sciml.config.base import Config

SolverName = Literal[
    "auto",
    "ddim",
    "ddpm",
    "deis",
    "dpm_solver",
    "dpm_solver_multistep",
    "dpm_solver_pp",
    "dpm_solver_pp_multistep",
    "dpm_solver_pp_sde",
    "edm",
    "euler",
    "euler_maruyama",
    "heun",
    "ipndm",
    "lms",
    "pndm",
    "reverse_diffusion",
    "s4",
    "unipc",
]
ORDERS: dict[SolverName, tuple[int, ...]] = {
    "deis": (1, 2, 3, 4),
    "dpm_solver": (1, 2, 3),
    "dpm_solver_multistep": (1, 2, 3),
    "dpm_solver_pp": (1, 2, 3),
    "dpm_solver_pp_multistep": (1, 2, 3),
    "dpm_solver_pp_sde": (1, 2),
    "ipndm": (1, 2, 3, 4),
    "lms": (1, 2, 3, 4),
    "pndm": (2, 4),
    "unipc": (1, 2, 3),
}
STOCHASTIC: tuple[SolverName, ...] = ("ddpm", "dpm_solver_pp_sde", "euler_maruyama", "reverse_diffusion", "s4")


class SolverConfig(Config):
    """One way to sample."""

    name: SolverName = Field("ddim", description="auto: the best known for so many network calls, see docs/solvers.md")
    steps: PositiveInt = Field(10, description="of the grid; for auto, network calls")
    eta: Annotated[float, Field(ge=0, le=1)] = Field(0.0, description="DDIM only: 0 deterministic, 1 ancestral")
    order: PositiveInt | None = Field(None, description="of a method that comes in several; by default its most usual")
    grid: Literal["uniform", "quadratic", "log_snr", "karras", "sinh"] = "uniform"
    corrections: Annotated[int, Field(ge=0)] = Field(0, description="Langevin steps after each step, each at a call more")
    snr: Annotated[float, Field(gt=0, le=0.5)] = Field(0.16, description="of Langevin steps, and of S4's: signal over noise")
    noise_scale: Annotated[float, Field(ge=0, le=1)] = Field(
        1.0,
        description="of the Langevin steps' noise; below 1 narrows the law; for QM9 published 0.7, with snr 0.2",
    )

    @model_validator(mode="after")
    def _options_belong_to_the_solver(self) -> "SolverConfig":
        if self.name == "auto" and self.grid != "uniform":
            raise ValueError(f"`grid` must be left out for solver auto, which picks its own, got {self.grid}")
        if self.corrections and self.name in ("auto", "unipc"):
            raise ValueError(f"`corrections` must be 0 for solver {self.name}, got {self.corrections}")
        for name, default in (("snr", 0.16), ("noise_scale", 1.0)):
            if (value := getattr(self, name)) != default and not self.corrections and self.name != "s4":
                raise ValueError(f"`{name}` goes with solver s4 or `corrections`, of which there are none, got {value}")
        if self.eta and self.name != "ddim":
            raise ValueError(f"`eta` goes with solver ddim, not {self.name}")
        if self.order is not None and self.order not in (allowed := ORDERS.get(self.name, ())):
            choices = " or ".join(map(str, allowed)) or "left out"
            raise ValueError(f"`order` must be {choices} for solver {self.name}, got {self.order}")
        return self

    @property
    def stochastic(self) -> bool:
        """Whether it adds fresh noise, so that the same start does not lead to the same end."""
        return self.name in STOCHASTIC or self.eta > 0 or self.corrections > 0
