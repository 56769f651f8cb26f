"""A model of stability changes: for each site of a protein the change by each letter that it may become.

With c the window of native letters around a site whose native letter is n, and z the exposure,

    h = gelu(W_2 gelu(W_1 c + W_0 (n, z))),        o = W_3 h + W_4 (n, z) of 21 numbers,
    M(a) = o(a) - o(n) + o(21) for a other than n, in kcal/mol,      M(n) = 0.

The last number is what it costs to leave the native letter for any other. Several networks are averaged.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from jaxtyping import Float, Integer
from torch import Tensor, nn

from sciml.config.inverse_folding import StabilityConfig
from sciml.sequences.data.sequence_set import PROTEIN
from sciml.sequences.stability.mutations import Mutations
from sciml.sequences.stability.sites import Sites, all_sites, mutant_tokens, mutated_sites

LETTERS = len(PROTEIN)
CODE = 8  # numbers that a letter of the window is told by


class StabilityNet(nn.Module):
    """One network.

    Args:
        width: channels.
        reach: letters on either side.
        dropout: probability of dropping an activation while training.
    """

    def __init__(self, width: int, reach: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.reach = reach
        self.code, self.window = nn.Linear(LETTERS, CODE, bias=False), nn.Linear((2 * reach + 1) * CODE, width)
        self.own, self.direct = nn.Linear(LETTERS + 2, width), nn.Linear(LETTERS + 2, LETTERS + 1)
        self.hidden, self.out = nn.Linear(width, width), nn.Linear(width, LETTERS + 1)
        self.dropout = nn.Dropout(dropout)

    def forward(
        self, windows: Integer[Tensor, "row window"], exposure: Float[Tensor, " row"]
    ) -> Float[Tensor, "row letter=20"]:
        """M of each site, in kcal/mol; of a site whose letter is not known o(a) + o(21)."""
        letters = F.one_hot(windows, LETTERS + 1)[..., :LETTERS].to(exposure)
        native, known = letters[:, self.reach], (exposure >= 0).to(exposure)
        own = torch.cat([native, known[:, None], (exposure * known)[:, None]], 1)
        h = self.dropout(F.gelu(self.window(self.code(letters).flatten(1)) + self.own(own)))
        said = self.out(self.dropout(F.gelu(self.hidden(h)))) + self.direct(own)
        each, cost = said[:, :-1], said[:, -1:]
        return (each - (each * native).sum(1, keepdim=True) + cost) * (1 - native)


class StabilityModel(nn.Module):
    """The mean of several networks.

    Args:
        config: how many, and how large.
    """

    def __init__(self, config: StabilityConfig) -> None:
        super().__init__()
        self.config = config
        self.members = nn.ModuleList(StabilityNet(config.width, config.reach, config.dropout) for _ in range(config.members))

    def forward(self, sites: Sites) -> Float[Tensor, "row letter=20"]:
        """M of each site, in kcal/mol; positive destabilises."""
        exposure = sites.exposure if self.config.exposure else torch.full_like(sites.exposure, -1.0)
        return torch.stack([member(sites.windows, exposure) for member in self.members]).mean(0)

    @torch.no_grad()
    def predict(self, mutations: Mutations) -> Float[Tensor, " row"]:
        """ddG of single mutations, in kcal/mol; positive destabilises."""
        changes = self.eval()(mutated_sites(mutations, self.config.reach))
        return changes.gather(1, mutant_tokens(mutations)[:, None])[:, 0]

    @torch.no_grad()
    def changes(self, sequence: str, exposure: Sequence[float] | None = None) -> Float[Tensor, "position letter=20"]:
        """M of every site of a protein, in kcal/mol.

        Args:
            sequence: native, of `PROTEIN`.
            exposure: of each site, in [0, 1], NaN where not known; see `sciml.sequences.structures.exposure`.
        """
        if any(letter not in PROTEIN for letter in sequence):
            raise ValueError(f"`sequence` must be of {PROTEIN}, got {sequence!r}")
        return self.eval()(all_sites(sequence, self.config.reach, exposure))
