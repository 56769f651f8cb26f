"""UniPC: a multistep predictor, and a corrector that costs no call because the next prediction uses its output.

Reference: Zhao et al. (2023), arXiv 2302.04867, algorithms 1 and 2 and appendix D.
"""

from typing import Literal

from sciml.solvers.exponential.form import DATA, NOISE
from sciml.solvers.exponential.integrator import ExponentialIntegrator
from sciml.solvers.exponential.recipe import Recipe, StepSpec


def unipc(
    order: int = 2,
    variant: Literal["bh1", "bh2"] = "bh2",
    prediction: Literal["x0", "eps"] = "x0",
    lower_final: bool = False,
) -> ExponentialIntegrator:
    """UniPC-p.

    Args:
        order: p, outputs that the predictor uses, at least 1; with the corrector the order of convergence is p + 1.
        variant: the function B(h) of the paper.
        prediction: what is interpolated.
        lower_final: the authors' fall to lower orders in the last steps.
    """
    form = DATA if prediction == "x0" else NOISE
    spec = StepSpec(form, order, order, rule=variant, corrector_rule=variant)
    return ExponentialIntegrator(Recipe((spec,), lower_final), order + 1)
