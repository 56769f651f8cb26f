"""The Gaussian processes by the name a configuration gives them."""

from collections.abc import Callable

from sciml.processes.gaussian import GaussianProcess
from sciml.processes.linear_path import LinearPath
from sciml.processes.sub_vp import SubVP
from sciml.processes.ve import VE
from sciml.processes.vp import VPCosine, VPLinear

PROCESSES: dict[str, Callable[..., GaussianProcess]] = {
    "vp_linear": VPLinear,
    "vp_cosine": VPCosine,
    "sub_vp": SubVP,
    "ve": VE,
    "linear_path": LinearPath,
}
