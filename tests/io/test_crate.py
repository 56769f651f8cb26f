"""An RO-Crate of results: read back by the library that others read it with, and checked against the files."""

import json
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest

from .conftest import RUN, sciml

pytest.importorskip("rocrate")


@pytest.fixture
def packed(results: Path) -> Path:
    assert sciml(results, "crate", "results", "--output", "crate") == 0
    return results / "crate"


def test_each_file_is_there_with_its_sha256(results: Path, packed: Path) -> None:
    from rocrate.rocrate import ROCrate

    crate = ROCrate(packed)
    files = [entity for entity in crate.get_entities() if entity.type == "File"]
    names = {"model.safetensors", "events.jsonl", "manifest.json", "evaluation.json", "pictures.npz"}
    assert {entity.id for entity in files} == {f"{RUN}/{name}".removeprefix("results/") for name in names} | {
        "pde/tiny/wdno/training.yaml",
        "pde/tiny/wdno/evaluation.yaml",
    }
    for entity in files:
        assert entity["sha256"] == sha256((packed / entity.id).read_bytes()).hexdigest()
        assert (packed / entity.id).read_bytes() == (results / "results" / entity.id).read_bytes()


def test_an_action_says_what_was_made_from_what_by_which_command(results: Path, packed: Path) -> None:
    from rocrate.rocrate import ROCrate

    manifest = json.loads((results / RUN / "manifest.json").read_text())
    judged, action = ROCrate(packed).get_by_type("CreateAction")
    run = RUN.removeprefix("results/")
    assert [each.id for each in judged["result"]] == [f"{run}/{n}" for n in ("pictures.npz", "evaluation.json")]
    assert [each.id for each in judged["object"]][::2] == ["pde/tiny/wdno/evaluation.yaml", f"{run}/model.safetensors"]
    assert [each.id for each in action["result"]] == [
        f"{run}/{n}" for n in ("model.safetensors", "events.jsonl", "manifest.json")
    ]
    settings, data = action["object"]
    assert settings.id == "pde/tiny/wdno/training.yaml"
    assert data["sha256"] == manifest["data_sha256"]
    assert action["description"].startswith("sciml train --config results/pde/tiny/wdno/training.yaml --data data.zarr ")
    assert (action["startTime"], action["endTime"]) == (manifest["started"], manifest["ended"])
    assert action["instrument"]["name"] == "sciml"


def test_metadata_is_of_the_specification(packed: Path) -> None:
    graph = {entity["@id"]: entity for entity in json.loads((packed / "ro-crate-metadata.json").read_text())["@graph"]}
    assert graph["ro-crate-metadata.json"]["conformsTo"] == {"@id": "https://w3id.org/ro/crate/1.2"}
    root = graph["./"]
    assert root["license"] == "not stated"
    assert {"name", "description", "datePublished", "license"} <= root.keys()
    known = {part["@id"] for part in root["hasPart"]}
    assert known == {name for name, entity in graph.items() if entity["@type"] in ("File", "Dataset") and name != "./"}
    linked = [
        end["@id"] for e in graph.values() for v in e.values() for end in (v if isinstance(v, list) else [v]) if "@id" in end
    ]
    assert all(name in graph or name.startswith("http") for name in linked)


def test_a_zip_file_holds_the_same_once(results: Path, packed: Path) -> None:
    assert sciml(results, "crate", "results", "--output", "crate.zip") == 0
    with zipfile.ZipFile(results / "crate.zip") as file:
        names = file.namelist()
        assert file.testzip() is None
    assert sorted(names) == sorted(path.relative_to(packed).as_posix() for path in packed.rglob("*") if path.is_file())
    assert sorted(path.name for path in results.iterdir() if path.name.startswith(".")) == []


def test_what_lies_elsewhere_and_is_linked_is_packed(results: Path, packed: Path) -> None:
    (results / RUN).rename(results / "elsewhere")
    (results / RUN).symlink_to(results / "elsewhere")
    (results / "elsewhere/up").symlink_to(results / "results")
    assert sciml(results, "crate", "results", "--output", "linked") == 0
    files = [{path.relative_to(each) for path in each.rglob("*") if path.is_file()} for each in (packed, results / "linked")]
    assert files[0] == files[1]


def test_an_output_in_the_place_of_other_things_is_refused(results: Path, capsys: pytest.CaptureFixture) -> None:
    """What stood there would be lost."""
    (results / "thesis").mkdir()
    (results / "thesis/text.txt").write_text("years of work")
    for place, said in (("..", "must lie outside results"), ("thesis", "is a folder with other things in it")):
        assert sciml(results, "crate", "results", "--output", place) == 2
        assert said in capsys.readouterr().err
    assert (results / "thesis/text.txt").read_text() == "years of work"
    for _ in range(2):
        assert sciml(results, "crate", "results", "--output", "crate") == 0


def test_torn_results_and_an_output_among_them_are_refused(results: Path, capsys: pytest.CaptureFixture) -> None:
    assert sciml(results, "crate", "results", "--output", "results/crate") == 2
    assert "results/crate: must lie outside results" in capsys.readouterr().err
    model = results / RUN / "model.safetensors"
    model.write_bytes(model.read_bytes()[:-1])
    assert sciml(results, "crate", "results", "--output", "crate") == 2
    assert "`sciml verify results` names all that is wrong" in capsys.readouterr().err
    assert not (results / "crate").exists()
