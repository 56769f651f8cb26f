"""Sequences for backbones from the command line: PDB files to designs, in miniature."""

import json
import math
import re
from pathlib import Path

import pytest
import torch
from Bio.Data.PDBData import protein_letters_1to3
from click.testing import CliRunner, Result

from sciml.cli.main import cli
from sciml.config.base import read_config
from sciml.config.inverse_folding import FoldingJob
from sciml.io.errors import InputError
from sciml.sequences.stability.mutations import read_mutations
from sciml.sequences.stability.quality import stability_quality
from sciml.sequences.stability.store import load_stability
from sciml.sequences.structures.pdb import read_backbone
from sciml.sequences.structures.store import load_folder
from sciml.sequences.structures.train import train_inverse_folding

NATIVE = {"one": "MKLVAWGEDSTR", "two": "GGAVLIMFWP"}
FOLDING = """domain: structures
model:
  net: {width: 8, neighbours: 4, encoder_layers: 1, decoder_layers: 1}
  copies: 2
  training: {steps: 3, batch: 2, precision: '32'}
"""
STABILITY = """domain: structures
stability: {width: 8, members: 1, training: {steps: 3, batch: 4, precision: '32'}}
"""
TUNING = """domain: structures
finetuning: {alpha: 0.01, steps: 3, truncation: 3, measured: null, training: {steps: 2, batch: 4, precision: '32'}}
"""
HEADER = "pdb_id_corrected,uniprot_id,pdb_sequence,pdb_position,wild_type,mutation,ddG,asa\n"
PLACES = {"N": (1.5, -28.0, -0.9), "CA": (2.3, 0.0, 0.0), "C": (1.7, 26.0, 1.1), "O": (2.0, 24.0, 2.3)}  # of a helix


def records(letters: str, chain: str = "A") -> str:
    """A helix of radius, angle and height as above, 100 degrees and 1.5 Angstrom a residue."""
    rows = []
    for k, letter in enumerate(letters):
        for name, (radius, ahead, height) in PLACES.items():
            angle = math.radians(100 * k + ahead)
            xyz = f"{radius * math.cos(angle):8.3f}{radius * math.sin(angle):8.3f}{1.5 * k + height:8.3f}"
            residue = protein_letters_1to3[letter].upper()
            rows.append(f"ATOM      1  {name:3} {residue} {chain}{k + 1:4d}    {xyz}  1.00  0.00          {name[0]:>2}\n")
    return "".join(rows)


def table(code: str, sequence: str) -> str:
    """Each letter but one becomes alanine or glycine."""
    rows = [
        f"{code},U{code},{sequence},{k},{letter},{'G' if letter == 'A' else 'A'},{0.1 * k:.1f},\n"
        for k, letter in enumerate(sequence)
    ]
    return HEADER + "".join(rows)


def run(*arguments: object) -> Result:
    result = CliRunner().invoke(cli, [str(argument) for argument in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Structures, a model of them, a reward, and a model that is fine-tuned for it on the first."""
    here = tmp_path_factory.mktemp("folding")
    (here / "pdb").mkdir()
    for name, letters in NATIVE.items():
        (here / "pdb" / f"{name}.pdb").write_text(records(letters))
    for name, text in {"folding": FOLDING, "stability": STABILITY, "tuning": TUNING}.items():
        (here / f"{name}.yaml").write_text(text)
    (here / "known.csv").write_text(table("1ABC", NATIVE["one"]))
    (here / "unseen.csv").write_text(table("2ABC", NATIVE["two"]))
    made = ("--output", here / "m.safetensors", "--manifest", here / "m.json", "--events", here / "m.jsonl", "--seed", 4)
    run("fold", "--config", here / "folding.yaml", "--structures", here / "pdb", *made)
    run("stability", "--config", here / "stability.yaml", "--data", here / "known.csv", "--output", here / "s.safetensors")
    start = ("--model", here / "m.safetensors", "--reward", here / "s.safetensors", "--structure", here / "pdb" / "one.pdb")
    made = ("--output", here / "t.safetensors", "--manifest", here / "t.json")
    run("stabilise", "--config", here / "tuning.yaml", *start, *made)
    return here


def test_folding_is_training_in_python(folder: Path, tmp_path: Path) -> None:
    job = read_config(FoldingJob, folder / "folding.yaml")
    backbones = [read_backbone(folder / "pdb" / f"{name}.pdb") for name in NATIVE]
    trained = train_inverse_folding(job.model, backbones, seed=4, run_directory=tmp_path, fingerprint="x")
    denoiser, config = load_folder(folder / "m.safetensors")
    assert config == job.model
    for name, tensor in trained.denoiser.state_dict().items():
        assert torch.equal(denoiser.state_dict()[name], tensor), name
    manifest = json.loads((folder / "m.json").read_text())
    assert manifest["structures"] == list(NATIVE) and manifest["steps"] == 3 and manifest["seed"] == 4
    assert '"end"' in (folder / "m.jsonl").read_text()


@pytest.mark.parametrize("model", ["m", "t"])
def test_designs_are_counted_against_the_native_sequence(folder: Path, tmp_path: Path, model: str) -> None:
    start = ("design", "--model", folder / f"{model}.safetensors", "--structure", folder / "pdb" / "one.pdb", "--count", 6)
    said = run(*start, "--steps", 5, "--output", tmp_path / "a.fa").output
    letters = [line for line in (tmp_path / "a.fa").read_text().splitlines() if not line.startswith(">")]
    assert len(letters) == 6 and {len(text) for text in letters} == {12}
    hits = sum(a == b for text in letters for a, b in zip(text, NATIVE["one"], strict=True))
    told = re.search(r"native recovery ([0-9.]+) \(.*\); its commonest letter alone would have ([0-9.]+)", said)
    assert told is not None
    assert float(told[1]) == pytest.approx(hits / 72, abs=6e-4) and float(told[2]) == pytest.approx(1 / 12, abs=6e-4)
    for seed in (0, 1):
        run(*start, "--steps", 5, "--output", tmp_path / "b.fa", "--seed", seed)
        assert ((tmp_path / "b.fa").read_text() == (tmp_path / "a.fa").read_text()) == (seed == 0)


def test_the_chain_is_chosen_and_what_is_modified_read_as_its_parent(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "x.pdb").write_text(records("MKLV") + records("AMGED", "B").replace("MET", "MSE"))
    start = ("design", "--model", folder / "m.safetensors", "--structure", tmp_path / "x.pdb", "--count", 2, "--chain", "B")
    run(*start, "--steps", 2, "--modified", "parent", "--output", tmp_path / "a.fa")
    assert len((tmp_path / "a.fa").read_text().splitlines()[1]) == 5
    with pytest.raises(InputError, match=r"x\.pdb: chain B, residue 2 \(MSE\)"):
        run(*start, "--output", tmp_path / "a.fa")


def test_a_reward_says_how_well_it_predicts_others(folder: Path, tmp_path: Path) -> None:
    start = ("stability", "--config", folder / "stability.yaml", "--data", folder / "known.csv")
    told = run(*start, "--output", tmp_path / "s.safetensors", "--test", folder / "unseen.csv").output
    unseen = read_mutations(folder / "unseen.csv")
    found = stability_quality(load_stability(tmp_path / "s.safetensors").predict(unseen).double().numpy(), unseen, seed=0)
    for name in ("spearman", "rmse"):
        assert f"{name} {found[name]['value']:.3f}" in told
    assert "of 10 mutations of 1 proteins" in told
    with pytest.raises(InputError, match="share 1 proteins, such as 1ABC"):
        run(*start, "--output", tmp_path / "s.safetensors", "--test", folder / "known.csv")


def test_fine_tuning_for_stability_says_how_far_it_went(folder: Path) -> None:
    manifest = json.loads((folder / "t.json").read_text())
    assert manifest["steps"] == 2 and manifest["path_divergence"]["value"] > 0
    before, after = (load_folder(folder / f"{name}.safetensors")[0].state_dict() for name in "mt")
    assert before.keys() == after.keys() and any(not torch.equal(before[name], after[name]) for name in before)


MISTAKES = [
    ("fold", FOLDING.replace("structures", "sequences"), [], "`domain` .*'structures'"),
    ("fold", FOLDING + "chains: {three: A}\n", [], "`chains` may name files, which are one, two; got 'three'"),
    ("fold", FOLDING + "chains: {two: B}\n", [], r"two\.pdb: `chain` must be one of the chains of protein, A, got 'B'"),
    ("fold", FOLDING.replace("batch: 2", "batch: 3"), [], "`batch` must be at most the number of examples, 2, got 3"),
    ("fold", FOLDING, ["--structures", "nowhere"], "nowhere: no such folder"),
    ("fold", FOLDING, ["--structures", "."], "holds no PDB file, of ending .pdb"),
    ("stability", STABILITY.replace("members: 1", "members: 0"), [], "`stability.members`"),
    ("stabilise", TUNING.replace("{alpha", "{alarm: {every: 2}, alpha"), [], "`finetuning.alarm` must be left out"),
    ("stabilise", TUNING, ["--reward", "m.safetensors"], "kind 'inverse folding', here 'stability' is needed"),
]


@pytest.mark.parametrize(("verb", "text", "option", "message"), MISTAKES)
def test_a_mistake_is_named(folder: Path, tmp_path: Path, verb: str, text: str, option: list[str], message: str) -> None:
    (tmp_path / "bad.yaml").write_text(text)
    files = {"--structures": "pdb", "--data": "known.csv", "--model": "m.safetensors", "--reward": "s.safetensors"}
    files["--structure"] = "pdb/one.pdb"
    needed = {"fold": ["--structures"], "stability": ["--data"], "stabilise": ["--model", "--reward", "--structure"]}[verb]
    paths = {name: files[name] for name in needed} | dict([option] if option else [])
    places = [part for name, value in paths.items() for part in (name, folder / value)]
    with pytest.raises(InputError, match=message):
        run(verb, "--config", tmp_path / "bad.yaml", *places, "--output", tmp_path / "out.safetensors")


def test_two_structures_of_one_name_are_refused(folder: Path, tmp_path: Path) -> None:
    for ending in ("pdb", "ent"):
        (tmp_path / f"one.{ending}").write_text(records("MKLV"))
    start = ("fold", "--config", folder / "folding.yaml", "--structures", tmp_path, "--output", tmp_path / "m.safetensors")
    with pytest.raises(InputError, match=r"must have different names, got one\.ent and one\.pdb"):
        run(*start)
