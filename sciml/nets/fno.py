"""The Fourier neural operator of the neuraloperator package, behind the interface of our networks.

Reference: Li et al. 2021, arXiv 2010.08895; Kossaifi et al. 2025, arXiv 2412.10354 (the package).
"""

import warnings
from collections.abc import Sequence
from typing import Any

from jaxtyping import Float
from torch import Tensor, nn

from sciml.io.errors import InputError


class FNO(nn.Module):
    """Maps the condition to a field; the state and the time that other networks get are not looked at.

    Args:
        inputs: channels of the condition.
        outputs: channels of the prediction.
        modes: Fourier modes kept along each axis.
        width: channels of the hidden layers.
        layers: Fourier layers.

    Raises:
        InputError: the neuraloperator package is not installed.
    """

    def __init__(self, inputs: int, outputs: int, modes: Sequence[int], width: int, layers: int) -> None:
        super().__init__()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                from neuralop.models import FNO as LibraryFNO
        except ImportError as error:
            raise InputError("`net.kind` fno needs the package neuraloperator: pip install 'sciml[workflow]'") from error
        self.operator = LibraryFNO(
            n_modes=tuple(modes), in_channels=inputs, out_channels=outputs, hidden_channels=width, n_layers=layers
        )
        self.register_state_dict_post_hook(_drop_metadata)

    def forward(
        self, x: Tensor, t: Tensor, cond: Float[Tensor, "batch condition *space"]
    ) -> Float[Tensor, "batch output *space"]:
        return self.operator(cond)


def _drop_metadata(module: nn.Module, state: dict[str, Any], prefix: str, local_metadata: dict) -> None:
    """The library adds its constructor's arguments, functions among them, to a dictionary that is to hold tensors."""
    state.pop("_metadata", None)
