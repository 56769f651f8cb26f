"""Fine-tuning of a generator: it climbs, stops by itself where judges see it leave the real, and goes on bit for bit."""

import os
import signal
from copy import deepcopy

import pytest
import torch

from sciml.config.base import parse
from sciml.config.sequence_models import FineTuningConfig
from sciml.finetuning.drakes import DrakesObjective
from sciml.io.digest import digest
from sciml.io.errors import InputError
from sciml.io.events import read_events
from sciml.sequences.data.sequence_set import SequenceSet
from sciml.sequences.drakes import build, steering
from sciml.sequences.finetune import finetune
from sciml.sequences.generator import SequenceGenerator
from sciml.training import fit as fit_module
from sciml.training.signals import Stopped


def config(**changes: object) -> FineTuningConfig:
    training = {"steps": 24, "batch": 32, "rate": 2e-2, "warmup": 1, "precision": "32", "weight_decay": 0.0}
    values = {"alpha": 0.05, "steps": 6, "truncation": 4, "measured": 1, "alarm": None, "training": training}
    return parse(FineTuningConfig, values | changes, "test")


def gs(x: torch.Tensor) -> torch.Tensor:
    return x[..., 2].sum(-1)


def tune(generator, settings, folder, **options):
    return finetune(generator, settings, gs, seed=0, run_directory=folder, fingerprint="test", **options)


def test_the_reward_rises_and_the_pretrained_stays(untrained, tmp_path) -> None:
    before = digest(untrained.state_dict())
    tuned = tune(untrained, config(), tmp_path)
    assert digest(untrained.state_dict()) == before and all(p.requires_grad for p in untrained.parameters())
    source = torch.Generator().manual_seed(0)
    prompts = untrained.prompts(256, source)
    said = [each.denoiser(prompts, torch.tensor(1.0)).mean[..., 2].mean().item() for each in (untrained, tuned.generator)]
    assert said[1] > said[0] + 0.1
    assert 0 < tuned.divergence["interval"][0] < tuned.divergence["value"]
    assert (tuned.alarm, tuned.step, tuned.generator.precision) == ("", 24, "32")


def test_the_log_tells_reward_divergence_and_alpha(untrained, tmp_path) -> None:
    short = {"steps": 14, "batch": 32, "rate": 2e-2, "warmup": 1, "precision": "32"}
    tune(untrained, config(target=0.5, training=short), tmp_path)
    steps = [event for event in read_events(tmp_path / "test" / "events.jsonl") if event["event"] == "step"]
    assert [event["step"] for event in steps] == [10, 14]
    assert all(event["reward"] > 4 for event in steps)  # of 12 letters a quarter was G before
    assert all(event["divergence"] > 0 and event["alpha"] != 0.05 for event in steps)


@pytest.mark.parametrize("estimator", ["straight_through", "soft"])
def test_the_published_estimators_have_a_temperature(untrained, tmp_path, estimator: str) -> None:
    short = {"steps": 2, "batch": 32, "rate": 2e-2, "precision": "32"}
    tuned = tune(untrained, config(estimator=estimator, temperature=0.5, training=short), tmp_path)
    assert tuned.divergence["value"] > 0 and tuned.report.steps == 2


def test_weight_on_the_divergence_keeps_it_small(untrained, tmp_path) -> None:
    near, far = (tune(untrained, config(alpha=alpha), tmp_path / str(alpha)) for alpha in (1.0, 0.0))
    assert near.divergence["value"] < far.divergence["value"] / 3


def test_a_hacked_reward_trips_the_alarm_and_what_was_well_comes_back(untrained, tmp_path) -> None:
    """A judge sees more G than any of the real sequences has, long before the optimiser is done."""
    letters = torch.randint(4, (256, 12), generator=torch.Generator().manual_seed(1), dtype=torch.uint8)
    asked = config(alpha=0.0, alarm={"every": 2, "count": 64, "typicality": False})
    tuned = tune(untrained, asked, tmp_path, judges={"G": gs}, real=SequenceSet(letters, "ACGT"))
    assert tuned.report.steps < 24 and tuned.alarm.startswith("G: the median") and "above the band" in tuned.alarm
    assert tuned.step == tuned.report.steps - 2 > 0
    assert digest(tuned.generator.state_dict()) == digest(_weights_at(tuned.step, untrained, tmp_path / "again"))


def _weights_at(step, pretrained, folder):
    """Of the same training, stopped by hand at that step."""

    def stop(done):
        return "here" if done == step else None

    asked = config(alpha=0.0)
    generator = deepcopy(pretrained).requires_grad_()
    objective = DrakesObjective(generator.denoiser, pretrained.denoiser, gs, steering(asked))
    prompts = torch.full((32, 12), 4, dtype=torch.uint8)
    fit_module.fit(objective, (prompts,), asked.training, seed=0, directory=folder, fingerprint="", watch=stop)
    return generator.to("cpu").state_dict()


def test_without_a_good_look_the_pretrained_comes_back_and_the_step_is_0(untrained, repeats, tmp_path) -> None:
    """A judge sees GG, which no real sequence has, from the start."""
    judged = {"runs": lambda x: (x[:, 1:, 2] * x[:, :-1, 2]).sum(-1)}
    asked = config(alpha=0.0, alarm={"every": 2, "count": 64, "typicality": False})
    tuned = tune(untrained, asked, tmp_path, judges=judged, real=repeats)
    assert (tuned.step, tuned.report.steps) == (0, 2) and tuned.alarm.startswith("runs")
    assert digest(tuned.generator.state_dict()) == digest(untrained.state_dict())


def test_resumed_equals_unbroken(untrained, tmp_path, monkeypatch) -> None:
    whole = tune(untrained, config(target=1.0), tmp_path / "whole")
    step = fit_module.train_step

    def interrupted(*arguments, **options):
        if options["step"] == 9:
            os.kill(os.getpid(), signal.SIGTERM)
        return step(*arguments, **options)

    monkeypatch.setattr(fit_module, "train_step", interrupted)
    with pytest.raises(Stopped):
        tune(untrained, config(target=1.0), tmp_path / "broken")
    monkeypatch.setattr(fit_module, "train_step", step)
    again = tune(untrained, config(target=1.0), tmp_path / "broken")
    assert digest(again.generator.state_dict()) == digest(whole.generator.state_dict())
    assert again.alpha == whole.alpha != pytest.approx(0.05)


def test_letters_that_jump_anywhere_cannot_be_tuned(small_model, tmp_path) -> None:
    generator = SequenceGenerator(build(small_model(process={"kind": "uniform"}), 4, 12), "ACGT", 12)
    with pytest.raises(InputError, match="process is absorbing, got UniformJump"):
        tune(generator, config(), tmp_path)
