"""Rewards: any callable, and what is told of one that is none."""

import hashlib

import pytest
import torch

from sciml.io.errors import InputError
from sciml.sequences.data.sequence_set import DNA, SequenceSet
from sciml.sequences.oracles.reward import imported_reward, one_hot, reward_of, source_digests


@pytest.fixture
def sequences() -> SequenceSet:
    return SequenceSet(torch.tensor([[0, 1, 2], [3, 3, 3], [0, 0, 3]], dtype=torch.uint8), DNA)


def test_a_users_own_model_plugs_in(sequences):
    weights = torch.tensor([1.0, 10.0, 100.0, 1000.0])
    values = reward_of(lambda x: (x @ weights).sum(1), sequences, batch=2)
    assert values.tolist() == [111.0, 3000.0, 1002.0] and values.dtype == torch.float64


def test_one_hot_is_that_of_the_letters(sequences):
    x = one_hot(sequences.tokens, 4)
    assert x.dtype == torch.float32 and torch.equal(x, torch.eye(4)[sequences.tokens.long()])


@pytest.mark.parametrize(
    ("reward", "message"),
    [
        (lambda x: x[:, :, 0], r"`r` must give a tensor of shape \(3,\) for as many sequences, got \(3, 3\)"),
        (lambda x: [1.0, 2.0, 3.0], r"`r` must give a tensor of shape \(3,\) for as many sequences, got list"),
        (lambda x: torch.tensor([1.0, torch.nan, 2.0]), "`r` must give finite numbers, got nan"),
    ],
)
def test_what_is_no_reward_is_refused(sequences, reward, message):
    with pytest.raises(InputError, match=message):
        reward_of(reward, sequences, "r")


def test_rewards_are_imported_by_name(sequences):
    assert imported_reward("torch.nn.functional:relu") is torch.nn.functional.relu


def test_a_change_of_code_is_seen(tmp_path, monkeypatch):
    """Of the module that is named, and of the one that a function comes from."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "origin_of_reward.py").write_text("def f(x):\n    return x.sum((1, 2))\n")
    (tmp_path / "named_reward.py").write_text("from origin_of_reward import f\n")

    def digests():
        return [
            hashlib.sha256((tmp_path / f"{name}.py").read_bytes()).hexdigest()
            for name in ("origin_of_reward", "named_reward")
        ]

    before = source_digests("named_reward:f")
    assert before == sorted(digests()) and source_digests("origin_of_reward:f") == digests()[:1]
    for name in ("origin_of_reward", "named_reward"):
        with (tmp_path / f"{name}.py").open("a") as file:
            file.write("# changed\n")
        assert source_digests("named_reward:f") == sorted(digests()) != before
    assert source_digests("builtins:sum") == []


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("/tmp/reward.py:f", "a reward is named as package.module:function, got '/tmp/reward.py:f'"),
        ("..torch:f", "a reward is named as"),
        ("torch.relu", "a reward is named as"),
        ("no_such_package.rewards:f", "no_such_package.rewards:f: no module 'no_such_package' is installed"),
        ("torch:no_such_thing", "torch:no_such_thing: module 'torch' has no callable 'no_such_thing'"),
        ("torch:__version__", "has no callable '__version__'"),
    ],
)
def test_bad_names_are_refused(name, message):
    with pytest.raises(InputError, match=message):
        imported_reward(name)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (
            "raise RuntimeError('no weights\\nhere')",
            "broken_reward:f: module 'broken_reward' cannot be imported: RuntimeError: no w",
        ),
        ("def f(x)", "module 'broken_reward' cannot be imported: SyntaxError: expected ':'"),
        ("import no_such_package", "broken_reward:f: no module 'no_such_package' is installed"),
    ],
)
def test_a_module_that_raises_is_named(tmp_path, monkeypatch, code, message):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "broken_reward.py").write_text(code)
    with pytest.raises(InputError, match=message) as caught:
        imported_reward("broken_reward:f")
    assert "\n" not in str(caught.value)
