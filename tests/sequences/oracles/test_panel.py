"""The three oracles: each from its half, judged on the other."""

import pytest
import torch

from sciml.io.digest import digest
from sciml.sequences.oracles.halves import halves
from sciml.sequences.oracles.panel import HALF_OF, train_member, train_panel
from sciml.sequences.oracles.quality import oracle_quality
from sciml.sequences.oracles.store import load_oracle, save_oracle
from sciml.sequences.oracles.train import train_oracle
from sciml.training.batches import hash_seed


@pytest.fixture(scope="module")
def run_directory(tmp_path_factory):
    return tmp_path_factory.mktemp("runs")


def test_members_learn_from_their_half_and_are_judged_on_the_other(panel_config, bound, run_directory):
    config = panel_config(steps=120)
    panel = train_panel(config, bound, seed=1, run_directory=run_directory, fingerprint="test")
    parts = [bound.take(rows) for rows in halves(bound, seed=1)]
    assert set(parts[0].chromosomes).isdisjoint(parts[1].chromosomes)
    assert list(panel) == ["first", "second", "third"]
    for name, member in panel.items():
        own, other = parts[HALF_OF[name]], parts[1 - HALF_OF[name]]
        made_of = config.features if name == "third" else config.net
        again = train_oracle(
            made_of,
            config.target,
            own,
            seed=hash_seed(1, *name.encode()),
            run_directory=run_directory / "again",
            fingerprint=name,
        )
        assert digest(again.oracle.state_dict()) == digest(member.trained.oracle.state_dict())
        assert member.quality == oracle_quality(again.oracle, config.target, other, seed=1)
        assert member.quality["auc"]["value"] > 0.85


def test_unknown_members_are_refused(panel_config, bound, tmp_path):
    with pytest.raises(ValueError, match="`name` must be among first, second, third, masked, got 'fourth'"):
        train_member("fourth", panel_config(), bound, seed=0, run_directory=tmp_path, fingerprint="test")


def test_the_oracle_of_masked_states_learns_from_the_first_half_and_is_kept_as_such(panel_config, bound, tmp_path):
    made = train_member("masked", panel_config(), bound, seed=1, run_directory=tmp_path, fingerprint="test")
    assert made.quality["auc"]["value"] > 0.8
    save_oracle(tmp_path / "masked.safetensors", made.trained.oracle)
    assert load_oracle(tmp_path / "masked.safetensors").masked
    half = bound.take(halves(bound, seed=1)[0])
    plain = train_oracle(
        panel_config().net,
        panel_config().target,
        half,
        seed=hash_seed(1, *b"masked"),
        run_directory=tmp_path / "plain",
        fingerprint="test",
    ).oracle
    blank = torch.zeros(1, bound.length, 4)
    assert made.trained.oracle(blank).sigmoid().item() == pytest.approx(0.5, abs=0.15)
    assert abs(plain(blank).sigmoid().item() - 0.5) > 0.15
