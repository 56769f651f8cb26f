"""PyTorch Geometric's graphs in and out.

| field of `Data` | meaning |
| --- | --- |
| edge_index (2, edge) | both directions of each edge |
| x (node, atom) | of molecules: one-hot over the elements; else left out |
| edge_attr (edge) or (edge, 1) | of molecules: bond order 1, 2 or 3; if missing all are 1; of other graphs: not read |
"""

import pickle
import re
import warnings
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from sciml.graphs.data.graph_set import GraphSet
from sciml.io.errors import InputError

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", message="`torch.jit.script` is deprecated", category=DeprecationWarning)
    from torch_geometric.data import Batch, Data
    from torch_geometric.data.data import DataEdgeAttr, DataTensorAttr
    from torch_geometric.data.separate import separate
    from torch_geometric.data.storage import GlobalStorage
    from torch_geometric.utils import dense_to_sparse, to_dense_adj, to_dense_batch


def from_pyg(graphs: Sequence[Data], atoms: tuple[str, ...] = (), *, origin: str = "PyG data") -> GraphSet:
    """A set of graphs, padded to the largest.

    Args:
        graphs: undirected, at least one.
        atoms: elements that the columns of `x` stand for; none: the graphs are no molecules.
        origin: what to call the source in an error, such as a file name.

    Raises:
        InputError: by number of the graph: without nodes, directed, with a loop or a repeated edge; of molecules: `x` not
            one-hot over `atoms`, or a bond order other than 1, 2 and 3.
    """
    if not graphs:
        raise InputError(f"{origin}: there is no graph")
    plain = [_plain(data, atoms, f"{origin}: graph {number}") for number, data in enumerate(graphs)]
    batch = Batch.from_data_list(plain)
    edges = to_dense_adj(batch.edge_index, batch.batch, batch.edge_attr, batch_size=len(plain)).to(torch.uint8)
    labels, mask = to_dense_batch(batch.label, batch.batch, batch_size=len(plain))
    return GraphSet(labels, edges, mask.sum(1).int(), atoms)


def to_pyg(graphs: GraphSet) -> list[Data]:
    """One `Data` a graph, with the fields that `from_pyg` reads; `x` is float32, `edge_attr` int64."""
    return [_data(*item, graphs.atoms) for item in zip(graphs.labels, graphs.edges, graphs.sizes.tolist(), strict=True)]


def read_pyg(path: str | Path) -> list[Data]:
    """The graphs in a file that torch.save wrote of a list of `Data`, or InMemoryDataset of its collated data.

    No code in the file is run: it is loaded with weights_only=True, which knows PyG's own classes.

    Raises:
        InputError: no such file, a damaged one, one that asks for other classes or holds something else.
    """
    path = Path(path)
    try:
        with torch.serialization.safe_globals([Data, DataEdgeAttr, DataTensorAttr, GlobalStorage]):
            content = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except (pickle.UnpicklingError, RuntimeError, EOFError, OSError, ValueError) as error:
        asked = re.search(r"GLOBAL (\S+)", str(error))
        reason = f"it asks for {asked[1]}" if asked else type(error).__name__
        raise InputError(f"{path}: cannot be read as tensors and PyG's `Data` alone ({reason})") from error
    graphs = _separated(content) if isinstance(content, tuple) else content
    if not isinstance(graphs, list) or not all(isinstance(data, Data) for data in graphs):
        raise InputError(f"{path}: must hold a list of PyG's `Data`, or collated data with slices")
    return graphs


def _separated(content: tuple) -> list[Data] | None:
    """The graphs of (data or its fields, slices, ...), as `InMemoryDataset.save` writes them."""
    if len(content) < 2 or not isinstance(content[0], dict | Data) or not isinstance(content[1], dict):
        return None
    whole = Data.from_dict(content[0]) if isinstance(content[0], dict) else content[0]
    slices = content[1]
    count = len(next(iter(slices.values()))) - 1 if slices else 0
    return [separate(Data, whole, idx=k, slice_dict=slices, decrement=False) for k in range(count)]


def _plain(data: Data, atoms: tuple[str, ...], where: str) -> Data:
    n, index = data.num_nodes or 0, data.edge_index
    if n == 0 or index is None:
        raise InputError(f"{where}: must have nodes and `edge_index`, got {n} nodes")
    if index.numel() and not 0 <= int(index.min()) <= int(index.max()) < n:
        raise InputError(f"{where}: `edge_index` must lie in 0 to {n - 1}, got {int(index.min())} to {int(index.max())}")
    loops = index[0] == index[1]
    if loops.any():
        raise InputError(f"{where}: node {int(index[0][loops][0])} is joined to itself; loops are not allowed")
    orders = _orders(data, bool(atoms), where)
    dense = torch.zeros(n, n, dtype=torch.long).index_put((index[0], index[1]), orders, accumulate=True)
    counts = torch.zeros(n, n, dtype=torch.long).index_put((index[0], index[1]), torch.ones_like(orders), accumulate=True)
    for faulty, allowed in ((counts > 1, "an edge twice"), (dense != dense.T, "an edge in one direction only")):
        if faulty.any():
            i, j = faulty.nonzero()[0].tolist()
            raise InputError(f"{where}: has {allowed}, {i} to {j}; each must be there once in each direction")
    return Data(edge_index=index, edge_attr=orders, label=_labels(data, atoms, n, where), num_nodes=n)


def _orders(data: Data, molecule: bool, where: str) -> Tensor:
    ones = torch.ones(data.edge_index.shape[1], dtype=torch.long)
    if not molecule or data.edge_attr is None:
        return ones
    orders = data.edge_attr.flatten()
    if len(orders) != len(ones) or not torch.isin(orders, torch.tensor([1, 2, 3], dtype=orders.dtype)).all():
        raise InputError(f"{where}: `edge_attr` must hold a bond order of 1, 2 or 3 for each edge")
    return orders.long()


def _labels(data: Data, atoms: tuple[str, ...], n: int, where: str) -> Tensor:
    if not atoms:
        return torch.zeros(n, dtype=torch.uint8)
    x = data.x
    if x is None or tuple(x.shape) != (n, len(atoms)) or not ((x == 0) | (x == 1)).all() or (x.sum(1) != 1).any():
        raise InputError(f"{where}: `x` must be one-hot over {', '.join(atoms)} for each of {n} nodes")
    return x.argmax(1).to(torch.uint8)


def _data(labels: Tensor, edges: Tensor, n: int, atoms: tuple[str, ...]) -> Data:
    index, orders = dense_to_sparse(edges[:n, :n].long())
    if not atoms:
        return Data(edge_index=index, num_nodes=n)
    x = torch.nn.functional.one_hot(labels[:n].long(), len(atoms)).float()
    return Data(x=x, edge_index=index, edge_attr=orders, num_nodes=n)
