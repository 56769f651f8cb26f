"""What a forecast is conditioned on, as clean channels on the grid of the state: no noise, no loss.

The channels are, in this order: the given frames, the forcing, the reference forecast if the model predicts its error, and
sine and cosine of the phase of the first frame to be predicted if the data has a cycle. Fields pass through a
representation like the target's, with statistics of their own.
"""

import math
from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from sciml.pde.baselines import Climatology, DampedPersistence
from sciml.pde.data.windows import Windows
from sciml.pde.geometry import Geometry
from sciml.pde.representation import Representation

MakeRepresentation = Callable[[int, Sequence[int]], Representation]
Reference = Climatology | DampedPersistence


class Conditions(nn.Module):
    """Turns windows into condition channels.

    Where time stays an axis of the state, each given frame is held constant over the predicted frames, so that its channels
    have the state's size; where time is folded into channels, the given frames are transformed as a block of their own.

    Args:
        geometry: sizes of the windows.
        make: builds a representation from (channels, (time, *space)).
        fold_time: as in the representation of the target.
        reference: the forecast whose error is predicted, if any; given frames are then anomalies from its climatology.
    """

    def __init__(
        self, geometry: Geometry, make: MakeRepresentation, fold_time: bool, reference: Reference | None = None
    ) -> None:
        super().__init__()
        self.geometry, self.fold_time = geometry, fold_time
        g = geometry
        self.given = (
            make(g.channels, (g.given, *g.space)) if fold_time else make(g.channels * g.given, (g.predicted, *g.space))
        )
        self.forcing = make(g.forces, g.shape) if g.forces else None
        self.reference = make(g.channels, g.shape) if reference is not None else None

    @property
    def channels(self) -> int:
        """Channels of the condition."""
        parts = [part for part in (self.given, self.forcing, self.reference) if part is not None]
        return sum(part.state_shape[0] for part in parts) + (2 if self.geometry.cyclic else 0)

    def fit(self, windows: Windows, reference: Reference | None) -> "Conditions":
        """Compute the statistics of every block from training windows."""
        for part, fields in self._blocks(windows, reference):
            part.fit(fields)
        return self

    def forward(self, windows: Windows, reference: Reference | None) -> Float[Tensor, "window condition *grid"]:
        channels = [part.encode(fields) for part, fields in self._blocks(windows, reference)]
        if self.geometry.cyclic:
            angle = 2 * math.pi * windows.phase[:, self.geometry.given].to(channels[0]) / self.geometry.phases
            clock = torch.stack([angle.sin(), angle.cos()], 1)
            grid = channels[0].shape[2:]
            channels.append(clock.reshape(*clock.shape, *[1] * len(grid)).expand(-1, -1, *grid))
        return torch.cat(channels, dim=1)

    def _blocks(self, windows: Windows, reference: Reference | None) -> list[tuple[Representation, Tensor]]:
        given = windows.given if reference is None else reference.anomaly_of_given(windows)
        if not self.fold_time:
            held = given.flatten(1, 2).unsqueeze(2)
            given = held.expand(-1, -1, self.geometry.predicted, *self.geometry.space)
        blocks = [(self.given, given)]
        if self.forcing is not None and windows.forcing is not None:
            blocks.append((self.forcing, windows.forcing))
        if self.reference is not None and reference is not None:
            blocks.append((self.reference, reference.forecast(windows)))
        return blocks
