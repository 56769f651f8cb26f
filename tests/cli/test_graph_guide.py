"""A guide from the command line: trained for a model, given to its sampling, told of in its scores."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from rdkit import Chem
from rdkit.Chem import Crippen

from sciml.cli.main import cli
from sciml.graphs.conditions import property_of
from sciml.graphs.data.store import load_graphs
from sciml.graphs.guide_store import load_guide
from sciml.graphs.store import load_generator
from sciml.io.errors import InputError

DATA = "domain: graphs\ndata: {kind: molecules, largest: 4, split: [200, 20, 100]}\n"
NET = "{kind: graph_transformer, width: 8, pair_width: 4, layers: 1}"
TRAINING = f"domain: graphs\nmodel: {{net: {NET}, training: {{steps: 5, batch: 16, precision: '32'}}}}\n"
GUIDE = f"domain: graphs\nguide: {{property: logp, net: {NET}, training: {{steps: 5, batch: 16, precision: '32'}}}}\n"
SAMPLING = """domain: graphs
evaluation:
  molecules: []
  property: logp
  sampling: {count: 30, value: 1.0, guidance: 2.0, solver: {name: ddim, eta: 1.0, steps: 3}}
"""


def run(*arguments: object) -> Result:
    result = CliRunner().invoke(cli, [str(argument) for argument in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Data, a model, a guide of it, samples and scores."""
    here = tmp_path_factory.mktemp("guided")
    for name, text in {"data": DATA, "training": TRAINING, "guide": GUIDE, "sampling": SAMPLING}.items():
        (here / f"{name}.yaml").write_text(text)
    run("prepare", "--config", here / "data.yaml", "--output", here / "d.zarr")
    run("train", "--config", here / "training.yaml", "--data", here / "d.zarr", "--output", here / "m.safetensors")
    made = ("--output", here / "g.safetensors", "--manifest", here / "manifest.json", "--events", here / "events.jsonl")
    run("guide", "--config", here / "guide.yaml", "--data", here / "d.zarr", "--model", here / "m.safetensors", *made)
    led = ("--guide", here / "g.safetensors", "--output", here / "s.zarr", "--export", here / "s.smi")
    run("sample", "--config", here / "sampling.yaml", "--model", here / "m.safetensors", *led)
    scored = ("--samples", here / "s.zarr", "--output", here / "e.json")
    run("score", "--config", here / "sampling.yaml", "--data", here / "d.zarr", *scored)
    return here


def test_a_guide_is_trained_led_by_and_scored(folder: Path) -> None:
    found = json.loads((folder / "e.json").read_text())
    assert found["solver"].endswith(", to logp 1 by a guide, weight 2") and found["nfe"] == 4 and found["steered"]
    assert (found["reached"]["property"], found["reached"]["asked"], found["reached"]["count"]) == ("logp", 1.0, 30)
    test = property_of("logp", load_graphs(folder / "d.zarr", "test"))
    assert found["reached"]["test_mean"] == pytest.approx(test.mean().item(), rel=1e-5)
    assert json.loads((folder / "manifest.json").read_text())["steps"] == 5
    assert '"end"' in (folder / "events.jsonl").read_text()
    guide, config = load_guide(folder / "g.safetensors", *load_generator(folder / "m.safetensors"))
    train = property_of("logp", load_graphs(folder / "d.zarr", "train"))
    assert config.property == "logp" and guide.property_scale[0].item() == pytest.approx(train.mean().item(), rel=1e-5)
    if found["scores"]["valid"]["value"] == 1:  # then nothing was corrected
        values = [Crippen.MolLogP(Chem.MolFromSmiles(line)) for line in (folder / "s.smi").read_text().split()]
        assert found["reached"]["mean"] == pytest.approx(sum(values) / 30, rel=1e-5)


def test_another_run_of_the_verb_writes_the_same_guide(folder: Path, tmp_path: Path) -> None:
    paths = ("--data", folder / "d.zarr", "--model", folder / "m.safetensors", "--output", tmp_path / "g.safetensors")
    run("guide", "--config", folder / "guide.yaml", *paths)
    assert (tmp_path / "g.safetensors").read_bytes() == (folder / "g.safetensors").read_bytes()


def test_scores_tell_what_samples_were_led_to_whatever_they_are_scored_by(folder: Path, tmp_path: Path) -> None:
    """Without a value in the settings, the samples' own; another is refused."""
    text, paths = SAMPLING.replace("value: 1.0, guidance: 2.0, ", ""), ["--data", folder / "d.zarr"]
    paths += ["--samples", folder / "s.zarr", "--output", tmp_path / "e.json"]
    (tmp_path / "plain.yaml").write_text(text)
    run("score", "--config", tmp_path / "plain.yaml", *paths)
    found, known = (json.loads((place / "e.json").read_text()) for place in (tmp_path, folder))
    assert found["steered"] and found["reached"] == known["reached"]
    (tmp_path / "other.yaml").write_text(SAMPLING.replace("value: 1.0", "value: 3.0"))
    with pytest.raises(InputError, match="s.zarr: was led to logp 1, `evaluation.sampling.value` says 3$"):
        run("score", "--config", tmp_path / "other.yaml", *paths)


@pytest.mark.parametrize(
    ("verb", "text", "more", "message"),
    [
        ("sample", SAMPLING, [], "was not trained with a `condition`, so no `value` can be asked for but with a guide"),
        (
            "sample",
            SAMPLING.replace("value: 1.0, guidance: 2.0, ", ""),
            ["--guide", "g.safetensors"],
            "needs a `value` of logp",
        ),
        ("sample", SAMPLING, ["--guide", "m.safetensors"], "holds a model of kind 'graph generator'"),
        ("sample", SAMPLING, ["--guide", "no.safetensors"], "no.safetensors: no such model file"),
        ("sample", "domain: sequences\n", ["--guide", "g.safetensors"], "`--guide` is of graphs, .* is of sequences"),
        ("guide", GUIDE.replace("logp", "size"), [], "`guide`: `property` must not be size"),
        ("guide", GUIDE.replace("logp", "boiling"), [], "must be among logp, qed for these data, got boiling"),
        ("guide", GUIDE.replace("property", "propery"), [], "`guide.property` is missing"),
        ("guide", GUIDE.replace("guide:", "model:"), [], "`guide` is missing"),
    ],
)
def test_a_mistake_names_what_is_wrong(
    folder: Path, tmp_path: Path, verb: str, text: str, more: list[str], message: str
) -> None:
    (tmp_path / "bad.yaml").write_text(text)
    data = ["--data", folder / "d.zarr"] if verb == "guide" else []
    rest = [folder / one if one.endswith("safetensors") else one for one in more]
    paths = [*data, "--model", folder / "m.safetensors", "--output", tmp_path / "out"]
    with pytest.raises(InputError, match=message):
        run(verb, "--config", tmp_path / "bad.yaml", *paths, *rest)
