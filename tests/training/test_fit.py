"""The training loop: it learns, it resumes bit for bit, it stops cleanly and it refuses what it must."""

import errno
import io
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from lightning_fabric import Fabric
from lightning_fabric.plugins.environments import LightningEnvironment
from toy import Toy, examples, toy, train

from sciml.config.models import TrainingConfig
from sciml.io.digest import digest
from sciml.io.errors import InputError
from sciml.io.events import read_events
from sciml.io.lock import exclusive
from sciml.training import fit as fit_module
from sciml.training.ema import ExponentialMovingAverage
from sciml.training.fit import NonFiniteLoss, fit
from sciml.training.signals import Stopped
from sciml.training.step import train_step

SCRIPT = Path(__file__).with_name("toy.py")


def run_process(directory: Path, steps: int) -> subprocess.Popen:
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, str(SCRIPT), str(directory), str(steps)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


def steps_done(directory: Path) -> int:
    path = directory / "events.jsonl"
    return max((e["step"] for e in read_events(path)), default=0) if path.exists() else 0


def wait_for_step(directory: Path, step: int, process: subprocess.Popen) -> None:
    deadline = time.monotonic() + 60
    while steps_done(directory) < step and process.poll() is None:
        assert time.monotonic() < deadline, "the training makes no progress"
        time.sleep(0.005)


def test_learns_the_sum(tmp_path: Path) -> None:
    module, report = train(tmp_path, steps=400, rate=1e-2)
    x, y = examples()
    module.eval()
    assert (module.net(x) - y).square().mean() < 0.1 * y.square().mean()
    assert report.steps == 400


def test_resumed_after_sigkill_equals_unbroken(tmp_path: Path) -> None:
    steps, dice = 400, random.Random(7)
    unbroken, _ = train(tmp_path / "unbroken", steps=steps)
    for _ in range(3):
        process = run_process(tmp_path / "killed", steps)
        wait_for_step(tmp_path / "killed", min(steps_done(tmp_path / "killed") + dice.randrange(20, 90), steps), process)
        process.kill()
        process.communicate()
    process = run_process(tmp_path / "killed", steps)
    out, _ = process.communicate(timeout=120)
    assert out.strip() == digest(unbroken.state_dict())
    events = [e["event"] for e in read_events(tmp_path / "killed" / "events.jsonl")]
    assert events.count("resume") == 3
    assert events[-1] == "end"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGUSR1])
def test_signal_saves_and_stops(tmp_path: Path, number: signal.Signals, monkeypatch: pytest.MonkeyPatch) -> None:
    unbroken, _ = train(tmp_path / "unbroken")
    step = fit_module._Run._step

    def step_and_signal(run: fit_module._Run) -> float:
        if run.state.step == 30:
            os.kill(os.getpid(), number)
        return step(run)

    monkeypatch.setattr(fit_module._Run, "_step", step_and_signal)
    with pytest.raises(Stopped, match=f"{number.name} at step 31 of 60"):
        train(tmp_path / "stopped")
    monkeypatch.undo()
    resumed, _ = train(tmp_path / "stopped")
    assert digest(resumed.state_dict()) == digest(unbroken.state_dict())


def test_time_limit_saves_and_stops(tmp_path: Path) -> None:
    config = TrainingConfig(steps=100000, batch=8, precision="32")
    with pytest.raises(Stopped, match="time limit"):
        fit(toy(), examples(), config, seed=0, directory=tmp_path, fingerprint="toy", time_limit=0.2)
    assert (tmp_path / "checkpoint.pt").exists()


def test_non_finite_loss_names_the_step_and_keeps_the_checkpoint(tmp_path: Path) -> None:
    class Breaking(Toy):
        calls = 0

        def forward(self, generator: torch.Generator, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
            self.calls += 1
            return super().forward(generator, x, y) * (float("nan") if self.calls == 13 else 1.0)

    config = TrainingConfig(steps=50, batch=8, precision="32", checkpoint_seconds=0)
    with pytest.raises(NonFiniteLoss, match=r"nan at step 13; the last good checkpoint is .*checkpoint.pt"):
        fit(Breaking(), examples(), config, seed=0, directory=tmp_path, fingerprint="toy")
    kept = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    assert kept["step"] == 12
    assert all(torch.isfinite(v).all() for v in kept["model"].values())


@pytest.mark.parametrize("step", [13, 50])
def test_a_bad_gradient_of_a_finite_loss_is_found_before_it_is_saved(tmp_path: Path, step: int) -> None:
    class Breaking(Toy):
        calls = 0

        def forward(self, generator: torch.Generator, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
            self.calls += 1
            loss = super().forward(generator, x, y)
            if self.calls == step:
                loss.register_hook(lambda gradient: gradient * float("nan"))
            return loss

    config = TrainingConfig(steps=50, batch=8, precision="32", checkpoint_seconds=0)
    with pytest.raises(NonFiniteLoss, match=f"the norm of the gradient is nan at step {step}"):
        fit(Breaking(), examples(), config, seed=0, directory=tmp_path, fingerprint="toy")
    kept = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    assert kept["step"] == step - 1
    assert all(torch.isfinite(v).all() for v in kept["model"].values())


def test_checkpoint_of_another_run_is_refused(tmp_path: Path) -> None:
    train(tmp_path)
    with pytest.raises(InputError, match="belongs to another configuration"):
        fit(toy(), examples(), TrainingConfig(steps=60), seed=3, directory=tmp_path, fingerprint="other")


def test_torn_checkpoint_is_refused(tmp_path: Path) -> None:
    train(tmp_path)
    path = tmp_path / "checkpoint.pt"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(InputError, match="not a readable checkpoint"):
        train(tmp_path)


@pytest.mark.parametrize("place", [0.2, 0.5, 0.8])
def test_a_flipped_bit_is_refused(tmp_path: Path, place: float) -> None:
    train(tmp_path)
    path = tmp_path / "checkpoint.pt"
    content = torch.load(path, weights_only=True)
    weights = content["ema"][0].view(-1).view(torch.uint8)
    weights[int(place * len(weights))] ^= 1
    torch.save(content, path)
    with pytest.raises(InputError, match="damaged: its content does not match its sha256"):
        train(tmp_path)


def test_a_run_killed_before_its_first_checkpoint_keeps_its_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(run: fit_module._Run) -> float:
        raise KeyboardInterrupt

    monkeypatch.setattr(fit_module._Run, "_step", die)
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path, steps=None, cpu_seconds=0.5, precision="auto")
    planned = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    monkeypatch.undo()
    monkeypatch.setattr(fit_module, "plan", lambda *_: pytest.fail("the plan was made anew"))
    _, report = train(tmp_path, steps=None, cpu_seconds=0.5, precision="auto")
    assert (report.steps, report.precision) == (planned["steps"], planned["precision"])


def test_asking_again_for_a_finished_run_reports_the_same(tmp_path: Path) -> None:
    _, report = train(tmp_path)
    _, second = train(tmp_path)
    assert second == report
    assert report.wall_seconds > 0


def test_several_processes_are_refused(tmp_path: Path) -> None:
    config = TrainingConfig(steps=5, batch=8)
    fabric = Fabric(accelerator="cpu", devices=2, strategy="ddp", plugins=LightningEnvironment())
    with pytest.raises(ValueError, match="`fabric` must have one process, got 2"):
        fit(toy(), examples(), config, seed=0, directory=tmp_path, fingerprint="toy", fabric=fabric)


def test_checkpoint_never_executes_code(tmp_path: Path) -> None:
    class Payload:
        def __reduce__(self) -> tuple:
            return (Path.touch, (tmp_path / "executed",))

    torch.save({"format": 2, "payload": Payload()}, tmp_path / "checkpoint.pt")
    with pytest.raises(InputError, match="not a readable checkpoint"):
        train(tmp_path)
    assert not (tmp_path / "executed").exists()


def test_budget_of_processor_time_is_kept(tmp_path: Path) -> None:
    _, report = train(tmp_path, steps=None, cpu_seconds=1.0, batch=32, precision="auto")
    assert report.cpu_seconds < 1.6
    start = read_events(tmp_path / "events.jsonl")[0]
    assert start["steps"] == report.steps
    assert start["precision"] in ("32", "bf16")


def test_weights_of_the_result_are_the_average(tmp_path: Path) -> None:
    module, _ = train(tmp_path)
    kept = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    for parameter, average, last in zip(module.parameters(), kept["ema"], kept["model"].values(), strict=True):
        assert torch.equal(parameter, average)
        assert not torch.equal(parameter, last)


def test_the_average_is_that_of_its_formula() -> None:
    """After steps k = 0, 1, ... with weights w_k: a = d a + (1 - d) w_k, d = min(1 - 1/T, (1 + k) / (10 + k))."""
    weight = torch.nn.Parameter(torch.zeros(3))
    ema, expected = ExponentialMovingAverage([weight], time_constant=4.0), 0.0
    for k in range(30):
        weight.data.fill_(k + 1.0)
        ema.update(k)
        decay = min(0.75, (1 + k) / (10 + k))
        expected = decay * expected + (1 - decay) * (k + 1)
    torch.testing.assert_close(ema.average[0], torch.full((3,), expected))
    with ema.swapped():
        assert torch.equal(weight, ema.average[0])
    assert torch.equal(weight, torch.full((3,), 30.0))


def test_the_gradient_is_clipped_and_its_norm_told() -> None:
    """One step of plain descent moves the weights by rate * clip, however steep the loss."""
    module = torch.nn.Linear(1, 1, bias=False)
    before = module.weight.detach().clone()
    objective = Steep(module)
    optimizer = torch.optim.SGD(module.parameters(), lr=1.0)
    ema = ExponentialMovingAverage(module.parameters(), 2.0)
    noise = torch.Generator()
    options = {"step": 0, "rate": 0.1, "clip": 0.5, "precision": "32"}
    _, norm = train_step(objective, optimizer, ema, (torch.ones(1),), noise, **options).tolist()
    assert norm == pytest.approx(1000)
    assert float((before - module.weight.detach()).abs()) == pytest.approx(0.1 * 0.5, rel=1e-4)


class Steep(torch.nn.Module):
    def __init__(self, module: torch.nn.Linear) -> None:
        super().__init__()
        self.module = module

    def forward(self, generator: torch.Generator, x: torch.Tensor) -> torch.Tensor:
        return 1000 * self.module(x).sum()


def test_waiting_for_another_process_counts_towards_the_time_limit(tmp_path: Path) -> None:
    config, began = TrainingConfig(steps=60, batch=8, precision="32"), time.monotonic()
    with exclusive(tmp_path), pytest.raises(Stopped, match="time limit: another process works in"):
        fit(toy(), examples(), config, seed=0, directory=tmp_path, fingerprint="toy", time_limit=0.3)
    assert 0.3 <= time.monotonic() - began < 5
    assert not (tmp_path / "checkpoint.pt").exists()


def test_what_a_killed_process_left_half_written_is_removed_and_nothing_else(tmp_path: Path) -> None:
    for name in (".checkpoint.pt.tmp-1-ab", ".other.pt.tmp-1-ab", "checkpoint.pt.tmp-kept"):
        (tmp_path / name).write_text("half")
    train(tmp_path)
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {".other.pt.tmp-1-ab", "checkpoint.pt.tmp-kept", "checkpoint.pt", "events.jsonl", "lock"}


def test_a_full_disk_is_told_as_such_and_the_run_goes_on_from_the_last_whole_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Writes beyond a limit fail as on a full disk, in the middle of the third checkpoint."""
    unbroken, _ = train(tmp_path / "unbroken")

    class Full(io.FileIO):
        left = 20_000

        def write(self, content: bytes) -> int:  # type: ignore[override]
            if len(content) > self.left:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            self.left -= len(content)
            return super().write(content)

    saves, opened = [0], Path.open

    def open_full(path: Path, mode: str = "r", *args: object, **options: object) -> object:
        saves[0] += ".checkpoint.pt.tmp" in path.name
        if ".checkpoint.pt.tmp" in path.name and saves[0] == 3:
            return Full(path, "wb")
        return opened(path, mode, *args, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", open_full)
    with pytest.raises(OSError, match="No space left on device") as caught:
        train(tmp_path / "full", checkpoint_seconds=0)
    assert caught.value.filename == str(tmp_path / "full" / "checkpoint.pt")
    monkeypatch.undo()
    assert torch.load(tmp_path / "full" / "checkpoint.pt", weights_only=True)["step"] == 1
    assert not list((tmp_path / "full").glob(".checkpoint*"))
    resumed, _ = train(tmp_path / "full", checkpoint_seconds=0)
    assert digest(resumed.state_dict()) == digest(unbroken.state_dict())
