"""Train the model of stability changes on measured mutations."""

from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Float, Integer
from torch import Generator, Tensor, nn

from sciml.config.inverse_folding import StabilityConfig
from sciml.sequences.stability.model import StabilityModel, StabilityNet
from sciml.sequences.stability.mutations import Mutations
from sciml.sequences.stability.sites import mutant_tokens, mutated_sites
from sciml.training.batches import hash_seed
from sciml.training.fit import fit

UNTOLD = 0.2  # share of mutations whose exposure is not told while training, so that the model can do without


@dataclass(frozen=True)
class TrainedStability:
    """A fitted model, and what its training took."""

    model: StabilityModel
    cpu_seconds: float
    parameters: int


class StabilityObjective(nn.Module):
    """Mean square error in (kcal/mol)^2, called as objective(generator, windows, exposure, mutants, ddG)."""

    def __init__(self, net: StabilityNet) -> None:
        super().__init__()
        self.net = net

    def forward(
        self,
        generator: Generator,
        windows: Integer[Tensor, "row window"],
        exposure: Float[Tensor, " row"],
        mutants: Integer[Tensor, " row"],
        ddg: Float[Tensor, " row"],
    ) -> Float[Tensor, ""]:
        told = torch.rand(len(exposure), generator=generator, device=exposure.device) >= UNTOLD
        changes = self.net(windows, torch.where(told, exposure, -1.0))
        return (changes.gather(1, mutants[:, None])[:, 0] - ddg).square().mean()


def train_stability(
    config: StabilityConfig,
    mutations: Mutations,
    *,
    seed: int,
    run_directory: Path,
    fingerprint: str,
    time_limit: float | None = None,
) -> TrainedStability:
    """Fit each network from other weights and shuffles.

    Args:
        config: how many networks, and how.
        mutations: the training set, and nothing else.
        seed: of weights, shuffles and noise.
        run_directory: checkpoints and events of network k lie in FINGERPRINT/k.
        fingerprint: of configuration, data and seed.
        time_limit: wall seconds of a network after which to save and stop.

    Raises:
        InputError: fewer mutations than a batch.
        Stopped, NonFiniteLoss: see `fit`.
    """
    sites = mutated_sites(mutations, config.reach)
    exposure = sites.exposure if config.exposure else torch.full_like(sites.exposure, -1.0)
    examples = sites.windows, exposure, mutant_tokens(mutations), torch.from_numpy(mutations.ddg).float()
    torch.manual_seed(hash_seed(seed, 0))
    model, spent = StabilityModel(config), 0.0
    for k, member in enumerate(model.members):
        assert isinstance(member, StabilityNet)
        with torch.no_grad():
            member.out.bias[-1] = examples[-1].mean()
        run = run_directory / fingerprint / str(k)
        report = fit(
            StabilityObjective(member),
            examples,
            config.training,
            seed=hash_seed(seed, 1, k),
            directory=run,
            fingerprint=fingerprint,
            time_limit=time_limit,
        )
        spent += report.cpu_seconds
    model = model.to("cpu").eval().requires_grad_(False)
    return TrainedStability(model, spent, sum(parameter.numel() for parameter in model.parameters()))
