"""Sums of a kernel over weighted samples: all that an estimator of the MMD and its bootstrap need of a kernel."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Float64
from scipy.sparse import csr_array
from torch import Tensor

ROWS = 16


class Gram(ABC):
    """A kernel between samples x_1 ... x_n of one law and y_1 ... y_m of another."""

    @property
    @abstractmethod
    def n(self) -> int:
        """Samples of the first."""

    @property
    @abstractmethod
    def m(self) -> int:
        """Samples of the second."""

    @abstractmethod
    def sums(self, w: Tensor, v: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """For rows of weights, sum_{i != j} w_i w_j k(x_i, x_j), the same of v and y, and sum_ij w_i v_j k(x_i, y_j)."""

    @abstractmethod
    def squares(self) -> tuple[Tensor, Tensor]:
        """k(x_i, x_i) and k(y_j, y_j)."""


@dataclass(frozen=True)
class DenseGram(Gram):
    """Kernel matrices.

    Args:
        xx: within the first set.
        yy: within the second.
        xy: across.
    """

    xx: Float64[Tensor, "n n"]
    yy: Float64[Tensor, "m m"]
    xy: Float64[Tensor, "n m"]

    @property
    def n(self) -> int:
        return len(self.xx)

    @property
    def m(self) -> int:
        return len(self.yy)

    def sums(self, w: Tensor, v: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        x, y = self.squares()
        within_x = ((w @ self.xx) * w).sum(1) - w.square() @ x
        within_y = ((v @ self.yy) * v).sum(1) - v.square() @ y
        return within_x, within_y, ((w @ self.xy) * v).sum(1)

    def squares(self) -> tuple[Tensor, Tensor]:
        return self.xx.diagonal(), self.yy.diagonal()


@dataclass(frozen=True)
class LinearGram(Gram):
    """A linear kernel, k(x, y) = x . y, of sparse features: never a matrix of pairs, so sets may be large.

    Args:
        x: scipy matrix in rows, (n, feature).
        y: scipy matrix in rows, (m, feature).
    """

    x: csr_array
    y: csr_array

    @property
    def n(self) -> int:
        return self.x.shape[0]

    @property
    def m(self) -> int:
        return self.y.shape[0]

    def sums(self, w: Tensor, v: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        x, y = self._shared
        rows = []
        for own, other in zip(w.split(ROWS), v.split(ROWS), strict=True):  # few at a time: the features are many
            p, q = x.T @ own.numpy().T, y.T @ other.numpy().T
            rows.append(np.stack([(p * p).sum(0), (q * q).sum(0), (p * q).sum(0)]))
        total = torch.from_numpy(np.concatenate(rows, axis=1))
        return total[0] - w.square() @ _norms(x), total[1] - v.square() @ _norms(y), total[2]

    def squares(self) -> tuple[Tensor, Tensor]:
        return _norms(self.x), _norms(self.y)

    @cached_property
    def _shared(self) -> tuple[csr_array, csr_array]:
        """The features less those that a single sample has: they count in no pair of two, and are most."""
        having = np.bincount(np.concatenate([self.x.indices, self.y.indices]), minlength=self.x.shape[1])
        return self.x[:, having > 1], self.y[:, having > 1]


def _norms(features: csr_array) -> Tensor:
    return torch.from_numpy(np.asarray(features.multiply(features).sum(1)).ravel())
