"""A small network of the kind of ProteinMPNN: letters of a sequence from a structure and from the letters seen so far.

Messages pass along the edges of a graph of neighbours. With h_i of a position, e_ij of an edge, and y_j what is heard of j,

    h_i <- norm( h_i + 1/30 sum_j m(h_i, e_ij, y_j) ),      h_i <- norm( h_i + perceptron(h_i) ),

m a perceptron of three layers. The encoder sees the structure alone, y_j = h_j, starts from h_i = 0, and its edges hear too,
e_ij <- norm( e_ij + m'(h_i, e_ij, h_j) ). The decoder goes on from it with y_j = (h_j, s_j, h_j of the encoder), s_j the
letter or mask of j, a vector of floats: one-hot, or relaxed. All letters are said at once, each from the letters that are
not masked; the published network says one after another.

Reference: Dauparas et al. (2022), doi:10.1126/science.add2187, supplement; Wang et al. (2024), arXiv 2410.13643, appendix,
for masks instead of an order.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from sciml.nets.embedding import TimeEmbedding
from sciml.nets.structure_graph import StructureGraph

SCALE = 30.0  # what a sum of messages is divided by, near their number


class StructureEncoder(nn.Module):
    """Letters in, logits out, given a structure.

    Args:
        vocabulary: values of an input letter.
        letters: logits of a position.
        features: of an edge.
        width: channels.
        encoder_layers: that see the structure.
        decoder_layers: that see letters too.
        timed: whether it is told the time, which masked models do not need.
        dropout: probability of dropping an activation while training.
    """

    def __init__(
        self,
        vocabulary: int,
        letters: int,
        features: int,
        width: int = 128,
        encoder_layers: int = 3,
        decoder_layers: int = 3,
        timed: bool = False,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        self.width = width
        self.edge = nn.Sequential(nn.Linear(features, width), nn.LayerNorm(width), nn.Linear(width, width))
        self.time = TimeEmbedding(width) if timed else None
        self.letter = nn.Linear(vocabulary, width, bias=False)
        self.encoder = nn.ModuleList(_EncoderLayer(width, dropout) for _ in range(encoder_layers))
        self.decoder = nn.ModuleList(_DecoderLayer(width, dropout) for _ in range(decoder_layers))
        self.out = nn.Linear(width, letters)

    def forward(
        self, x: Float[Tensor, "batch position vocabulary"], t: Float[Tensor, " batch"], cond: StructureGraph | None = None
    ) -> Float[Tensor, "batch position letter"]:
        """Logits of sequences of one structure, `cond`, which is read once for the batch."""
        if cond is None or len(cond) != x.shape[1]:
            got = "nothing" if cond is None else f"{len(cond)} positions"
            raise ValueError(f"`cond` must be a StructureGraph of {x.shape[1]} positions, got {got}")
        h, e = self.encode(cond)
        s = self.letter(x)
        now = h.expand(len(x), -1, -1) if self.time is None else h + self.time(t)[:, None]
        for layer in self.decoder:
            now = layer(now, e, h, s, cond)
        return self.out(now)

    def encode(self, cond: StructureGraph) -> tuple[Float[Tensor, "position width"], Float[Tensor, "position k width"]]:
        """Positions and edges, of the structure alone."""
        e = self.edge(cond.edges)
        h = e.new_zeros(len(cond), self.width)
        for layer in self.encoder:
            h, e = layer(h, e, cond)
        return h, e


class OnStructure(nn.Module):
    """A network with its structure bound: called as net(x, t), so that whatever takes an unconditional one takes it.

    Args:
        net: whose weights are shared.
        graph: of the structure.
    """

    neighbours: Tensor
    edges: Tensor
    there: Tensor

    def __init__(self, net: StructureEncoder, graph: StructureGraph) -> None:
        super().__init__()
        self.net = net
        for name in ("neighbours", "edges", "there"):
            self.register_buffer(name, getattr(graph, name), persistent=False)

    def forward(
        self, x: Float[Tensor, "batch position vocabulary"], t: Float[Tensor, " batch"], cond: None = None
    ) -> Float[Tensor, "batch position letter"]:
        return self.net(x, t, StructureGraph(self.neighbours, self.edges, self.there))


class _Message(nn.Module):
    """m(own, edge, others): its first layer as a sum over what it sees, since all but letters are the same for a batch."""

    def __init__(self, width: int, others: int) -> None:
        super().__init__()
        self.own, self.edge = nn.Linear(width, width, bias=False), nn.Linear(width, width)
        self.others = nn.ModuleList(nn.Linear(width, width, bias=False) for _ in range(others))
        self.second, self.third = nn.Linear(width, width), nn.Linear(width, width)

    def hidden(self, own: Tensor, edge: Tensor, others: list[Tensor], graph: StructureGraph) -> Tensor:
        """Two layers."""
        heard = self.edge(edge)
        shared = [layer(other) for layer, other in zip(self.others, others, strict=True) if other.dim() == 2]
        single = [layer(other) for layer, other in zip(self.others, others, strict=True) if other.dim() == 3]
        for each in (shared, single):
            if each:
                heard = heard + torch.stack(each).sum(0)[..., graph.neighbours, :]
        return F.gelu(self.second(F.gelu(heard + self.own(own)[..., None, :])))

    def gathered(self, own: Tensor, edge: Tensor, others: list[Tensor], graph: StructureGraph) -> Tensor:
        """Sum over neighbours; the third layer, being linear, comes after it."""
        there = graph.there.to(edge)
        total = (self.hidden(own, edge, others, graph) * there[..., None]).sum(-2)
        return (F.linear(total, self.third.weight) + there.sum(-1, keepdim=True) * self.third.bias) / SCALE

    def each(self, own: Tensor, edge: Tensor, others: list[Tensor], graph: StructureGraph) -> Tensor:
        """Of every edge by itself."""
        return self.third(self.hidden(own, edge, others, graph))


class _Node(nn.Module):
    """What a position makes of the messages."""

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.first, self.last = nn.LayerNorm(width), nn.LayerNorm(width)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))
        self.dropout = nn.Dropout(dropout)

    def forward(self, h: Tensor, messages: Tensor) -> Tensor:
        h = self.first(h + self.dropout(messages))
        return self.last(h + self.dropout(self.mlp(h)))


class _EncoderLayer(nn.Module):
    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.message, self.answer = _Message(width, 1), _Message(width, 1)
        self.node, self.norm, self.dropout = _Node(width, dropout), nn.LayerNorm(width), nn.Dropout(dropout)

    def forward(self, h: Tensor, e: Tensor, graph: StructureGraph) -> tuple[Tensor, Tensor]:
        h = self.node(h, self.message.gathered(h, e, [h], graph))
        return h, self.norm(e + self.dropout(self.answer.each(h, e, [h], graph)))


class _DecoderLayer(nn.Module):
    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.message, self.node = _Message(width, 3), _Node(width, dropout)

    def forward(self, now: Tensor, e: Tensor, h: Tensor, s: Tensor, graph: StructureGraph) -> Tensor:
        return self.node(now, self.message.gathered(now, e, [now, s, h], graph))
