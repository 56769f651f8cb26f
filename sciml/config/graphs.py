"""Data sets of graphs and molecules: where they come from and how they are split."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, NonNegativeInt, PositiveInt, model_validator

from sciml.config.base import Config
from sciml.config.parts import Parts

_SYMBOLS = """
    H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr Rb Sr Y Zr Nb Mo Tc
    Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu Hf Ta W Re Os Ir Pt Au Hg Tl Pb Bi Po
    At Rn Fr Ra Ac Th Pa U Np Pu Am Cm Bk Cf Es Fm Md No Lr Rf Db Sg Bh Hs Mt Ds Rg Cn Nh Fl Mc Lv Ts Og
"""
ELEMENTS = frozenset(_SYMBOLS.split())
COMPUTED = ("logp", "qed", "size")  # of graphs, whatever a file says


def distinct_elements(symbols: tuple[str, ...]) -> tuple[str, ...]:
    """The symbols.

    Raises:
        ValueError: none, one twice, or one that is no element's.
    """
    if not symbols:
        raise ValueError("must be at least one element symbol, got none")
    for place, symbol in enumerate(symbols):
        if symbol not in ELEMENTS:
            raise ValueError(f"must be element symbols such as C or Cl, got {symbol!r}")
        if symbol in symbols[:place]:
            raise ValueError(f"must be different elements, got {symbol} twice")
    return symbols


def _ordered(bounds: tuple[int, int]) -> tuple[int, int]:
    if bounds[0] > bounds[1]:
        raise ValueError("must be the smaller number and the larger one")
    return bounds


def _not_computed(names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        if name in COMPUTED:
            raise ValueError(f"must not name {', '.join(COMPUTED)}, which are computed of graphs: rename the column {name}")
    return names


Split = Annotated[
    Parts,
    Field(strict=False, description="training, validation and test: three counts of graphs, or three shares"),
]
Seed = Annotated[NonNegativeInt, Field(description="of everything random")]
Side = Annotated[int, Field(ge=2)]
BlockSize = Annotated[int, Field(ge=10)]


class CommunitySmallConfig(Config):
    """Graphs of two communities, 12 to 20 nodes (Niu et al. 2020, arXiv 2003.00638), each drawn afresh."""

    kind: Literal["community_small"] = "community_small"
    train: PositiveInt = 1024
    validation: NonNegativeInt = 128
    test: PositiveInt = 1024
    authors: bool = Field(False, description="the published construction: five pairs of communities, only bridges differ")
    seed: Seed = 0


class GridConfig(Config):
    """Grids of a by b nodes (Jo et al. 2022, arXiv 2202.02514, with sides 10 to 19)."""

    kind: Literal["grid"] = "grid"
    train: PositiveInt = 80
    validation: NonNegativeInt = 0
    test: PositiveInt = 20
    sides: Annotated[tuple[Side, Side], AfterValidator(_ordered)] = Field(
        (10, 19), strict=False, description="shortest and longest side"
    )
    seed: Seed = 0


class SizedGraphsConfig(Config):
    """Graphs of one size: Delaunay triangulations of random points (Martinkus et al. 2022, arXiv 2204.01613), or uniform
    labelled trees (Bergmeister et al. 2023, arXiv 2312.11529)."""

    kind: Literal["planar", "tree"]
    train: PositiveInt = 128
    validation: NonNegativeInt = 32
    test: PositiveInt = 40
    nodes: Annotated[int, Field(ge=4)] = 64
    seed: Seed = 0


class SBMConfig(Config):
    """Stochastic block models (Martinkus et al. 2022, arXiv 2204.01613)."""

    kind: Literal["sbm"] = "sbm"
    train: PositiveInt = 128
    validation: NonNegativeInt = 32
    test: PositiveInt = 40
    blocks: Annotated[tuple[PositiveInt, PositiveInt], AfterValidator(_ordered)] = Field(
        (2, 5), strict=False, description="fewest and most blocks"
    )
    sizes: Annotated[tuple[BlockSize, BlockSize], AfterValidator(_ordered)] = Field(
        (20, 40), strict=False, description="nodes of the smallest and the largest block, at least 10 to get connected ones"
    )
    seed: Seed = 0


class PublishedGraphsConfig(Config):
    """200 neighbourhoods of CiteSeer, 4 to 18 nodes, or 587 proteins, 10 to 125 nodes (Jo et al. 2022, arXiv 2202.02514)."""

    kind: Literal["ego_small", "enzymes"]
    split: Split = (0.7, 0.1, 0.2)
    published_split: bool = Field(
        False, description="the authors': the first fifth, unshuffled, is the test set, the rest training"
    )
    seed: Seed = 0

    @model_validator(mode="after")
    def _one_split(self) -> "PublishedGraphsConfig":
        if self.published_split and self.split != type(self).model_fields["split"].default:
            raise ValueError(f"`split` must be left out with `published_split`, got {list(self.split)}")
        return self


class PublishedMoleculesConfig(Config):
    """QM9, up to 9 heavy atoms of four elements, or ZINC250k, up to 38 of nine, with the published test molecules."""

    kind: Literal["qm9", "zinc250k"]
    train: PositiveInt | None = Field(None, description="training molecules, chosen by `seed`; by default all")
    validation: NonNegativeInt = Field(0, description="molecules taken from the published training set, chosen by `seed`")
    test: PositiveInt | None = Field(None, description="of the published test molecules, chosen by `seed`; by default all")
    seed: Seed = 0


class MoleculesConfig(Config):
    """Molecules of C, N, O and F of few heavy atoms, from the list of all of them; needs no file."""

    kind: Literal["molecules"] = "molecules"
    largest: Annotated[int, Field(ge=2, le=6)] = Field(
        6, description="heavy atoms; of up to 4, 5, 6 there are 738, 5453, 47521"
    )
    split: Split = (20_000, 2_000, 5_000)
    seed: Seed = 0


class GraphFileConfig(Config):
    """Your own graphs or molecules; see docs/graphs-data.md."""

    kind: Literal["file"] = "file"
    path: str = Field(min_length=1, description="file or folder")
    column: str = Field("smiles", min_length=1, description="of SMILES in a CSV")
    properties: Annotated[tuple[str, ...], AfterValidator(_not_computed)] = Field(
        (), strict=False, description="columns or SDF fields that hold a number"
    )
    atoms: Annotated[tuple[str, ...], AfterValidator(distinct_elements)] | None = Field(
        None,
        strict=False,
        description="elements; by default those of ZINC250k; graphs of a .pt file are molecules only if given",
    )
    largest: PositiveInt = Field(500, description="most nodes or heavy atoms allowed")
    charges: Literal["refuse", "drop"] = Field("refuse", description="drop: keep charged molecules without charges")
    skip_invalid: bool = Field(False, description="leave out molecules that are not allowed, and count them")
    split: Split = (0.8, 0.1, 0.1)
    seed: Seed = 0


GraphDataConfig = Annotated[
    CommunitySmallConfig
    | GridConfig
    | SizedGraphsConfig
    | SBMConfig
    | PublishedGraphsConfig
    | PublishedMoleculesConfig
    | MoleculesConfig
    | GraphFileConfig,
    Field(discriminator="kind"),
]
