"""Results are re-checked against their manifests, and each thing that does not hold is named in one line."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from sciml.cli.verify import settings_of
from sciml.config.base import Config, read_config
from sciml.config.graph_settings import GraphDistillationJob
from sciml.config.jobs import DistillationJob
from sciml.config.sequence_settings import SequenceDistillationJob
from sciml.io.content import content_digest
from sciml.io.errors import InputError
from sciml.io.seal import sealed

from .conftest import DATA, RUN, sciml

Call = Callable[..., tuple[int, list[str]]]


@pytest.fixture
def verify(results: Path, capsys: pytest.CaptureFixture) -> Call:
    """(exit code, lines) of `sciml verify results`."""

    def call(*options: str) -> tuple[int, list[str]]:
        capsys.readouterr()
        code = sciml(results, "verify", "results", *options)
        said = capsys.readouterr()
        return code, (said.out if code < 2 else said.err).splitlines()

    return call


def edit(path: Path, change: Callable[[dict], object]) -> None:
    """As if it had been written so."""
    values = json.loads(path.read_text())
    change(values)
    path.write_text(json.dumps(sealed(values)))


def test_all_holds_also_after_a_move_of_the_whole(verify: Call) -> None:
    assert verify() == (0, ["2 manifests, 4 files: all holds"])


def test_a_forecast_has_a_manifest_if_asked_for_one(results: Path, verify: Call) -> None:
    forecast = ("forecast", "--model", f"{RUN}/model.safetensors", "--data", "data.zarr", "--solver", "ddim", "--steps", 1)
    written = ("--output", "results/forecast.nc", "--manifest", "results/forecast.json")
    assert sciml(results, *forecast, "--windows", 1, "--members", 1, *written) == 0
    assert verify() == (0, ["3 manifests, 5 files: all holds"])
    with (results / "results/forecast.nc").open("ab") as file:
        file.write(b" ")
    code, lines = verify()
    assert code == 1 and lines[0].startswith("stale   results/forecast.nc: is another file than the one")


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("evaluation.json", lambda values: values["scores"][0].update(mse=1e-4)),
        ("evaluation.json", lambda values: values["made_by"].update(seed=3)),
        ("manifest.json", lambda values: values.update(data_sha256="0" * 64)),
        ("manifest.json", lambda values: values.update(cpu_seconds=float("nan"))),
    ],
)
def test_a_changed_number_is_torn(results: Path, verify: Call, name: str, change: Callable[[dict], object]) -> None:
    path = results / RUN / name
    values = json.loads(path.read_text())
    change(values)
    path.write_text(json.dumps(values))
    code, lines = verify()
    assert (code, lines[:-1]) == (
        1,
        [f"torn    {RUN}/{name}: is not as it was written: it does not match its own sha256"],
    )


def test_scores_of_a_model_that_was_trained_again_are_stale(results: Path, verify: Call) -> None:
    train = ("train", "--config", f"{RUN}/../training.yaml", "--data", "data.zarr", "--seed", 7)
    written = ("--output", f"{RUN}/model.safetensors", "--manifest", f"{RUN}/manifest.json")
    assert sciml(results, *train, *written, "--events", f"{RUN}/events.jsonl") == 0
    code, lines = verify()
    assert code == 1 and len(lines) == 2
    assert lines[0].startswith(f"stale   {RUN}/evaluation.json: was made from {RUN}/model.safetensors, which has changed")


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(path.read_bytes()[:100])])
def test_pictures_belong_to_their_scores(results: Path, verify: Call, damage: Callable[[Path], object]) -> None:
    damage(results / RUN / "pictures.npz")
    code, lines = verify()
    assert code == 1 and lines[0].split(":")[0] in (f"missing {RUN}/pictures.npz", f"stale   {RUN}/pictures.npz")


def test_links_are_followed_and_folders_named_run_are_looked_into(results: Path, verify: Call) -> None:
    """A folder of results may lie on another disk, and a model may be called run."""
    (results / RUN).rename(results / "elsewhere")
    (results / RUN).symlink_to(results / "elsewhere")
    (results / RUN).parent.rename(results / "results/pde/tiny/run")
    (results / "results/pde/tiny/run/round").symlink_to(results / "results/pde")
    model = results / "elsewhere/model.safetensors"
    content = bytearray(model.read_bytes())
    content[-1] ^= 1
    model.write_bytes(content)
    code, lines = verify()
    assert code == 1
    assert any(line.startswith("torn    results/pde/tiny/run/seed-0/model.safetensors: ") for line in lines), lines


def test_checkpoints_are_left_out(results: Path, verify: Call) -> None:
    folder = results / RUN / "run/0123456789abcdef"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "torn.json").write_text("{")
    assert verify() == (0, ["2 manifests, 4 files: all holds"])


def test_a_manifest_says_what_was_read_and_written_and_by_which_command(results: Path) -> None:
    manifest = json.loads((results / RUN / "manifest.json").read_text())
    assert manifest["command"][:4] == ["sciml", "train", "--config", "results/pde/tiny/wdno/training.yaml"]
    assert manifest["command"][-4:-2] == ["--manifest", f"{RUN}/manifest.json"]
    assert "--seed" in manifest["command"], "what was left at its default is told too"
    assert manifest["settings"] == "../training.yaml"
    assert manifest["inputs"] == [{"option": "data", "path": "../../../../../data.zarr", "sha256": manifest["data_sha256"]}]
    for entry, name in zip(manifest["outputs"], ("model.safetensors", "events.jsonl"), strict=True):
        assert (entry["path"], entry["sha256"]) == (name, content_digest(results / RUN / name))


@pytest.mark.parametrize("name", ["model.safetensors", "evaluation.json", "manifest.json", "events.jsonl"])
@pytest.mark.parametrize("share", [0.0, 0.4])
def test_a_torn_file_is_named(results: Path, verify: Call, name: str, share: float) -> None:
    path = results / RUN / name
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    code, lines = verify()
    assert code == 1
    kinds = {line.split()[0] for line in lines[:-1] if f"{RUN}/{name}: " in line}
    assert kinds == ({"stale"} if name == "events.jsonl" else {"torn"}), lines  # lines that are missing leave JSON lines


@pytest.mark.parametrize("share", [0.02, 0.5, 0.99])
def test_a_flipped_bit_of_a_model_is_named_with_and_without_its_manifest(results: Path, verify: Call, share: float) -> None:
    path = results / RUN / "model.safetensors"
    content = bytearray(path.read_bytes())
    content[int(share * len(content))] ^= 1
    path.write_bytes(content)
    for _ in range(2):
        code, lines = verify()
        assert code == 1
        assert any(line.startswith(f"torn    {RUN}/model.safetensors: ") for line in lines), lines
        (results / RUN / "manifest.json").unlink(missing_ok=True)


def test_a_whole_model_of_another_training_is_stale(results: Path, verify: Call) -> None:
    model = results / RUN / "model.safetensors"
    config = yaml.safe_load((results / RUN).with_name("training.yaml").read_text())
    (results / "other.yaml").write_text(yaml.safe_dump(config))
    train = ("train", "--config", "other.yaml", "--data", "data.zarr", "--seed", 7, "--output", model)
    assert sciml(results, *train) == 0
    code, lines = verify()
    assert code == 1
    assert any("is another file than the one that manifest.json is of" in line for line in lines)


def test_what_is_missing_is_named(results: Path, verify: Call) -> None:
    (results / RUN / "model.safetensors").unlink()
    shutil.rmtree(results / "data.zarr")
    (results / "results/pde/tiny/wdno/training.yaml").unlink()
    code, lines = verify()
    assert code == 1
    assert [line.split(":")[0] for line in lines[:-1]] == [
        *[f"missing {RUN}/evaluation.json"] * 2,
        *[f"missing {RUN}/manifest.json"] * 2,
        f"missing {RUN}/model.safetensors",
    ]
    assert any("was made from data.zarr, which is not there" in line for line in lines)
    code, lines = verify("--results-only")
    assert not any("data.zarr" in line for line in lines)


def test_changed_data_is_torn_or_makes_results_stale(results: Path, verify: Call) -> None:
    chunk = next(path for path in (results / "data.zarr").rglob("c/*") if path.is_file())
    whole = chunk.read_bytes()
    chunk.write_bytes(whole[:-1])
    code, lines = verify()
    assert (code, lines[0].split(":")[0]) == (1, "torn    data.zarr")
    chunk.write_bytes(whole)
    (results / "data.yaml").write_text(yaml.safe_dump({"data": DATA["data"] | {"seed": 3}}))
    assert sciml(results, "prepare", "--config", "data.yaml", "--output", "data.zarr") == 0
    code, lines = verify()
    assert code == 1
    assert [line.split(" (")[0] for line in lines[:-1]] == [
        f"stale   {RUN}/{name}: was made from data.zarr, which has changed since"
        for name in ("evaluation.json", "manifest.json")
    ]


def test_settings_count_by_what_they_mean(results: Path, verify: Call) -> None:
    path = results / "results/pde/tiny/wdno/training.yaml"
    text = path.read_text()
    path.write_text(f"# a comment\n{text}")
    assert verify()[0] == 0
    values = yaml.safe_load(text)
    values["model"]["training"]["clip"] = 1.0  # its default
    path.write_text(yaml.safe_dump(values))
    assert verify()[0] == 0
    values["model"]["training"]["rate"] = 0.5
    path.write_text(yaml.safe_dump(values))
    code, lines = verify()
    assert code == 1
    assert lines[0] == (
        f"stale   {RUN}/manifest.json: `model.training.rate` was 0.001, "
        "in results/pde/tiny/wdno/training.yaml it is 0.5: run it again"
    )
    path.write_text("model: [")
    assert "its settings cannot be read any more" in verify()[1][0]


def test_other_versions_are_named(results: Path, verify: Call) -> None:
    edit(results / RUN / "manifest.json", lambda values: values["versions"].update(torch="1.0", gone="3"))
    code, lines = verify()
    assert code == 1
    assert lines[0].startswith(f"version {RUN}/manifest.json: was made with gone 3, here none; torch 1.0, here 2.")


def test_a_manifest_without_digests_is_stale(results: Path, verify: Call) -> None:
    edit(results / RUN / "manifest.json", lambda values: values.pop("outputs"))
    code, lines = verify()
    assert (code, lines[0].split(":")[0]) == (1, f"stale   {RUN}/manifest.json")


def test_a_calibration_of_another_model_is_stale(results: Path, verify: Call) -> None:
    from sciml.solvers.calibration import Calibration
    from sciml.solvers.calibration_file import save_calibration

    run = results / RUN
    save_calibration(run / "calibration.safetensors", Calibration(()), run / "model.safetensors")
    assert verify()[0] == 0
    save_calibration(run / "calibration.safetensors", Calibration(()), run / "evaluation.json")
    code, lines = verify()
    assert (code, lines[0].split(":")[0]) == (1, f"stale   {RUN}/calibration.safetensors")


def test_nothing_to_verify_is_bad_input(results: Path, capsys: pytest.CaptureFixture) -> None:
    (results / "empty").mkdir()
    assert sciml(results, "verify", "empty") == 2
    assert sciml(results, "verify", "nowhere") == 2
    assert "nowhere: no such folder" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("job", "text"),
    [
        (DistillationJob, "window: {given: 1, predicted: 8}\nstudent: {teacher: large, training: {steps: 3, batch: 4}}\n"),
        (GraphDistillationJob, "domain: graphs\nstudent: {teacher: large, training: {steps: 3, batch: 4}}\n"),
        (SequenceDistillationJob, "domain: sequences\nstudent: {method: di4c, training: {steps: 3, batch: 4}}\n"),
    ],
)
def test_settings_of_distillation_are_those_of_its_domain(tmp_path: Path, job: type[Config], text: str) -> None:
    path = tmp_path / "distillation.yaml"
    path.write_text(text)
    assert settings_of(path, "distill") == read_config(job, path).model_dump(mode="json")
    path.write_text(text + "windows: 1\n")
    with pytest.raises(InputError, match="windows"):
        settings_of(path, "distill")
