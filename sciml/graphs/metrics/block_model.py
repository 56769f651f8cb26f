"""Is a graph a draw of the stochastic block model that the SBM data set is made of?

Reference: Martinkus et al. (2022), SPECTRE, arXiv 2204.01613, section 5 (the data: 2 to 5 blocks of 20 to 40 nodes, edges
with probability .3 within and .005 across). SPECTRE and DiGress fit the blocks with graph-tool and average p-values of Wald
statistics that lack the number of pairs, so that they do not grow with the evidence. Here the blocks are those of largest
modularity, refined to largest likelihood, and the test is the exact binomial one, corrected for the number of counts tested.
"""

import networkx as nx
import numpy as np
from jaxtyping import Bool, Float, Int64
from scipy.special import betainc

BLOCKS = (2, 5)
SIZES = (20, 40)
WITHIN, ACROSS = 0.3, 0.005
SWEEPS = 20


def is_block_model(graph: nx.Graph, *, level: float = 0.01, seed: int = 0) -> bool:
    """Whether the best blocks have allowed number and sizes, and edges that fit both probabilities at the level.

    Tested are the edges within each block and those across all, m ~ Bin(pairs, p) each; a graph is no draw if any has a
    two-sided p-value below the level over the number of tests (Bonferroni).
    """
    block = fitted_blocks(graph, seed=seed)
    sizes = np.bincount(block)
    if not BLOCKS[0] <= len(sizes) <= BLOCKS[1] or sizes.min() < SIZES[0] or sizes.max() > SIZES[1]:
        return False
    adjacency = nx.to_numpy_array(graph, weight=None) > 0
    member = block[:, None] == np.arange(len(sizes))
    within = np.array([adjacency[np.ix_(own, own)].sum() / 2 for own in member.T])
    pairs = np.append(sizes * (sizes - 1) / 2, (len(block) ** 2 - (sizes**2).sum()) / 2)
    edges = np.append(within, adjacency.sum() / 2 - within.sum())
    p = np.append(np.full(len(sizes), WITHIN), ACROSS)
    rest = pairs - edges  # tails of the binomial, by the incomplete beta function: scipy.stats takes a second to import
    at_most = np.where(rest > 0, betainc(np.maximum(rest, 1), edges + 1, 1 - p), 1.0)
    at_least = np.where(edges > 0, betainc(np.maximum(edges, 1), rest + 1, p), 1.0)
    tails = np.minimum(at_most, at_least)
    return bool((2 * tails).min() > level / len(p))


def fitted_blocks(graph: nx.Graph, *, seed: int = 0) -> Int64[np.ndarray, " node"]:
    """Block of each node, by order of size: Louvain's, then each node to its likeliest block until none moves."""
    nodes = {node: k for k, node in enumerate(graph)}
    block = np.zeros(len(nodes), dtype=np.int64)
    for k, members in enumerate(nx.community.louvain_communities(graph, seed=seed)):
        block[[nodes[node] for node in members]] = k
    adjacency = nx.to_numpy_array(graph, weight=None) > 0
    for _ in range(SWEEPS):
        moved = _likeliest(adjacency, _merged(adjacency, block))
        if (moved == block).all():
            break
        block = moved
    by_size = np.argsort(-np.bincount(block), kind="stable")
    ranks = np.argsort(by_size, kind="stable")[block]
    return np.unique(ranks, return_inverse=True)[1].astype(np.int64)


def _merged(adjacency: Bool[np.ndarray, "n n"], block: Int64[np.ndarray, " n"]) -> Int64[np.ndarray, " n"]:
    """The blocks with the pair joined that is likeliest one block, again until none is."""
    block = np.unique(block, return_inverse=True)[1]
    while block.max() > 0:
        member = (block[:, None] == np.arange(block.max() + 1)).astype(float)
        gain = _gain(member.T @ adjacency @ member, np.outer(member.sum(0), member.sum(0)))
        np.fill_diagonal(gain, -np.inf)
        a, b = np.unravel_index(gain.argmax(), gain.shape)
        if gain[a, b] <= 0:
            break
        block = np.unique(np.where(block == b, a, block), return_inverse=True)[1]
    return block.astype(np.int64)


def _likeliest(adjacency: Bool[np.ndarray, "n n"], block: Int64[np.ndarray, " n"]) -> Int64[np.ndarray, " n"]:
    member = (block[:, None] == np.arange(block.max() + 1)).astype(float)
    return _gain(adjacency @ member, member.sum(0) - member).argmax(1).astype(np.int64)


def _gain(edges: Float[np.ndarray, "..."], pairs: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    """How much likelier the edges of so many pairs are within a block than across, in log."""
    return edges * np.log(WITHIN / ACROSS) + (pairs - edges) * np.log((1 - WITHIN) / (1 - ACROSS))
