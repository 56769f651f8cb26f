"""Runs on graphs and molecules: scores with intervals and floors, and examples to draw."""

import math
from dataclasses import dataclass

from sciml.report import grouping
from sciml.report.grouping import AnyRun


@dataclass(frozen=True)
class Estimate:
    """A score; a number that is not there is nan.

    Args:
        value: unbiased where there is such an estimate.
        low: end of its 95% interval.
        high: the other end.
        floor: the same estimate of training data.
        floor_high: upper end of the floor's 95% interval.
        biased: by the biased estimate that papers use.
        floor_biased: that of training data, by the published protocol where there is one.
        published: by the published protocol: mean over random subsets of the test set's size.
        published_deviation: over the subsets.
    """

    value: float
    low: float = math.nan
    high: float = math.nan
    floor: float = math.nan
    floor_high: float = math.nan
    biased: float = math.nan
    floor_biased: float = math.nan
    published: float = math.nan
    published_deviation: float = math.nan

    @property
    def at_floor(self) -> bool:
        """Whether the score is above the floor by no more than both half intervals, added as independent errors are."""
        own, floors = self.value - self.low, self.floor_high - self.floor
        return self.value - self.floor <= math.hypot(own, 0.0 if math.isnan(floors) else floors)


MISSING = Estimate(math.nan)


@dataclass(frozen=True)
class GraphScore:
    """Scores of one set of generated graphs.

    Args:
        solver: it was sampled with.
        nfe: network calls a graph.
        count: graphs.
        reference: test graphs that they were compared with.
        seconds_per_graph: of processor time.
        estimates: by name, such as `degree`, `mean`, `connected`, `fcd`, `weight`.
        properties: names of those that are Wasserstein distances of properties.
        warnings: what limits them.
    """

    solver: str
    nfe: float
    count: int
    reference: int
    seconds_per_graph: float
    estimates: dict[str, Estimate]
    properties: tuple[str, ...]
    warnings: tuple[str, ...]

    def estimate(self, name: str) -> Estimate:
        """A score, of nan where it was not asked for."""
        return self.estimates.get(name, MISSING)


@dataclass(frozen=True)
class Facts:
    """What the data are.

    Args:
        counts: graphs of each split.
        nodes: of the smallest and the largest graph.
        atoms: element symbols; none for graphs that are no molecules.
        sources: sha256 of the files it was made of, by name; none for what is simulated.
    """

    counts: dict[str, int]
    nodes: tuple[int, int]
    atoms: tuple[str, ...]
    sources: dict[str, str]


@dataclass(frozen=True)
class PlainGraph:
    """A graph to draw."""

    nodes: int
    edges: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Molecule:
    """A molecule to draw, and whether its valences are allowed."""

    smiles: str
    valid: bool


@dataclass(frozen=True)
class Reached:
    """How near generated graphs came to a value of a property.

    Args:
        name: of the property.
        asked: the value; nan where none was asked for.
        mean: over what was generated.
        deviation: over what was generated.
        error: mean distance from what was asked for.
        test_mean: over test graphs.
        test_deviation: over test graphs.
    """

    name: str
    asked: float
    mean: float
    deviation: float
    error: float
    test_mean: float
    test_deviation: float


Drawing = PlainGraph | Molecule


@dataclass(frozen=True)
class GraphRun(AnyRun):
    """One training of one generator, or of a guide that leads one, and the scores of what was sampled."""

    facts: Facts
    main: GraphScore
    compared: tuple[GraphScore, ...]
    generated: tuple[Drawing, ...]
    examples: tuple[Drawing, ...]  # of the training set
    steered: bool = False  # led to a value of a property, so not meant to be like the test set
    reached: Reached | None = None

    @property
    def molecules(self) -> bool:
        """Whether the graphs are molecules."""
        return bool(self.facts.atoms)


GraphModel = grouping.Model[GraphRun]
GraphDataset = grouping.Dataset[GraphRun]
