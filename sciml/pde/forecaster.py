"""A trained forecaster: how fields are represented, what they are conditioned on, and a predictor."""

from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor, nn

from sciml.config.solvers import SolverConfig
from sciml.pde.baselines import Baseline
from sciml.pde.conditions import Conditions, Reference
from sciml.pde.data.windows import Windows
from sciml.pde.geometry import Geometry
from sciml.pde.predictors import Predictor, Sampler
from sciml.pde.representation import Representation


@dataclass(frozen=True)
class Forecast:
    """Forecasts in the units of the data.

    Attributes:
        fields: one per window and member.
        nfe: network calls a sample took; 0 without a network.
        solver: what a table calls the way they were made.
        picked: what the solver `auto` stood for; else empty.
    """

    fields: Float[Tensor, "window member channel predicted *space"]
    nfe: int
    solver: str = "closed form"
    picked: str = ""


class Forecaster(nn.Module):
    """Predicts the target of windows from the rest.

    Args:
        geometry: sizes of the windows.
        representation: of the target.
        conditions: of everything else.
        predictor: from conditions to states.
        reference: the forecast whose error is predicted, or None.
        band_weight: power of a sub-band's deviation by which its squared error is weighted in the loss.

    Attributes:
        student: the solver that it was distilled for, if it was; another makes no sense of it.
    """

    def __init__(
        self,
        geometry: Geometry,
        representation: Representation,
        conditions: Conditions,
        predictor: Predictor,
        reference: Reference | None = None,
        band_weight: float = 0.0,
    ) -> None:
        super().__init__()
        self.geometry, self.band_weight = geometry, band_weight
        self.representation, self.conditions = representation, conditions
        self.predictor, self.reference = predictor, reference
        self.precision = "32"
        self.student: SolverConfig | None = None

    @property
    def generative(self) -> bool:
        """Whether forecasts are samples, so that several members make an ensemble."""
        return self.predictor.generative

    def fit_statistics(self, windows: Windows) -> None:
        """Fit reference, representation and conditions to training windows: all but the network."""
        if self.reference is not None:
            self.reference.fit(windows)
        self.representation.fit(self._residual(windows))
        self.conditions.fit(windows, self.reference)

    @torch.no_grad()
    def examples(self, windows: Windows, chunk: int = 128) -> tuple[Tensor, Tensor]:
        """(states, conditions) to train on."""
        parts = [windows[slice(k, k + chunk)] for k in range(0, len(windows), chunk)]
        states = torch.cat([self.representation.encode(self._residual(part)) for part in parts])
        return states, torch.cat([self.conditions(part, self.reference) for part in parts])

    def objective(self) -> nn.Module:
        """The loss, with sub-bands weighted by `weight`."""
        return self.predictor.objective(self.weight())

    def weight(self) -> Float[Tensor, "channel *ones"]:
        """Of the squared error of each channel: its deviation to a power, in the mean 1."""
        weight = self.representation.state_deviation() ** self.band_weight
        return (weight / weight.mean()).reshape(-1, *[1] * len(self.representation.grid))

    @torch.no_grad()
    def forecast(self, windows: Windows, *, members: int = 1, sampler: Sampler | None = None, batch: int = 64) -> Forecast:
        """Forecast windows, on the device that the forecaster is on; the fields come back to the processor.

        Args:
            members: samples for each window; a predictor that does not sample makes 1.
            sampler: needed by a predictor that samples.
            batch: states in one network call, at most (at least one window's members).
        """
        members = members if self.generative else 1
        size, blocks, nfe = max(1, batch // members), [], 0
        device = self.representation.deviation.device
        for first in range(0, len(windows), size):
            part = _on_device(windows[slice(first, first + size)], device)
            cond = self.conditions(part, self.reference).repeat_interleave(members, 0)
            like = cond.new_zeros(len(cond), *self.representation.state_shape)
            with torch.autocast(cond.device.type, dtype=torch.bfloat16, enabled=self.precision == "bf16"):
                state, nfe = self.predictor.draw(like, cond, sampler)
            fields = self.representation.decode(state.to(cond.dtype)).unflatten(0, (-1, members))
            if self.reference is not None:
                fields = fields + self.reference.forecast(part).unsqueeze(1)
            blocks.append(fields.cpu())
        label, picked = (sampler.label, sampler.picked) if sampler else ("one call", "")
        return Forecast(torch.cat(blocks), nfe, label, picked)

    def _residual(self, windows: Windows) -> Tensor:
        return windows.target if self.reference is None else windows.target - self.reference.forecast(windows)


def _on_device(windows: Windows, device: torch.device) -> Windows:
    forcing = None if windows.forcing is None else windows.forcing.to(device)
    moved = (windows.given.to(device), windows.target.to(device), forcing, windows.phase.to(device))
    return replace(windows, given=moved[0], target=moved[1], forcing=moved[2], phase=moved[3])


AnyForecaster = Forecaster | Baseline
