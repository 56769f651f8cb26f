"""What fuzzing and damaging found, each held by the input that found it."""

import json
from pathlib import Path

import pytest

from sciml.io.errors import InputError
from sciml.io.events import read_events
from sciml.io.model_file import save_model
from sciml.report.record import read_record

from .parsers import PARSERS, PDB, place


def test_a_torn_line_of_a_pdb_file(tmp_path: Path) -> None:
    path = place(PARSERS["pdb"], tmp_path, PDB.split(b"\n")[0][:21] + b"\n")
    with pytest.raises(InputError, match="is not a PDB file"):
        PARSERS["pdb"].read(path)


def test_zarr_metadata_that_are_no_object(tmp_path: Path) -> None:
    store = tmp_path / "a.zarr"
    store.mkdir()
    path = place(PARSERS["zarr root"], store, b"0")
    with pytest.raises(InputError, match="cannot be read"):
        PARSERS["zarr root"].read(path)


def test_events_that_are_no_objects(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text('{"event": "start"}\n0\n')
    with pytest.raises(InputError, match="line 2 must be an object, got int"):
        read_events(path)


def test_json_that_is_nested_too_deeply(tmp_path: Path) -> None:
    path = tmp_path / "evaluation.json"
    path.write_text("[" * 100_000)
    with pytest.raises(InputError, match="is not JSON"):
        read_record(path)


@pytest.mark.parametrize("nodes", [-2, "many", 2**63, None])
def test_a_header_with_a_right_digest_and_nonsense_inside(tmp_path: Path, nodes: object) -> None:
    from sciml.graphs.store import load_generator

    description = {"kind": "graph generator", "model": {"training": {"steps": 1}}, "atoms": [], "pair_categories": 2}
    save_model(tmp_path / "a", {}, json.loads(json.dumps(description | {"nodes": nodes, "moments": None})))
    with pytest.raises(InputError, match=r"its header is not that of a generator of this version|`training`|model"):
        load_generator(tmp_path / "a")
