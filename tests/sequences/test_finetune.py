"""Fine-tuning of a generator: it climbs, stops by itself where judges see it leave the real, and goes on bit for bit."""

import os
import signal

import pytest
import torch

from sciml.config.base import parse
from sciml.config.sequence_models import FineTuningConfig
from sciml.io.digest import digest
from sciml.io.errors import InputError
from sciml.sequences.drakes import build
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
    assert 0 < tuned.divergence["interval"][0] < tuned.divergence["value"] and tuned.alarm == ""


def test_weight_on_the_divergence_keeps_it_small(untrained, tmp_path) -> None:
    near, far = (tune(untrained, config(alpha=alpha), tmp_path / str(alpha)) for alpha in (1.0, 0.0))
    assert near.divergence["value"] < far.divergence["value"] / 3


def test_a_hacked_reward_trips_the_alarm_and_what_was_well_comes_back(untrained, repeats, tmp_path) -> None:
    """A judge sees GGGG, which no real sequence has, long before the optimiser is done."""
    judged = {"runs": lambda x: (x[:, 1:, 2] * x[:, :-1, 2]).sum(-1)}
    asked = config(alpha=0.0, alarm={"every": 2, "count": 64, "typicality": False})
    tuned = tune(untrained, asked, tmp_path, judges=judged, real=repeats)
    assert tuned.report.steps < 24 and tuned.alarm.startswith("runs: the median") and "above the band" in tuned.alarm
    kept = tuned.generator.state_dict()
    assert digest(kept) in {digest(_kept(tmp_path)), digest(untrained.state_dict())}


def _kept(folder):
    from safetensors.torch import load_file

    path = folder / "test" / "kept.safetensors"
    return load_file(path) if path.exists() else {}


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
