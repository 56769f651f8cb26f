"""What a generator of graphs is made of: networks, processes, what is predicted, training."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import Field, PositiveFloat, PositiveInt, model_serializer, model_validator

from sciml.config.base import Config
from sciml.config.models import Probability, TrainingConfig

NOT_OF_SCORE = ("pair_weight", "focus")  # its loss is as published: unweighted, with uniform times


class GraphProcessConfig(Config):
    """The forward process of one part of a graph."""

    kind: Literal["vp_cosine", "vp_linear", "sub_vp", "ve"] = "vp_cosine"
    low: PositiveFloat | None = Field(None, description="beta_min of vp_linear and sub_vp, sigma_min of ve")
    high: PositiveFloat | None = Field(None, description="beta_max of vp_linear and sub_vp, sigma_max of ve")

    @model_validator(mode="after")
    def _bounds_go_together(self) -> "GraphProcessConfig":
        if (self.low is None) != (self.high is None):
            raise ValueError(f"`low` and `high` must both be given or both be left out, got {self.low} and {self.high}")
        if self.low is not None and self.kind == "vp_cosine":
            raise ValueError("`low` and `high` are of vp_linear, sub_vp and ve, not of vp_cosine")
        if self.low is None or self.high is None:
            return self
        if self.low > self.high or (self.kind == "ve" and self.low == self.high):
            relation = "below" if self.kind == "ve" else "at most"
            raise ValueError(f"`low` of {self.kind} must be {relation} `high`, got `low` {self.low} and `high` {self.high}")
        return self


class GraphTransformerConfig(Config):
    """One network for nodes and pairs, told the time, that sees walks between the ends of a pair."""

    kind: Literal["graph_transformer"] = "graph_transformer"
    width: Annotated[int, Field(ge=4, multiple_of=4)] = Field(64, description="channels of the nodes")
    pair_width: PositiveInt = Field(32, description="channels of the pairs")
    layers: PositiveInt = Field(5, description="updates of nodes and pairs")
    heads: PositiveInt = Field(4, description="of the attention; divides `width`")
    dropout: Probability = Field(0.0, description="probability of dropping an activation while training")

    @model_validator(mode="after")
    def _heads_divide(self) -> "GraphTransformerConfig":
        if self.width % self.heads:
            raise ValueError(f"`width` ({self.width}) must be a multiple of `heads` ({self.heads})")
        return self


class ScoreNetworksConfig(Config):
    """The two networks of the paper, which know no time."""

    kind: Literal["score_networks"] = "score_networks"
    x: Literal["gcn", "gmh"] = Field("gcn", description="the network of the nodes: convolutions, or attention too")
    depth: PositiveInt = Field(3, description="layers of the network of the nodes")
    layers: PositiveInt = Field(5, description="layers of the network of the adjacency")
    hidden: PositiveInt = Field(32, description="channels of a node")
    attention: PositiveInt = Field(32, description="channels of queries and keys")
    heads: PositiveInt = Field(4, description="of the attention")
    linears: PositiveInt = Field(2, description="linear maps in the MLPs over pairs")
    channels: tuple[PositiveInt, PositiveInt, PositiveInt] = Field(
        (2, 8, 4), strict=False, description="of the pairs: powers of the adjacency, within, after the last layer"
    )

    @model_validator(mode="after")
    def _heads_divide(self) -> "ScoreNetworksConfig":
        if self.attention % self.heads or self.hidden % self.heads:
            raise ValueError(
                f"`attention` ({self.attention}) and `hidden` ({self.hidden}) must be multiples of `heads` ({self.heads})"
            )
        return self


class GraphGuideConfig(Config):
    """A predictor of a property of noisy graphs, which leads an unconditional generator to a value of it."""

    property: str = Field(min_length=1, description="one of the data's `properties`, of molecules logp or qed")
    net: GraphTransformerConfig = Field(
        GraphTransformerConfig(width=32, pair_width=16, layers=3), description="a graph transformer, pooled over the graph"
    )
    tolerance: Annotated[float, Field(gt=0, le=1)] = Field(
        0.3, description="least deviation of what is predicted, in deviations of the training set; smaller pushes harder"
    )
    focus: Probability = Field(
        0.5, description="share of training at the noise where categories are told apart, the rest's times uniform"
    )
    training: TrainingConfig

    @model_validator(mode="after")
    def _sizes_are_drawn(self) -> "GraphGuideConfig":
        if self.property == "size":
            raise ValueError("`property` must not be size, which is drawn before a graph: use a model with `condition` size")
        return self


class GraphModelConfig(Config):
    """A generator of graphs or molecules."""

    net: GraphTransformerConfig | ScoreNetworksConfig = Field(GraphTransformerConfig(), discriminator="kind")
    x: GraphProcessConfig = Field(GraphProcessConfig(), description="process of the node features")
    adj: GraphProcessConfig = Field(GraphProcessConfig(), description="process of the adjacency")
    parameterisation: Literal["categorical", "x0", "eps", "v", "score"] = Field(
        "categorical", description="what is predicted; score, and only score, with score_networks"
    )
    codes: Literal["standard", "plain"] = Field(
        "standard", description="of categories: of mean 0 and variance 1 over the data; or one-hot and 0, 1, 2, 3"
    )
    matched_prior: bool = Field(False, description="start from the moments of the data, where the process keeps a trace")
    degrees: PositiveInt = Field(
        1, description="of unlabelled graphs: nodes have their degree as category, the last for more; 1: no features at all"
    )
    condition: str = Field(
        "none",
        min_length=1,
        description="property a generation may ask for: size, one of the data's `properties`, of molecules logp or qed",
    )
    condition_dropout: Probability = Field(0.2, description="share of training in which the property is not told")
    pair_weight: PositiveFloat = Field(3.0, description="of the loss over pairs, that over nodes being 1; not of score")
    focus: Probability = Field(
        0.7,
        description="share of training at the noise where categories are told apart, the rest's times uniform; not of score",
    )
    training: TrainingConfig

    @model_validator(mode="after")
    def _dropout_is_of_a_condition(self) -> "GraphModelConfig":
        # The default may be written out: it is in every configuration that is stored.
        dropout = self.condition_dropout
        if self.condition == "none" and dropout != type(self).model_fields["condition_dropout"].default:
            raise ValueError(f"`condition_dropout` must be left out where there is no `condition`, got {dropout}")
        return self

    @model_validator(mode="after")
    def _score_is_of_the_papers_networks(self) -> "GraphModelConfig":
        of_paper = isinstance(self.net, ScoreNetworksConfig)
        if of_paper != (self.parameterisation == "score"):
            raise ValueError(
                f"`parameterisation` score goes with score_networks, got {self.parameterisation}, {self.net.kind}"
            )
        if of_paper and self.condition != "none":
            raise ValueError("`condition` needs net graph_transformer: score_networks take none")
        ignored = [name for name in NOT_OF_SCORE if name in self.model_fields_set]
        if of_paper and ignored:
            raise ValueError(f"`{ignored[0]}` must be left out with `parameterisation` score, whose loss has none")
        return self

    @model_serializer(mode="wrap")
    def _what_applies(self, rest: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
        """All settings, without those that would be refused when read again."""
        left_out = NOT_OF_SCORE if self.parameterisation == "score" else ()
        return {name: value for name, value in rest(self).items() if name not in left_out}
