"""From configurations and users' files to prepared stores."""

import networkx as nx
import numpy as np
import pytest
import torch
from pydantic import TypeAdapter
from rdkit import Chem

from sciml.config.base import Config, parse
from sciml.config.graph_sources import SOURCES_OF
from sciml.config.graphs import ELEMENTS, GraphDataConfig
from sciml.graphs.data.catalog import prepare_graphs
from sciml.graphs.data.graph_set import graph_set
from sciml.graphs.data.overlap import isomorphic_to_training
from sciml.graphs.data.pyg import to_pyg
from sciml.graphs.data.store import load_graphs, load_properties, summary
from sciml.graphs.molecules import from_molecules, to_molecules
from sciml.io.errors import InputError
from sciml.io.fetch import SOURCES, fetch


class Job(Config):
    data: GraphDataConfig


def prepared(store, raw=None, **data):
    prepare_graphs(parse(Job, {"data": data}, "job").data, store, raw)
    return summary(store)


def names(graphs):
    return sorted(Chem.CanonSmiles(Chem.MolToSmiles(molecule)) for molecule in to_molecules(graphs))


@pytest.mark.parametrize(
    "data",
    [
        {"kind": "community_small", "authors": True},
        {"kind": "grid", "sides": [2, 3]},
        {"kind": "planar", "nodes": 10},
        {"kind": "tree", "nodes": 10},
        {"kind": "sbm", "blocks": [2, 3], "sizes": [20, 22]},
    ],
)
def test_synthetic_sets(tmp_path, data):
    found = prepared(tmp_path / "g.zarr", train=5, validation=1, test=2, **data)
    assert found["graphs"] == {"train": 5, "validation": 1, "test": 2} and found["kind"] == data["kind"]
    assert 0 <= found["test_isomorphic_to_train"] <= 2 and found["atoms"] == []


def test_enumerated_molecules(tmp_path):
    found = prepared(tmp_path / "m.zarr", kind="molecules", largest=4, split=[500, 100, 138])
    parts = [names(load_graphs(tmp_path / "m.zarr", split)) for split in ("train", "validation", "test")]
    assert found["graphs"] == {"train": 500, "validation": 100, "test": 138}
    assert len({name for part in parts for name in part}) == 738  # every molecule once, also when written down


def test_users_molecules(tmp_path):
    smiles = ["C" * k + "O" for k in range(1, 11)]
    (tmp_path / "m.csv").write_text("smiles,logP\n" + "".join(f"{name},{len(name)}\n" for name in smiles))
    data = {"kind": "file", "path": str(tmp_path / "m.csv"), "properties": ["logP"], "split": [6, 2, 2]}
    found = prepared(tmp_path / "m.zarr", **data, atoms=["O", "C"])
    assert found["left_out"] == {} and found["atoms"] == ["O", "C"] and len(found["source_sha256"]) == 64
    seen = []
    for split, count in (("train", 6), ("validation", 2), ("test", 2)):
        graphs, values = load_graphs(tmp_path / "m.zarr", split), load_properties(tmp_path / "m.zarr", split)
        assert len(graphs) == count and values["logP"].tolist() == graphs.sizes.tolist()
        seen += names(graphs)
    assert sorted(seen) == sorted(smiles)


def test_what_is_skipped_is_told(tmp_path):
    (tmp_path / "m.smi").write_text("CC\nCCO\nC(C\nC.C\nCN\nCCl\n")
    data = {"kind": "file", "path": str(tmp_path / "m.smi"), "split": [2, 1, 1], "atoms": ["C", "N", "O", "Cl"]}
    with pytest.raises(InputError, match=r"m.smi: line 3: molecule C\(C is empty or none that RDKit can read"):
        prepared(tmp_path / "m.zarr", **data)
    found = prepared(tmp_path / "m.zarr", **data, skip_invalid=True)
    assert found["left_out"] == {"unreadable": 1, "disconnected": 1}
    told = found["left_out_examples"]["disconnected"]
    assert told.endswith("m.smi: line 4: molecule C.C has 2 parts that no bond joins, allowed is 1")


def test_copies_in_the_test_set_are_counted_and_told(tmp_path, caplog):
    (tmp_path / "m.smi").write_text("CCO\nOCC\nC(O)C\n" * 4)
    data = {"kind": "file", "path": str(tmp_path / "m.smi"), "split": [8, 0, 4]}
    assert prepared(tmp_path / "m.zarr", **data)["test_isomorphic_to_train"] == 4
    assert "m.zarr: 4 of 4 test graphs are copies of training graphs: scores reward memory" in caplog.text


@pytest.mark.parametrize("name", ["m.smi", "m.sdf"])
def test_an_empty_file_is_named(tmp_path, name):
    (tmp_path / name).write_text("")
    with pytest.raises(InputError, match=f"{name}: there is no molecule"):
        prepared(tmp_path / "m.zarr", kind="file", path=str(tmp_path / name))


def test_users_molecules_of_pyg(tmp_path):
    """Ethanol, a salt in two parts, methylamine, tetramethylammonium."""
    drawn = [Chem.MolFromSmiles(name) for name in ("CCO", "C.O", "CN", "C[N+](C)(C)C")]
    torch.save(to_pyg(from_molecules(drawn, ("C", "N", "O"))), tmp_path / "m.pt")
    data = {"kind": "file", "path": str(tmp_path / "m.pt"), "atoms": ["C", "N", "O"], "split": [0, 0, 2]}
    with pytest.raises(InputError, match="m.pt: graph 1: molecule C.O has 2 parts that no bond joins"):
        prepared(tmp_path / "m.zarr", **data)
    found = prepared(tmp_path / "m.zarr", **data, skip_invalid=True)
    assert found["left_out"] == {"disconnected": 1, "charge": 1}
    assert names(load_graphs(tmp_path / "m.zarr", "test")) == ["CCO", "CN"]
    found = prepared(tmp_path / "m.zarr", **data, skip_invalid=True, charges="drop")
    assert found["charges_left_out"] == 1 and found["graphs"]["test"] == 2
    with pytest.raises(InputError, match="m.pt: `properties` need a CSV or SDF, got logP"):
        prepared(tmp_path / "m.zarr", **data, properties=["logP"])


def test_users_graphs(tmp_path):
    graphs = [nx.cycle_graph(5), nx.path_graph(4), nx.star_graph(3), nx.complete_graph(4)]
    (tmp_path / "g.edges").write_text("\n".join("".join(f"{i} {j}\n" for i, j in g.edges) for g in graphs))
    folder = tmp_path / "folder"
    folder.mkdir()
    for k, graph in enumerate(graphs):
        nx.write_graphml(graph, folder / f"{k}.graphml")
    torch.save(to_pyg(graph_set(graphs)), tmp_path / "g.pt")
    tu, edges, owners, offset = tmp_path / "tu", [], [], 1
    tu.mkdir()
    for k, graph in enumerate(graphs, start=1):
        edges += [f"{i + offset}, {j + offset}" for i, j in graph.edges]
        owners += [str(k)] * len(graph)
        offset += len(graph)
    (tu / "T_A.txt").write_text("\n".join(edges))
    (tu / "T_graph_indicator.txt").write_text("\n".join(owners))
    for path in (tmp_path / "g.edges", folder, tmp_path / "g.pt", tu):
        found = prepared(tmp_path / "g.zarr", kind="file", path=str(path), split=[4, 0, 0])
        loaded = load_graphs(tmp_path / "g.zarr", "train").to_networkx()
        assert found["nodes"] == [4, 5] and all(map(nx.is_isomorphic, loaded, graphs))
        with pytest.raises(InputError, match=r"graph \d: has 5 nodes, allowed are 1 to 4 \(`largest`\)"):
            prepared(tmp_path / "g.zarr", kind="file", path=str(path), split=[4, 0, 0], largest=4)


def test_files_of_no_known_kind(tmp_path):
    (tmp_path / "x.abc").write_text("")
    with pytest.raises(InputError, match=r"ending '.abc' is not known; allowed: .smi, .*.graphml, .pt, .pth, or a folder"):
        prepared(tmp_path / "x.zarr", kind="file", path=str(tmp_path / "x.abc"))
    with pytest.raises(InputError, match="no such file or folder"):
        prepared(tmp_path / "x.zarr", kind="file", path=str(tmp_path / "y.smi"))
    (tmp_path / "x.edges").write_text("1 2\n")
    with pytest.raises(InputError, match="`atoms` are for molecules, and graphs of this format have none; got C"):
        prepared(tmp_path / "x.zarr", kind="file", path=str(tmp_path / "x.edges"), atoms=["C"])


def test_isomorphic_test_graphs_are_counted():
    train = graph_set([nx.cycle_graph(4), nx.path_graph(3)])
    relabelled = nx.relabel_nodes(nx.cycle_graph(4), {0: 2, 2: 0, 1: 3, 3: 1})
    test = graph_set([relabelled, nx.star_graph(3), nx.Graph([(0, 1), (0, 2)])])
    assert isomorphic_to_training(train, test) == 2
    molecules = [[Chem.MolFromSmiles(name) for name in part] for part in (("CCO", "CC"), ("OCC", "C=C", "C1CC1"))]
    assert isomorphic_to_training(*(from_molecules(part, ("C", "O")) for part in molecules)) == 1


def test_public_graphs(mirror, tmp_path):
    ego = prepared(tmp_path / "e.zarr", mirror, kind="ego_small", published_split=True)
    assert ego["graphs"] == {"train": 160, "validation": 0, "test": 40}
    assert ego["test_isomorphic_to_train"] == 28
    enzymes = prepared(tmp_path / "e.zarr", mirror, kind="enzymes")
    assert enzymes["graphs"] == {"train": 411, "validation": 59, "test": 117} and enzymes["nodes"] == [10, 125]


def test_public_molecules(mirror, tmp_path):
    found = prepared(tmp_path / "q.zarr", mirror, kind="qm9", train=50, validation=5, test=20)
    assert found["graphs"] == {"train": 50, "validation": 5, "test": 20}
    assert set(found["source_sha256"].values()) == {SOURCES[name].sha256 for name in SOURCES_OF["qm9"]}


def test_public_files_that_are_not_there(tmp_path):
    with pytest.raises(InputError, match=r"graph: no such file; get it with `sciml fetch citeseer --output .*graph`"):
        prepared(tmp_path / "e.zarr", tmp_path, kind="ego_small")
    with pytest.raises(InputError, match="no folder of public files is given"):
        prepared(tmp_path / "e.zarr", kind="qm9")


@pytest.mark.parametrize("name", sorted({name for names in SOURCES_OF.values() for name in names}))
def test_sources_are_in_the_mirror(mirror, tmp_path, name):
    assert fetch(SOURCES[name], tmp_path / "file", mirror, download=False).is_file()


def test_a_copy_packed_otherwise_is_as_good():
    source = SOURCES["zinc250k"]
    assert source.is_good(source.sha256) and source.is_good(source.other_sha256[0]) and not source.is_good("0" * 64)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"kind": "grid", "sides": [5, 3]}, "`data.sides` must be the smaller number and the larger one"),
        ({"kind": "molecules", "split": [0.5, 0.2, 0.2]}, "`data.split` must be shares that add up to 1, not 0.9"),
        ({"kind": "molecules", "largest": 7}, "`data.largest`"),
        ({"kind": "zink"}, "zink"),
        ({"kind": "file", "path": "x", "atoms": ["Xx"]}, "`data.atoms` must be element symbols such as C or Cl, got 'Xx'"),
        ({"kind": "file", "path": "x", "atoms": []}, "`data.atoms` must be at least one element symbol, got none"),
        ({"kind": "file", "path": "x", "atoms": ["C", "N", "C"]}, "`data.atoms` must be different elements, got C twice"),
    ],
)
def test_settings_that_will_not_do(data, message):
    with pytest.raises(InputError, match=message):
        parse(Job, {"data": data}, "job")


def test_elements_are_those_of_rdkit():
    table = Chem.GetPeriodicTable()
    assert {table.GetElementSymbol(number) for number in range(1, 119)} == ELEMENTS


def test_settings_come_back_from_their_text():
    adapter = TypeAdapter(GraphDataConfig)
    for kind in ("community_small", "grid", "planar", "sbm", "tree", "ego_small", "enzymes", "qm9", "zinc250k", "molecules"):
        config = parse(Job, {"data": {"kind": kind}}, "job").data
        assert config.kind == kind and adapter.validate_json(adapter.dump_json(config)) == config
    assert np.sum(parse(Job, {"data": {"kind": "molecules"}}, "job").data.split) <= 47521
