"""Graphs from the command line: data to scores, in miniature."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sciml.cli.main import cli
from sciml.graphs.data.store import load_properties
from sciml.graphs.samples import check_export
from sciml.graphs.store import load_generator
from sciml.io.errors import InputError

DATA = "domain: graphs\ndata: {kind: molecules, largest: 4, split: [200, 20, 100]}\n"
TRAINING = """domain: graphs
model:
  net: {kind: graph_transformer, width: 8, pair_width: 4, layers: 1}
  condition: logp
  training: {steps: 5, batch: 16, precision: '32'}
"""
SAMPLING = """domain: graphs
evaluation:
  molecules: [nspdk, logp]
  sampling: {count: 30, value: 1.0, guidance: 2.0, solver: {name: ddim, eta: 1.0, steps: 3}}
"""
COMPARISON = """domain: graphs
evaluation: {molecules: []}
comparison: {solvers: [{name: heun}, {name: s4}], calls: [4], count: 20}
"""


def run(*arguments: object) -> Result:
    result = CliRunner().invoke(cli, [str(argument) for argument in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Data, a model, samples and scores."""
    here = tmp_path_factory.mktemp("graphs")
    texts = {"data": DATA, "training": TRAINING, "sampling": SAMPLING, "comparison": COMPARISON}
    for name, text in texts.items():
        (here / f"{name}.yaml").write_text(text)
    run("prepare", "--config", here / "data.yaml", "--output", here / "d.zarr")
    model = ("--output", here / "m.safetensors", "--manifest", here / "manifest.json", "--events", here / "events.jsonl")
    run("train", "--config", here / "training.yaml", "--data", here / "d.zarr", *model)
    made = ("--output", here / "s.zarr", "--export", here / "s.smi")
    run("sample", "--config", here / "sampling.yaml", "--model", here / "m.safetensors", *made)
    return here


def test_what_is_sampled_is_scored(folder: Path) -> None:
    scored = ("--samples", folder / "s.zarr", "--output", folder / "e.json", "--name", "tiny", "ours")
    run("score", "--config", folder / "sampling.yaml", "--data", folder / "d.zarr", *scored)
    found = json.loads((folder / "e.json").read_text())
    assert (found["dataset"], found["model"], found["count"], found["nfe"]) == ("tiny", "ours", 30, 8)
    assert 0 <= found["scores"]["valid"]["value"] <= 1 and set(found["scores"]["properties"]) == {"logp"}
    assert len((folder / "s.smi").read_text().splitlines()) == 30 and found["steered"] and found["reached"] is None
    assert json.loads((folder / "manifest.json").read_text())["steps"] == 5
    assert '"end"' in (folder / "events.jsonl").read_text()


def test_solvers_are_compared_at_the_calls_asked_for(folder: Path) -> None:
    paths = ("--data", folder / "d.zarr", "--model", folder / "m.safetensors", "--output", folder / "c.json")
    run("compare", "--config", folder / "comparison.yaml", *paths)
    rows = json.loads((folder / "c.json").read_text())["rows"]
    assert [(row["solver"].split(",")[0], row["nfe"]) for row in rows] == [("Heun", 3), ("S4", 4)]


def test_guidance_takes_two_calls_a_step(folder: Path, tmp_path: Path) -> None:
    """Of 6 calls three are with the property, one of these the last denoising; 8 are not enough for more of Heun."""
    sampling = "{value: 1.0, guidance: 2.0}"
    text = COMPARISON.replace("molecules: []", f"molecules: [], sampling: {sampling}").replace("[4]", "[6, 8]")
    (tmp_path / "comparison.yaml").write_text(text)
    paths = ("--data", folder / "d.zarr", "--model", folder / "m.safetensors", "--output", tmp_path / "c.json")
    run("compare", "--config", tmp_path / "comparison.yaml", *paths)
    rows = json.loads((tmp_path / "c.json").read_text())["rows"]
    assert [(row["solver"].split(",")[0], row["nfe"]) for row in rows] == [("Heun", 6), ("S4", 6), ("S4", 8)]


def test_a_users_own_property_is_learnt_and_asked_for(tmp_path: Path) -> None:
    """A column of a CSV, from the file to molecules that are asked for a value of it."""
    names = ["CCO", "CCN", "CCC", "CCCO", "CCCN", "CC", "CO", "CN", "CCF", "COC"] * 3
    rows = "".join(f"{name},{10 * k}\n" for k, name in enumerate(names))
    (tmp_path / "own.csv").write_text(f"smiles,boiling\n{rows}")
    data = f"domain: graphs\ndata: {{kind: file, path: {tmp_path}/own.csv, properties: [boiling], split: [20, 5, 5]}}\n"
    for name, text in {"data": data, "training": TRAINING.replace("logp", "boiling"), "sampling": SAMPLING}.items():
        (tmp_path / f"{name}.yaml").write_text(text)
    run("prepare", "--config", tmp_path / "data.yaml", "--output", tmp_path / "d.zarr")
    job = ("--data", tmp_path / "d.zarr", "--output", tmp_path / "m.safetensors", "--manifest", tmp_path / "manifest.json")
    run("train", "--config", tmp_path / "training.yaml", *job)
    told = run("inspect", tmp_path / "m.safetensors").output
    assert "condition: boiling" in told
    known, (generator, config) = load_properties(tmp_path / "d.zarr", "train"), load_generator(tmp_path / "m.safetensors")
    mean, deviation = known["boiling"].mean().item(), known["boiling"].std(correction=0).item()
    assert config.condition == "boiling" and generator.property_scale.tolist() == pytest.approx([mean, deviation])
    made = ("--model", tmp_path / "m.safetensors", "--output", tmp_path / "s.zarr")
    run("sample", "--config", tmp_path / "sampling.yaml", *made)
    (tmp_path / "training.yaml").write_text(TRAINING.replace("logp", "melting"))
    with pytest.raises(InputError, match="`condition` must be among none, size, boiling, logp, qed .*, got melting"):
        run("train", "--config", tmp_path / "training.yaml", *job)


def test_a_model_says_what_it_is(folder: Path) -> None:
    assert "makes molecules of C, N, O, F of up to 4 nodes" in run("inspect", folder / "m.safetensors").output


@pytest.mark.parametrize(
    ("verb", "text", "message"),
    [
        ("prepare", "domain: graphs\ndata: {kind: comunity}\n", "`data.kind`|`data`"),
        (
            "prepare",
            DATA.replace("graphs", "graph"),
            "`domain` must be graphs or sequences, .*, got 'graph'",
        ),
        ("evaluate", SAMPLING, "graphs are scored by `sciml sample` and then `sciml score`"),
        (
            "train",
            TRAINING.replace("batch: 16", "batch: 300"),
            "`batch` must be at most the number of examples, 200, got 300",
        ),
        ("train", TRAINING.replace("width: 8", "width: 6"), "`model.net.width` .*multiple of 4, got 6"),
        ("sample", SAMPLING.replace("value: 1.0, ", ""), "`guidance` 2.0 needs a `value`"),
        ("sample", SAMPLING.replace("ddim, eta: 1.0", "auto"), "`solver.name` must not be auto"),
    ],
)
def test_a_mistake_names_the_setting(folder: Path, tmp_path: Path, verb: str, text: str, message: str) -> None:
    (tmp_path / "bad.yaml").write_text(text)
    data, model = ["--data", folder / "d.zarr"], ["--model", folder / "m.safetensors"]
    rest = {"prepare": [], "train": data, "sample": model, "evaluate": data + model}[verb]
    arguments = [verb, "--config", tmp_path / "bad.yaml", *rest, "--output", tmp_path / "out"]
    with pytest.raises(InputError, match=message):
        CliRunner().invoke(cli, list(map(str, arguments)), catch_exceptions=False)


def test_where_samples_cannot_go_is_said_before_they_are_drawn(folder: Path, tmp_path: Path) -> None:
    made = ["--model", folder / "m.safetensors", "--output", tmp_path / "s.zarr", "--export", tmp_path / "s.txt"]
    with pytest.raises(InputError, match="s.txt: samples are exported as .smi or .graphml, got '.txt'"):
        run("sample", "--config", folder / "sampling.yaml", *made)
    assert not (tmp_path / "s.zarr").exists()
    with pytest.raises(InputError, match="s.smi: SMILES are of molecules; these graphs go into .graphml"):
        check_export(tmp_path / "s.smi", molecules=False)


def test_data_are_no_samples(folder: Path) -> None:
    wrong = ["--data", folder / "d.zarr", "--samples", folder / "d.zarr", "--output", folder / "x.json"]
    arguments = ["score", "--config", folder / "sampling.yaml", *wrong]
    with pytest.raises(InputError, match="holds no samples made by `sciml sample`: no attribute `solver`"):
        CliRunner().invoke(cli, list(map(str, arguments)), catch_exceptions=False)
