"""The whitened solver: the flow of the data's own Gaussian is taken exactly, mode by mode, and only the rest interpolated.

What most data share, a mean and a spectrum, costs no steps then; what is left to the network is how the data differs from
a Gaussian. Of all the solvers here it is the most accurate at few calls, where statistics of the data are at hand.
"""

from sciml.denoisers.statistics import DataStatistics
from sciml.solvers.exponential.form import Form
from sciml.solvers.exponential.integrator import ExponentialIntegrator
from sciml.solvers.exponential.recipe import Recipe, StepSpec


def whitened(
    statistics: DataStatistics, order: int = 3, *, power: float = 1.0, corrector: bool = True, analytic_first: bool = True
) -> ExponentialIntegrator:
    """An exponential integrator in the modes of the statistics.

    Args:
        statistics: of the training data.
        order: outputs that the predictor uses.
        power: of the scale of the rest, see `form`.
        corrector: whether the state is improved once its output is seen, at no call; adds one to the order.
        analytic_first: whether the Gaussian answers the first call, at pure noise; saves a call.
    """
    spec = StepSpec(Form(statistics.variances.double(), power), order, order if corrector else 0)
    return ExponentialIntegrator(Recipe((spec,)), order + int(corrector), statistics, analytic_first)
