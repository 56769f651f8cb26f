"""Dropout of a share of a batch, drawn as for the whole of it.

On the processor dropout fills a tensor with the shape of its input by draws from the global generator. Here each process
draws for all rows and keeps its own: what is dropped is what one process drops, and the global generators stay equal. On a
GPU one process drops by a kernel of its own; several draw other numbers of the same law, the same however many they are.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode


def drops(net: nn.Module) -> bool:
    """Whether a network has dropout: a layer for it, or a rate named `dropout`."""
    rates = [part.p if isinstance(part, nn.Dropout) else getattr(part, "dropout", 0.0) for part in net.modules()]
    return any(isinstance(rate, float) and rate > 0 for rate in rates)


class WholeDropout(TorchFunctionMode):
    """Within the context `dropout` draws for all rows of the batch.

    Args:
        rows: of the batch.
        size: rows that this process has.
        index: which they are, on a device.
    """

    def __init__(self, rows: int, size: int, index: Callable[[torch.device], Tensor]) -> None:
        super().__init__()
        self.rows, self.size, self.index = rows, size, index

    def __torch_function__(
        self, function: Callable[..., Any], types: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        if function is not F.dropout:
            return function(*args, **(kwargs or {}))
        return self._dropped(*args, **(kwargs or {}))

    def _dropped(self, x: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
        """x m / (1 - p), m being 1 with probability 1 - p and else 0.

        Raises:
            ValueError: the first dimension of x is not that of the batch.
        """
        if not training or p == 0:
            return x
        if len(x) != self.size:
            raise ValueError(f"dropout must act on rows of the batch, {self.size} in this process, got {tuple(x.shape)}")
        strides = x.stride()
        order = sorted(range(x.ndim), key=lambda axis: -strides[axis])  # as the draws lie in memory
        kept = torch.empty_permuted((self.rows, *x.shape[1:]), order, dtype=x.dtype, device=x.device).bernoulli_(1 - p)
        return x * kept[self.index(x.device)] / (1 - p)
