"""Logistic and ridge regression on sparse features.

    min over w, b of  mean loss(b + w . (x - m) / s, v) + penalty |w|^2 / 2,       m, s mean and deviation of each feature,

loss log(1 + exp(z)) - v z for classes; (z - v)^2 / 2 for numbers, standardised too. Given back are the
coefficients of x itself.

Reference: Liu and Nocedal (1989), doi:10.1007/BF01589116, the optimiser L-BFGS.
"""

import numpy as np
from jaxtyping import Float64
from scipy.optimize import minimize
from scipy.sparse import csr_array
from scipy.special import expit

PENALTIES = (1.0, 0.3, 0.1, 0.03, 0.01, 0.003)
HELD_OUT = 5  # one in so many samples


class LinearProblem:
    """Features and what to predict from them.

    Args:
        features: (sample, feature).
        values: v; 0 and 1 for classes, else not all equal.
        classes: logistic regression; else ridge regression.
    """

    def __init__(self, features: csr_array, values: Float64[np.ndarray, " sample"], *, classes: bool) -> None:
        self.features, self.classes = features, classes
        self.centre = np.asarray(features.mean(0)).ravel()
        variance = np.asarray(features.multiply(features).mean(0)).ravel() - self.centre**2
        spread = np.sqrt(np.maximum(variance, 0))
        self.inverse = np.divide(1, spread, out=np.zeros(len(spread)), where=spread > 1e-9)  # constants say nothing
        self.offset, self.unit = (0.0, 1.0) if classes else (float(values.mean()), float(values.std()))
        self.values = (values - self.offset) / self.unit

    def solve(
        self, penalty: float, iterations: int = 200, start: Float64[np.ndarray, " parameter"] | None = None
    ) -> Float64[np.ndarray, " parameter"]:
        """w and, last, b.

        Args:
            penalty: above 0.
            iterations: of L-BFGS, at most.
            start: where to begin, by default at 0.
        """
        begin = np.zeros(self.features.shape[1] + 1) if start is None else start
        options = {"maxiter": iterations, "maxfun": 2 * iterations}
        return minimize(self._objective, begin, args=(penalty,), jac=True, method="L-BFGS-B", options=options).x

    def coefficients(self, parameters: Float64[np.ndarray, " parameter"]) -> tuple[Float64[np.ndarray, " feature"], float]:
        """Of the features as they are, and the constant, in the unit of the values."""
        slope = parameters[:-1] * self.inverse * self.unit
        return slope, float(self.offset + self.unit * parameters[-1] - self.centre @ slope)

    def _objective(self, parameters: np.ndarray, penalty: float) -> tuple[float, np.ndarray]:
        slope = parameters[:-1] * self.inverse
        loss, error = losses(self.features @ slope + (parameters[-1] - self.centre @ slope), self.values, self.classes)
        gradient = (self.features.T @ error - self.centre * error.sum()) * self.inverse / len(error)
        weights = parameters[:-1]
        return loss.mean() + penalty / 2 * weights @ weights, np.append(gradient + penalty * weights, error.mean())


def losses(
    z: Float64[np.ndarray, " sample"], values: Float64[np.ndarray, " sample"], classes: bool
) -> tuple[Float64[np.ndarray, " sample"], Float64[np.ndarray, " sample"]]:
    """Loss of each prediction, and its derivative."""
    if classes:
        return np.logaddexp(0, z) - values * z, expit(z) - values
    return (z - values) ** 2 / 2, z - values


def best_penalty(
    features: csr_array,
    values: Float64[np.ndarray, " sample"],
    generator: np.random.Generator,
    *,
    classes: bool,
    iterations: int = 200,
) -> float:
    """The one of `PENALTIES` under which four fifths of the samples predict the last fifth best; smaller ones are not tried
    once the loss has risen.

    Args:
        features, values, classes, iterations: as of `LinearProblem`.
        generator: chooses the fifth.
    """
    order = generator.permutation(len(values))
    held_out, rest = order[::HELD_OUT], np.delete(order, np.s_[::HELD_OUT])
    problem, unseen = LinearProblem(features[rest], values[rest], classes=classes), features[held_out]
    parameters, best, least = None, PENALTIES[0], np.inf
    for penalty in PENALTIES:
        parameters = problem.solve(penalty, iterations, parameters)
        weights, bias = problem.coefficients(parameters)
        loss = losses(unseen @ weights + bias, values[held_out], classes)[0].mean()
        if loss >= least:
            break
        best, least = penalty, loss
    return best
