"""The command line in several processes: the results of one, the exit codes of one, one voice."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from sciml.cli.main import main
from sciml.graphs.samples import read_samples
from sciml.io.events import read_events

DATA = "domain: graphs\ndata: {kind: molecules, largest: 4, split: [200, 20, 100]}\n"
TRAINING = """domain: graphs
model:
  net: {kind: graph_transformer, width: 8, pair_width: 4, layers: 1, dropout: 0.1}
  training: {steps: STEPS, batch: 16, precision: '32'}
"""
SAMPLING = "domain: graphs\nevaluation: {sampling: {count: 31, solver: {name: ddim, eta: 1.0, steps: 3}}}\n"
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1"}
TORCHRUN = (sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "sciml")

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> Run:
    """run(verb, ...) -> (exit code, standard error), in this process."""

    def call(*arguments: object) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["sciml", *map(str, arguments)])
        code = 0
        try:
            main()
        except SystemExit as exit_:
            code = int(exit_.code or 0)
        return code, capsys.readouterr().err

    return call


@pytest.fixture
def folder(tmp_path: Path, run: Run) -> Path:
    texts = {"data": DATA, "training": TRAINING.replace("STEPS", "12"), "long": TRAINING.replace("STEPS", "100000")}
    for name, text in {**texts, "sampling": SAMPLING}.items():
        (tmp_path / f"{name}.yaml").write_text(text)
    assert run("prepare", "--config", tmp_path / "data.yaml", "--output", tmp_path / "d.zarr")[0] == 0
    return tmp_path


def training(folder: Path, to: str, config: str = "training") -> list[str]:
    files = {"output": "m.safetensors", "manifest": "manifest.json", "events": "events.jsonl"}
    written = [part for option, name in files.items() for part in (f"--{option}", str(folder / to / name))]
    return ["train", "--config", str(folder / f"{config}.yaml"), "--data", str(folder / "d.zarr"), *written]


def losses(path: Path) -> list[float]:
    return [event["loss"] for event in read_events(path / "events.jsonl") if event["event"] == "step"]


@pytest.mark.slow
def test_two_processes_train_and_sample_what_one_does(folder: Path, run: Run) -> None:
    assert run(*training(folder, "one"))[0] == 0
    together = subprocess.run([*TORCHRUN, *training(folder, "two")], env=ENVIRONMENT, capture_output=True, text=True)
    assert together.returncode == 0, together.stderr
    assert losses(folder / "two") == pytest.approx(losses(folder / "one"), abs=2e-6)
    one, two = (load_file(folder / name / "m.safetensors") for name in ("one", "two"))
    assert all(np.allclose(two[name], one[name], rtol=0, atol=1e-6) for name in one)
    counts = [json.loads((folder / name / "manifest.json").read_text())["processes"] for name in ("one", "two")]
    assert counts == [1, 2]

    def sampling(to: str) -> list[str]:
        config, model = str(folder / "sampling.yaml"), str(folder / "one" / "m.safetensors")
        return ["sample", "--config", config, "--model", model, "--output", str(folder / to), "--seed", "3"]

    assert run(*sampling("one.zarr"))[0] == 0
    command = [sys.executable, "-m", "sciml", "--processes", "2", *sampling("two.zarr")]
    shared = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True)
    assert shared.returncode == 0, shared.stderr
    (alone, known), (sampled, made) = (read_samples(folder / name) for name in ("one.zarr", "two.zarr"))
    assert np.array_equal(sampled.labels, alone.labels) and np.array_equal(sampled.edges, alone.edges)
    assert made["nfe"] == known["nfe"]


def test_a_signal_to_who_started_them_saves_and_gives_its_exit_code(folder: Path, run: Run) -> None:
    command = [sys.executable, "-m", "sciml", "--processes", "2", *training(folder, "long", "long")]
    process = subprocess.Popen(command, env=ENVIRONMENT, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not any("step" in path.read_text() for path in (folder / "long" / "run").glob("*/events.jsonl")):
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGUSR1)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 75
    assert [line for line in said.splitlines() if "stopped by SIGUSR1 at step" in line and line.startswith("sciml:")]
    limited = [*training(folder, "long", "long"), "--time-limit", "0.5"]
    code, said = run(*limited)
    assert code == 75 and "time limit" in said
    (events,) = (read_events(path) for path in (folder / "long" / "run").glob("*/events.jsonl"))
    resumed = [event["step"] for event in events if event["event"] == "resume"]
    assert resumed == [next(event["step"] for event in events if event["event"] == "stop")]


def test_other_verbs_are_for_one_process(folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    config = ("--config", folder / "data.yaml", "--output", folder / "again.zarr")
    monkeypatch.setenv("SCIML_PROCESSES", "2")
    assert run("prepare", *config)[0] == 0  # a setting for a whole workflow: verbs that cannot be shared are not
    for name, value in {"RANK": "0", "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "1"}.items():
        monkeypatch.setenv(name, value)
    code, said = run("prepare", *config)
    assert code == 2 and said.startswith("sciml: `sciml prepare` runs in one process, got 2; several share train, sample")


@pytest.mark.parametrize("verb", ["prepare", "train"])
@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("WORLD_SIZE", "abc", "1 to 2147483647"),
        ("WORLD_SIZE", "-2", "1 to 2147483647"),
        ("RANK", "x", "0 to 1"),
        ("RANK", "2", "0 to 1"),
        ("MASTER_PORT", "99999", "0 to 65535"),
        ("LOCAL_RANK", "x", "0 to 2147483647"),
        ("LOCAL_WORLD_SIZE", "two", "1 to 2147483647"),
    ],
)
def test_variables_that_are_no_numbers_are_named(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch, verb: str, name: str, value: str, allowed: str
) -> None:
    usual = {"RANK": "0", "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "1"}
    for variable, text in {**usual, name: value}.items():
        monkeypatch.setenv(variable, text)
    code, said = run(verb, *(training(tmp_path, "m")[1:] if verb == "train" else ("--config", "c", "--output", "o")))
    assert code == 2 and said.count("\n") == 1
    assert f"environment: `{name}` must be a whole number from {allowed}, got {value!r}" in said


@pytest.mark.parametrize(("local_rank", "said"), [("0", "sciml (process 1): `sciml prepare` runs"), ("1", "")])
def test_bad_input_is_said_by_one_process_of_a_machine(
    folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch, local_rank: str, said: str
) -> None:
    values = {"RANK": "1", "LOCAL_RANK": local_rank, "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "1"}
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    code, heard = run("prepare", "--config", folder / "data.yaml", "--output", folder / "again.zarr")
    assert code == 2 and heard.startswith(said) and bool(heard) == bool(said)
