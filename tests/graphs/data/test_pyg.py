"""PyTorch Geometric's data in and out."""

import os

import pytest
import torch
from torch_geometric.data import Data, InMemoryDataset

from sciml.graphs.data.graph_set import GraphSet
from sciml.graphs.data.pyg import from_pyg, read_pyg, to_pyg
from sciml.io.errors import InputError

ATOMS = ("C", "N", "O")


@pytest.fixture
def molecules():
    """Hydrogen cyanide and a carbon dioxide, padded by one."""
    edges = torch.zeros(3, 4, 4, dtype=torch.uint8)
    for index, i, j, order in ((0, 0, 1, 3), (1, 0, 1, 2), (1, 0, 2, 2)):
        edges[index, i, j] = edges[index, j, i] = order
    labels = torch.tensor([[0, 1, 0, 0], [0, 2, 2, 0], [1, 0, 0, 0]], dtype=torch.uint8)
    return GraphSet(labels, edges, torch.tensor([2, 3, 1], dtype=torch.int32), ATOMS)


def equal(a, b):
    n = b.labels.shape[1]
    same = torch.equal(a.labels[:, :n], b.labels) and torch.equal(a.edges[:, :n, :n], b.edges)
    return same and torch.equal(a.sizes, b.sizes) and a.atoms == b.atoms


def test_fields_are_those_of_pyg(molecules):
    hydrogen_cyanide = to_pyg(molecules)[0]
    assert hydrogen_cyanide.edge_index.tolist() == [[0, 1], [1, 0]] and hydrogen_cyanide.edge_attr.tolist() == [3, 3]
    assert hydrogen_cyanide.x.tolist() == [[1, 0, 0], [0, 1, 0]]


def test_there_and_back(molecules):
    assert equal(molecules, from_pyg(to_pyg(molecules), ATOMS))
    plain = GraphSet(torch.zeros_like(molecules.labels), molecules.edges.clamp(max=1), molecules.sizes)
    assert equal(plain, from_pyg(to_pyg(plain)))


class Stored(InMemoryDataset):
    pass


def test_files_of_lists_and_of_collated_data(molecules, tmp_path):
    torch.save(to_pyg(molecules), tmp_path / "list.pt")
    InMemoryDataset.save(to_pyg(molecules), str(tmp_path / "collated.pt"))
    for name in ("list.pt", "collated.pt"):
        assert equal(molecules, from_pyg(read_pyg(tmp_path / name), ATOMS))


class Evil:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path,)


def test_runs_no_code(tmp_path):
    torch.save([Evil(str(tmp_path / "made"))], tmp_path / "evil.pt")
    with pytest.raises(InputError, match=r"evil.pt: cannot be read as tensors and PyG's `Data` alone .it asks for .*mkdir"):
        read_pyg(tmp_path / "evil.pt")
    assert not (tmp_path / "made").exists()


def test_files_that_will_not_do(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_pyg(tmp_path / "x.pt")
    (tmp_path / "x.pt").write_bytes(b"nothing")
    with pytest.raises(InputError, match="cannot be read"):
        read_pyg(tmp_path / "x.pt")
    for content in (torch.ones(2), [torch.ones(2)], (1, 2), [Data.__new__(Data)]):
        torch.save(content, tmp_path / "x.pt")
        with pytest.raises(InputError, match="must hold a list of PyG's `Data`"):
            read_pyg(tmp_path / "x.pt")


@pytest.mark.parametrize("text", ["a b\nb c\n", "smiles\nCCO\n", "0 1", "(", "i", "\n", "", "hello world\n"])
def test_text_under_a_wrong_name(tmp_path, text):
    (tmp_path / "x.pt").write_text(text)
    with pytest.raises(InputError, match="x.pt: cannot be read as tensors and PyG's `Data` alone"):
        read_pyg(tmp_path / "x.pt")


@pytest.mark.parametrize(
    ("slices", "message"),
    [
        ({"edge_index": [0, 2, 9]}, r"x.pt: its slices do not fit its data \(RuntimeError"),
        ({"edge_index": [0, 2, 4], "num_nodes": [0, 1]}, "x.pt: its slices must be of one number of graphs, got 1, 2"),
        ({"edge_index": 3}, r"x.pt: its slices do not fit its data \(TypeError"),
    ],
)
def test_slices_that_do_not_fit(tmp_path, slices, message):
    whole = {"edge_index": torch.tensor([[0, 1, 0, 1], [1, 0, 1, 0]]), "num_nodes": [2, 2]}
    slices = {name: torch.tensor(ends) if isinstance(ends, list) else ends for name, ends in slices.items()}
    torch.save((whole, slices), tmp_path / "x.pt")
    with pytest.raises(InputError, match=message):
        read_pyg(tmp_path / "x.pt")


def index(*pairs):
    return torch.tensor(pairs).T


BOTH = index((0, 1), (1, 0))
X = torch.eye(3)[:2]
STAR = index(*((i, j) for k in range(1, 6) for i, j in ((0, k), (k, 0))))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (Data(edge_index=index((0, 1)), num_nodes=2), "graph 1: has an edge in one direction only, 0 to 1"),
        (Data(edge_index=index((0, 1), (1, 0), (1, 1)), num_nodes=2), "graph 1: node 1 is joined to itself"),
        (Data(edge_index=index((0, 1), (1, 0), (0, 1), (1, 0)), num_nodes=2), "graph 1: has an edge twice, 0 to 1"),
        (Data(edge_index=index((0, 2), (2, 0)), num_nodes=2), "`edge_index` must lie in 0 to 1, got 0 to 2"),
        (Data(num_nodes=2), "must have nodes and `edge_index`"),
        (Data(edge_index=BOTH, x=torch.tensor(3.0)), "graph 1: its fields must be .*, one of them is a single number"),
        (Data(edge_index=BOTH.float(), num_nodes=2), r"integers of shape \(2, edge\), got torch.float32 \(2, 2\)"),
        (Data(edge_index=BOTH.bool(), num_nodes=2), r"integers of shape \(2, edge\), got torch.bool"),
        (Data(edge_index=BOTH[0], num_nodes=2), r"graph 1: `edge_index` must be .*, got torch.int64 \(2,\)"),
        (Data(edge_index=torch.cat([BOTH, BOTH[:1]]), num_nodes=2), r"`edge_index` must be .*, got torch.int64 \(3, 2\)"),
        (Data(edge_index=[[0, 1], [1, 0]], num_nodes=2), "`edge_index` must be .*, got list"),
        (Data(edge_index=BOTH, num_nodes=2.0), "`num_nodes` must be a number of nodes, got 2.0"),
        (Data(edge_index=BOTH, num_nodes=4), r"graph 1: has 4 nodes, allowed are 1 to 3 \(`largest`\)"),
    ],
)
def test_a_graph_that_is_not_allowed_is_numbered(data, message):
    with pytest.raises(InputError, match=message):
        from_pyg([Data(edge_index=BOTH, num_nodes=2), data], largest=3)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (Data(edge_index=BOTH, num_nodes=2), "`x` must be one-hot over C, N, O for each of 2 nodes"),
        (Data(x=2 * X, edge_index=BOTH), "`x` must be one-hot"),
        (Data(x=X, edge_index=BOTH, edge_attr=torch.tensor([4, 4])), "`edge_attr` must hold a bond order of 1, 2 or 3"),
        (Data(x=X, edge_index=BOTH, edge_attr=torch.tensor([1, 2])), "in one direction only, 0 to 1"),
        (Data(x=X, edge_index=BOTH, edge_attr=torch.ones(2, 2)), "`edge_attr` must hold a bond order"),
        (Data(x=X, edge_index=BOTH, edge_attr=torch.ones(2, dtype=torch.bool)), "`edge_attr` must hold a bond order"),
        (Data(x=X, edge_index=BOTH, edge_attr=[1, 1]), "`edge_attr` must hold a bond order"),
        (Data(x=X.to_sparse(), edge_index=BOTH), "`x` must be one-hot"),
        (
            Data(x=X, edge_index=torch.zeros(2, 0, dtype=torch.long)),
            "molecule C.N has 2 parts that no bond joins, allowed is 1",
        ),
        (
            Data(x=torch.eye(3)[[1, 0, 0, 0, 0, 0]], edge_index=STAR),
            r"molecule C\[N\+\]\(C\)\(C\)\(C\)C is empty or none that RDKit can read",
        ),
        (Data(x=torch.eye(3)[[1, 0, 0, 0, 0]], edge_index=STAR[:, :8]), "has a charged atom"),
        (Data(x=torch.eye(3)[[0, 2]], edge_index=BOTH, edge_attr=torch.tensor([3, 3])), "has a charged atom"),
    ],
)
def test_a_molecule_that_is_not_allowed_is_numbered(data, message):
    with pytest.raises(InputError, match=f"mine.pt: graph 0: .*{message}"):
        from_pyg([data], ATOMS, origin="mine.pt")


def test_charges_of_molecules_can_be_left_out():
    tetramethylammonium = Data(x=torch.eye(3)[[1, 0, 0, 0, 0]], edge_index=STAR[:, :8].int(), edge_attr=torch.ones(8, 1))
    assert from_pyg([tetramethylammonium], ATOMS, charges="drop").edges[0, 0].tolist() == [0, 1, 1, 1, 1]


def test_one_hot_may_be_truth_values():
    assert from_pyg([Data(x=X.bool(), edge_index=BOTH)], ATOMS).labels.tolist() == [[0, 1]]


def test_no_number_in_a_file_asks_for_all_memory():
    with pytest.raises(InputError, match=r"PyG data: graph 0: has 1000000000 nodes, allowed are 1 to 500 .`largest`."):
        from_pyg([Data(edge_index=BOTH, num_nodes=10**9)])


def test_no_graph_is_an_error():
    with pytest.raises(InputError, match="there is no graph"):
        from_pyg([])
