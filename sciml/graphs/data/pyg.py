"""PyTorch Geometric's graphs in and out.

| field of `Data` | meaning |
| --- | --- |
| edge_index (2, edge) | integers; both directions of each edge |
| x (node, atom) | of molecules: one-hot over the elements; else left out |
| edge_attr (edge) or (edge, 1) | of molecules: bond order 1, 2 or 3; if missing all are 1; of other graphs: not read |
"""

import re
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

import torch
from rdkit import Chem, rdBase
from torch import Tensor

from sciml.graphs.data.graph_files import check_size
from sciml.graphs.data.graph_set import GraphSet
from sciml.graphs.data.molecule_rows import Row
from sciml.graphs.data.molecule_set import Rules
from sciml.graphs.molecules import to_molecules
from sciml.io.errors import InputError
from sciml.io.torch_file import UNREADABLE

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", message="`torch.jit.script` is deprecated", category=DeprecationWarning)
    from torch_geometric.data import Batch, Data
    from torch_geometric.data.data import DataEdgeAttr, DataTensorAttr
    from torch_geometric.data.separate import separate
    from torch_geometric.data.storage import GlobalStorage
    from torch_geometric.utils import dense_to_sparse, to_dense_adj, to_dense_batch


def from_pyg(
    graphs: Sequence[Data],
    atoms: tuple[str, ...] = (),
    *,
    largest: int = 500,
    charges: Literal["refuse", "drop"] = "refuse",
    origin: str = "PyG data",
) -> GraphSet:
    """A set of graphs, padded to the largest.

    Args:
        graphs: undirected, at least one.
        atoms: elements that the columns of `x` stand for; none: the graphs are no molecules.
        largest: most nodes allowed; the set is dense, so that one large graph makes all of them large.
        charges: of molecules, see `Rules`; an atom is charged where its bonds are too many for a neutral one.
        origin: what to call the source in an error, such as a file name.

    Raises:
        InputError: by number of the graph: without nodes or with too many, directed, with a loop or a repeated edge; of
            molecules: `x` not one-hot over `atoms`, a bond order other than 1, 2 and 3, or what `Rules` refuse.
    """
    found = _structures(graphs, atoms, largest, origin)
    if atoms:
        rules = Rules(atoms, largest, charges)
        for row in _rows(found, origin):
            if (fault := rules.fault(row.molecule)) is not None:
                raise InputError(f"{row.where}: molecule {row.text} {fault[1]}")
    return found


def pyg_rows(
    graphs: Sequence[Data], atoms: tuple[str, ...], *, largest: int = 500, origin: str = "PyG data"
) -> Iterator[Row]:
    """The molecules as `molecule_set` takes them; arguments and errors as those of `from_pyg`, but `Rules` are not asked."""
    return _rows(_structures(graphs, atoms, largest, origin), origin)


def _rows(graphs: GraphSet, origin: str) -> Iterator[Row]:
    for number, molecule in enumerate(to_molecules(graphs)):
        text = Chem.MolToSmiles(molecule)
        with rdBase.BlockLogs():
            fault = Chem.SanitizeMol(molecule, catchErrors=True)
        yield Row(f"{origin}: graph {number}", text, Chem.Mol() if fault else Chem.Mol(molecule))


def _structures(graphs: Sequence[Data], atoms: tuple[str, ...], largest: int, origin: str) -> GraphSet:
    if not graphs:
        raise InputError(f"{origin}: there is no graph")
    plain = [_plain(data, atoms, largest, f"{origin}: graph {number}") for number, data in enumerate(graphs)]
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
    except UNREADABLE as error:
        asked = re.search(r"GLOBAL (\S+)", str(error))
        reason = f"it asks for {asked[1]}" if asked else type(error).__name__
        raise InputError(f"{path}: cannot be read as tensors and PyG's `Data` alone ({reason})") from error
    graphs = _separated(content, path) if isinstance(content, tuple) else content
    if not isinstance(graphs, list) or not all(isinstance(data, Data) and _is_whole(data) for data in graphs):
        raise InputError(f"{path}: must hold a list of PyG's `Data`, or collated data with slices")
    return graphs


def _is_whole(data: Data) -> bool:
    """Whether it has what PyG gives its data, as one that comes of a torn pickle, or of an old version, may not."""
    store = vars(data).get("_store")
    return isinstance(store, GlobalStorage) and isinstance(vars(store).get("_mapping"), dict)


def _separated(content: tuple, path: Path) -> list[Data] | None:
    """The graphs of (data or its fields, slices, ...), as `InMemoryDataset.save` writes them."""
    if len(content) < 2 or not isinstance(content[0], dict | Data) or not isinstance(content[1], dict):
        return None
    slices = content[1]
    try:
        whole = Data.from_dict(content[0]) if isinstance(content[0], dict) else content[0]
        counts = sorted({len(ends) - 1 for ends in slices.values()})
        if len(counts) > 1:
            raise InputError(f"{path}: its slices must be of one number of graphs, got {', '.join(map(str, counts))}")
        return [separate(Data, whole, idx=k, slice_dict=slices, decrement=False) for k in range(counts[0] if counts else 0)]
    except InputError:
        raise
    except UNREADABLE as error:
        raise InputError(f"{path}: its slices do not fit its data ({type(error).__name__}: {error})") from error


def _plain(data: Data, atoms: tuple[str, ...], largest: int, where: str) -> Data:
    index = _edge_index(data, where)
    try:
        n = data.num_nodes or 0
    except IndexError as error:  # of a number where there should be one for each node
        raise InputError(f"{where}: its fields must be of so many nodes or edges, one of them is a single number") from error
    if not isinstance(n, int) or n < 0:
        raise InputError(f"{where}: `num_nodes` must be a number of nodes, got {n!r}")
    if n == 0:
        raise InputError(f"{where}: must have nodes and `edge_index`, got 0 nodes")
    check_size(n, where, largest)
    if index.numel() and not 0 <= int(index.min()) <= int(index.max()) < n:
        raise InputError(f"{where}: `edge_index` must lie in 0 to {n - 1}, got {int(index.min())} to {int(index.max())}")
    loops = index[0] == index[1]
    if loops.any():
        raise InputError(f"{where}: node {int(index[0][loops][0])} is joined to itself; loops are not allowed")
    orders = _orders(data, index.shape[1], bool(atoms), where)
    dense = torch.zeros(n, n, dtype=torch.long).index_put((index[0], index[1]), orders, accumulate=True)
    counts = torch.zeros(n, n, dtype=torch.long).index_put((index[0], index[1]), torch.ones_like(orders), accumulate=True)
    for faulty, allowed in ((counts > 1, "an edge twice"), (dense != dense.T, "an edge in one direction only")):
        if faulty.any():
            i, j = faulty.nonzero()[0].tolist()
            raise InputError(f"{where}: has {allowed}, {i} to {j}; each must be there once in each direction")
    return Data(edge_index=index, edge_attr=orders, label=_labels(data, atoms, n, where), num_nodes=n)


def _edge_index(data: Data, where: str) -> Tensor:
    index = data.edge_index
    if index is None:
        raise InputError(f"{where}: must have nodes and `edge_index`, got no `edge_index`")
    if not _is_real(index) or index.dtype == torch.bool or index.is_floating_point() or index.ndim != 2 or len(index) != 2:
        shown = f"{index.dtype} {tuple(index.shape)}" if isinstance(index, Tensor) else type(index).__name__
        raise InputError(f"{where}: `edge_index` must be integers of shape (2, edge), got {shown}")
    return index.long()


def _is_real(value: object) -> bool:
    """Whether it is a dense tensor of real numbers."""
    return isinstance(value, Tensor) and value.layout == torch.strided and not value.is_complex()


def _orders(data: Data, count: int, molecule: bool, where: str) -> Tensor:
    if not molecule or data.edge_attr is None:
        return torch.ones(count, dtype=torch.long)
    orders = data.edge_attr
    if not _is_real(orders) or orders.dtype == torch.bool or orders.numel() != count or not _among(orders, (1, 2, 3)):
        raise InputError(f"{where}: `edge_attr` must hold a bond order of 1, 2 or 3 for each edge")
    return orders.flatten().long()


def _among(values: Tensor, allowed: tuple[int, ...]) -> bool:
    return bool(torch.stack([values == value for value in allowed]).any(0).all())


def _labels(data: Data, atoms: tuple[str, ...], n: int, where: str) -> Tensor:
    if not atoms:
        return torch.zeros(n, dtype=torch.uint8)
    x = data.x
    if not _is_real(x) or tuple(x.shape) != (n, len(atoms)) or not _among(x, (0, 1)) or (x.long().sum(1) != 1).any():
        raise InputError(f"{where}: `x` must be one-hot over {', '.join(atoms)} for each of {n} nodes")
    return x.long().argmax(1).to(torch.uint8)


def _data(labels: Tensor, edges: Tensor, n: int, atoms: tuple[str, ...]) -> Data:
    index, orders = dense_to_sparse(edges[:n, :n].long())
    if not atoms:
        return Data(edge_index=index, num_nodes=n)
    x = torch.nn.functional.one_hot(labels[:n].long(), len(atoms)).float()
    return Data(x=x, edge_index=index, edge_attr=orders, num_nodes=n)
