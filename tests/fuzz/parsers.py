"""Every parser of files that users bring: a valid file, and how it is read."""

import gzip
import io
import pickle
import tempfile
import zipfile
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch
import xarray as xr


@dataclass(frozen=True)
class Parser:
    """How files of one kind are made and read.

    Args:
        name: of the file; its ending tells some readers what it is.
        whole: makes the bytes of a valid one.
        read: reads a path to the end.
        beside: other files that are needed in the folder, valid.
    """

    name: str
    whole: Callable[[], bytes]
    read: Callable[[Path], object]
    beside: tuple[tuple[str, bytes], ...] = ()


FASTA = b">chr1:10-30 first\nACGTACGTAC\nGTACGTACGT\n>chr2:10-30\nACGTTCGTACGTACGTACGA\n"
SDF = b"""water
  tool

  2  1  0  0  0  0  0  0  0  0999 V2000
    0.0000    0.0000    0.0000 C   0  0
    1.0000    0.0000    0.0000 O   0  0
  1  2  1  0
M  END
>  <gap>
1.5

$$$$
"""
GRAPHML = b"""<?xml version='1.0' encoding='utf-8'?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
  <key id="d0" for="node" attr.name="graph" attr.type="long"/>
  <graph edgedefault="undirected">
    <node id="0"><data key="d0">0</data></node>
    <node id="1"><data key="d0">0</data></node>
    <edge source="0" target="1"/>
  </graph>
</graphml>
"""
ATOM = "ATOM  {:5d}  {:<3s} ALA A{:4d}    {:8.3f}{:8.3f}{:8.3f}  1.00  0.00           {}\n"
PDB = (
    "".join(
        ATOM.format(4 * r + a + 1, name, r + 1, 1.5 * a + r, 1.0 * r, 0.5 * a, name[0])
        for r in range(3)
        for a, name in enumerate(("N", "CA", "C", "O"))
    ).encode()
    + b"TER\nEND\n"
)
YAML = b"""domain: graphs
data: &d {kind: community_small, train: 8, validation: 0, test: 8}
"""
SETTINGS = b"""scale: test
results: results
data: data
seeds: [0, 1]
pde:
  tiny:
    data: {kind: burgers, train: 8, validation: 2, test: 2, points: 16, intervals: 8, solver_points: 16}
    models:
      net: {kind: neural, net: {kind: unet, width: 4, multipliers: [1]}, training: {steps: 2, batch: 4, precision: '32'}}
    evaluation: {windows: 2, members: 2, solver: {name: ddim, steps: 2}}
"""
BED = b"chr1\t10\t30\tACGT\t1.5\t+\nchr1\t40\t60\tACGA\t2.5\t-\n"


def _fasta(path: Path) -> object:
    from sciml.sequences.data.encoding import Rules, encode
    from sciml.sequences.data.fasta import read_fasta

    return encode(read_fasta(path, chromosomes=True), Rules("ACGT"), str(path))


def _table(path: Path) -> object:
    from sciml.sequences.data.tables import Columns, read_table

    kind = Path(path.stem).suffix if path.suffix == ".gz" else path.suffix
    columns = Columns("name", ("score",)) if kind == ".bed" else Columns("sequence", ("y",), "chrom")
    return list(read_table(path, columns, kind=kind))


def _molecules(path: Path) -> object:
    from sciml.graphs.data.molecule_rows import ending, read_rows
    from sciml.graphs.data.molecule_set import Rules, molecule_set

    properties = ("gap",) if ending(path) in (".csv", ".sdf") else ()
    return molecule_set(read_rows(path, properties=properties), Rules(("C", "N", "O"), 20), skip_invalid=True, origin=path)


def _graphs(path: Path) -> object:
    from sciml.graphs.data.graph_files import read_graph_files

    return read_graph_files(path, largest=100)


def _tu(path: Path) -> object:
    from sciml.graphs.data.tu_folder import read_tu_folder

    return read_tu_folder(path.parent)


def _pdb(path: Path) -> object:
    from sciml.sequences.structures.pdb import read_backbone

    return read_backbone(path)


def _fields(path: Path) -> object:
    from sciml.pde.data.load import load_fields
    from sciml.pde.data.validate import validate

    where = path.parent if path.name == "zarr.json" else path
    return validate(load_fields(where), where)


def _job(path: Path) -> object:
    from sciml.config.base import read_config
    from sciml.config.graph_settings import GraphDataJob

    return read_config(GraphDataJob, path)


def _settings(path: Path) -> object:
    from sciml.config.base import read_config
    from sciml.config.settings import Settings

    return read_config(Settings, path)


def _mutations(path: Path) -> object:
    from sciml.sequences.stability.mutations import read_mutations

    return read_mutations(path)


def _test_rows(path: Path) -> object:
    from sciml.graphs.data.published_molecules import read_rows_file

    return read_rows_file(path, 10)


def _citations(path: Path) -> object:
    from sciml.graphs.data.citeseer import citation_graph

    return citation_graph(path)


def _pyg(path: Path) -> object:
    from sciml.graphs.data.pyg import from_pyg, read_pyg

    return from_pyg(read_pyg(path))


def _gdss(path: Path) -> object:
    from sciml.graphs.import_gdss import read_checkpoint

    return read_checkpoint(path)


def _checkpoint(path: Path) -> object:
    from sciml.training.checkpoint import read_checkpoint

    return read_checkpoint(path, "mark")


def _model(path: Path) -> object:
    from sciml.io.model_file import kind_of, load_model

    kind_of(path)
    return load_model(path, "toy")


def _events(path: Path) -> object:
    from sciml.io.events import EventLog, read_events

    found = read_events(path)
    EventLog(path).__exit__()
    return found


def _record(path: Path) -> object:
    from sciml.report.manifest import read_manifest

    return read_manifest(path)


def _fields_dataset() -> xr.Dataset:
    values = np.sin(np.arange(24.0).reshape(4, 6))
    return xr.Dataset({"u": (("time", "x"), values)}, coords={"time": np.arange(4.0), "x": np.arange(6.0)})


@cache
def _written(suffix: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"a{suffix}"
        _fields_dataset().to_netcdf(path, engine="netcdf4")
        return path.read_bytes()


@cache
def _grib() -> bytes:
    """Three hourly forecasts of a temperature on 3 x 4 points."""
    import eccodes

    messages = []
    for step in range(3):
        message = eccodes.codes_grib_new_from_samples("regular_ll_sfc_grib2")
        for key, value in {
            "stepRange": str(step),
            "shortName": "2t",
            "Ni": 4,
            "Nj": 3,
            "latitudeOfFirstGridPointInDegrees": 60.0,
            "latitudeOfLastGridPointInDegrees": 58.0,
            "longitudeOfFirstGridPointInDegrees": 0.0,
            "longitudeOfLastGridPointInDegrees": 3.0,
            "iDirectionIncrementInDegrees": 1.0,
            "jDirectionIncrementInDegrees": 1.0,
        }.items():
            eccodes.codes_set(message, key, value)
        eccodes.codes_set_values(message, 280.0 + step + np.arange(12.0))
        messages.append(eccodes.codes_get_message(message))
        eccodes.codes_release(message)
    return b"".join(messages)


@cache
def _zarr() -> tuple[tuple[str, bytes], ...]:
    """All files of a zarr folder of another program's, the root's metadata first."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.zarr"
        _fields_dataset().to_zarr(path, zarr_format=3, consolidated=False)
        files = sorted((each.relative_to(path).as_posix(), each.read_bytes()) for each in path.rglob("*") if each.is_file())
        return tuple(sorted(files, key=lambda file: file[0] != "zarr.json"))


def _saved(content: object) -> bytes:
    file = io.BytesIO()
    torch.save(content, file)
    return file.getvalue()


def _sealed_checkpoint() -> bytes:
    from sciml.io.digest import digest
    from sciml.training.checkpoint import FORMAT, HELD

    kept = {name: torch.ones(3) if kind is torch.Tensor else kind() for name, kind in HELD.items()}
    content = {"format": FORMAT, **kept, "fingerprint": "mark", "model": {"a": torch.ones(3)}}
    return _saved(content | {"sha256": digest(content)})


@cache
def _sealed_model() -> bytes:
    from sciml.io.model_file import save_model

    with tempfile.TemporaryDirectory() as folder:
        save_model(Path(folder) / "m", {"a": torch.arange(6.0)}, {"kind": "toy", "model": {"width": 3}})
        return (Path(folder) / "m").read_bytes()


def _pyg_file() -> bytes:
    from sciml.graphs.data.pyg import Data  # which imports PyG without a warning

    return _saved([Data(edge_index=torch.tensor([[0, 1], [1, 0]]), num_nodes=2)])


def _zip(content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.csv", content)
    return file.getvalue()


CSV = b"sequence,y,chrom\nACGT,1.5,chr1\nACGA,,chr2\n"
MOLECULES = b"smiles,gap\nCCO,1.5\nC1CC1,2.5\n"
MUTATIONS = b"pdb_id,chain,sequence,mutation,ddG\n1abc,A,ACDEF,A1C,1.5\n"
MANIFEST = b'{"config": {}, "versions": {"torch": "2"}, "data_sha256": "ab", "git_commit": null, "seed": 0, "device": "cpu"}'

PARSERS = {
    "fasta": Parser("a.fa", lambda: FASTA, _fasta),
    "fasta packed": Parser("a.fa.gz", lambda: gzip.compress(FASTA, mtime=0), _fasta),
    "csv": Parser("a.csv", lambda: CSV, _table),
    "tsv": Parser("a.tsv", lambda: CSV.replace(b",", b"\t"), _table),
    "bed": Parser("a.bed", lambda: BED, _table),
    "csv in a zip": Parser("a.csv", lambda: _zip(CSV), _table),
    "smiles": Parser("a.smi", lambda: b"CCO first\nc1ccccc1\nN#CC(=O)O\n[nH]1cccc1\n", _molecules),
    "smiles packed": Parser("a.smi.gz", lambda: gzip.compress(b"CCO first\nc1ccccc1\n", mtime=0), _molecules),
    "smiles in csv": Parser("a.csv", lambda: MOLECULES, _molecules),
    "sdf": Parser("a.sdf", lambda: SDF, _molecules),
    "edge list": Parser("a.edges", lambda: b"a b\nb c # more\nd\n\na b\n", _graphs),
    "graphml": Parser("a.graphml", lambda: GRAPHML, _graphs),
    "tu edges": Parser("X_A.txt", lambda: b"1, 2\n2, 1\n3, 4\n", _tu, (("X_graph_indicator.txt", b"1\n1\n2\n2\n"),)),
    "tu graphs": Parser("X_graph_indicator.txt", lambda: b"1\n1\n2\n2\n", _tu, (("X_A.txt", b"1, 2\n2, 1\n3, 4\n"),)),
    "pyg": Parser("a.pt", _pyg_file, _pyg),
    "citations": Parser("ind.a.graph", lambda: pickle.dumps(defaultdict(list, {0: [1], 1: [0]}), 2), _citations),
    "gdss": Parser("a.pth", lambda: _saved({"model_config": {}, "params_x": {}, "params_adj": {}}), _gdss),
    "pdb": Parser("a.pdb", lambda: PDB, _pdb),
    "pdb packed": Parser("a.pdb.gz", lambda: gzip.compress(PDB, mtime=0), _pdb),
    "mutations": Parser("a.csv", lambda: MUTATIONS, _mutations),
    "netcdf": Parser("a.nc", lambda: _written(".nc"), _fields),
    "grib": Parser("a.grib", _grib, _fields),
    "zarr root": Parser("zarr.json", lambda: _zarr()[0][1], _fields, _zarr()[1:]),
    "yaml": Parser("a.yaml", lambda: YAML, _job),
    "settings": Parser("a.yaml", lambda: SETTINGS, _settings),
    "test rows": Parser("a.json", lambda: b'{"valid_idxs": ["1", 2, 3]}', _test_rows),
    "checkpoint": Parser("a.pt", _sealed_checkpoint, _checkpoint),
    "model": Parser("a.safetensors", _sealed_model, _model),
    "events": Parser("a.jsonl", lambda: b'{"event": "step", "step": 1}\n{"event": "end"}\n', _events),
    "manifest": Parser("manifest.json", lambda: MANIFEST, _record),
}


def place(parser: Parser, folder: Path, content: bytes) -> Path:
    """A file of this content with what it needs beside it."""
    for name, other in parser.beside:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(other)
    path = folder / parser.name
    path.write_bytes(content)
    return path
