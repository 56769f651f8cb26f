"""Generators of sequences: trained, kept, sampled in every way, and found likely."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from sciml.config.base import parse
from sciml.config.sequence_oracles import ConvolutionalOracleConfig, FeatureOracleConfig, OracleTargetConfig
from sciml.config.sequence_settings import SequenceSamplingConfig, SteeringConfig
from sciml.io.errors import InputError
from sciml.sequences import steering
from sciml.sequences.data.sequence_set import DNA
from sciml.sequences.drakes import build
from sciml.sequences.generator import SequenceGenerator
from sciml.sequences.oracles.convolutional import ConvolutionalOracle
from sciml.sequences.oracles.feature_oracle import FeatureOracle
from sciml.sequences.oracles.features import SequenceFeatures
from sciml.sequences.sampling import SOLVERS, sample_sequences
from sciml.sequences.store import load_generator, save_generator
from sciml.sequences.train import classes_of, train_generator
from sciml.solvers.grids import uniform_grid
from sciml.solvers.integrate import integrate
from sciml.solvers.letters.ancestral import Ancestral
from sciml.solvers.letters.svdd import SVDD


def config(**values: object) -> SequenceSamplingConfig:
    return parse(SequenceSamplingConfig, {"count": 64, "steps": 8} | values, "test")


def gs(x: torch.Tensor) -> torch.Tensor:
    """How many letters are G."""
    return x[..., 2].sum(-1)


@pytest.fixture
def trained(small_model, repeats, tmp_path):
    return train_generator(
        small_model(condition="kind"), repeats, seed=0, run_directory=tmp_path, fingerprint="test"
    ).generator


def test_training_finds_the_repeats_and_the_class(trained, repeats) -> None:
    generator = torch.Generator().manual_seed(0)
    likelihood = trained.log_likelihood(repeats.take(np.arange(4)), draws=256, generator=generator)
    assert (likelihood > -0.5 * 12 * math.log(4)).all()
    for label in (0, 1):
        made = sample_sequences(trained, config(steering={"label": label}), seed=0).generated.sequences
        assert ((made.tokens // 2) == label).float().mean() > 0.9


@pytest.mark.parametrize("solver", list(SOLVERS))
def test_every_sampler_counts_its_calls(untrained, solver: str) -> None:
    found = sample_sequences(untrained, config(solver=solver), seed=0)
    assert found.generated.nfe == (16 if solver == "trapezoidal" else 8)
    assert found.generated.sequences.tokens.shape == (64, 12) and int(found.generated.sequences.tokens.max()) == 3
    again = sample_sequences(untrained, config(solver=solver), seed=0)
    assert torch.equal(found.generated.sequences.tokens, again.generated.sequences.tokens)


@pytest.mark.parametrize(("method", "calls"), [("best_of_n", 32), ("look_ahead", 8), ("smc", 32), ("tds", 32), ("svdd", 29)])
def test_steering_raises_the_reward_at_the_calls_that_are_told(untrained, method: str, calls: int) -> None:
    plain = sample_sequences(untrained, config(count=128), seed=0).generated.sequences
    asked = config(count=128, steering={"method": method, "particles": 4, "alpha": 0.5})
    found = sample_sequences(untrained, asked, gs, seed=0)
    assert found.generated.nfe == calls
    share = [(each.tokens == 2).float().mean().item() for each in (plain, found.generated.sequences)]
    assert share[1] > share[0] + 0.05
    assert method.replace("_", "-") in found.label


def test_a_label_is_led_to_by_classifier_free_guidance(trained) -> None:
    asked = config(steering={"method": "classifier_free", "label": 1, "weight": 2.0})
    found = sample_sequences(trained, asked, seed=0).generated
    assert found.nfe == 16 and ((found.sequences.tokens // 2) == 1).float().mean() > 0.9


def test_a_classifier_of_masked_states_leads_to_its_class(untrained) -> None:
    """Its log-odds grow with the letters G that are seen: each is worth the same whatever the others are."""
    plain = sample_sequences(untrained, config(count=128), seed=0).generated.sequences
    shares = [(plain.tokens == 2).float().mean().item()]
    for weight in (1.0, 4.0):
        asked = config(count=128, steering={"method": "classifier", "weight": weight})
        found = sample_sequences(untrained, asked, Classifier(), seed=0)
        shares.append((found.generated.sequences.tokens == 2).float().mean().item())
        assert found.generated.nfe == 8 and found.label == "ancestral, 8 steps, classifier"
    assert shares[0] + 0.05 < shares[1] and shares[1] + 0.05 < shares[2]


class Classifier(ConvolutionalOracle):
    """Log-odds that are known."""

    def __init__(self, **options: object) -> None:
        made_of = {"width": 1, "kernels": [1], "training": {"steps": 1}}
        target = parse(OracleTargetConfig, {"label": "kind"} | options, "test")
        super().__init__(parse(ConvolutionalOracleConfig, made_of, "test"), target, "ACGT", masked=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return gs(x) - 12


@pytest.mark.parametrize("reward", [gs, Classifier(task="numbers")])
def test_what_is_no_classifier_of_masked_states_is_refused(untrained, reward) -> None:
    with pytest.raises(
        InputError, match="m: `steering.method` classifier needs an oracle of classes made with --member masked"
    ):
        sample_sequences(untrained, config(steering={"method": "classifier"}), reward, seed=0, origin="m")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"steering": {"label": 0}}, "m: `label` must be a class .* trained with none; got 0"),
        ({"steering": {"method": "smc"}}, "m: `steering.method` smc leads to a reward: give one with --reward"),
    ],
)
def test_what_a_model_cannot_do_is_said(untrained, values, message: str) -> None:
    with pytest.raises(InputError, match=message):
        sample_sequences(untrained, config(**values), seed=0, origin="m")


def test_the_network_alone_is_called_in_the_precision_it_was_trained_in(untrained) -> None:
    seen: dict[str, set] = {"net": set(), "reward": set()}
    untrained.denoiser.net.first.register_forward_hook(lambda module, given, found: seen["net"].add(found.dtype))

    def reward(x: torch.Tensor) -> torch.Tensor:
        seen["reward"].add((x @ torch.ones(4, 1)).dtype)
        return gs(x)

    for precision, dtype in (("32", torch.float32), ("bf16", torch.bfloat16)):
        untrained.precision = precision
        sample_sequences(untrained, config(steering={"method": "smc", "particles": 2}), reward, seed=0)
        assert seen == {"net": {dtype}, "reward": {torch.float32}}
        seen["net"].clear()


@pytest.fixture
def features() -> FeatureOracle:
    """Rewards G, of whole letters alone: log(1 + their number)."""
    target = parse(OracleTargetConfig, {"label": "kind"}, "test")
    oracle = FeatureOracle(FeatureOracleConfig(kmers=(1,)), target, SequenceFeatures(DNA, (1,)))
    oracle.weights[2] = 1.0
    return oracle


@pytest.mark.parametrize(
    ("method", "draws", "message"),
    [
        (
            "smc",
            0,
            "m: `steering.method` smc asks about mixtures of letters, which oracles of kind features do not read: set",
        ),
        ("svdd", 0, "m: `steering.method` svdd asks about mixtures of letters, .*: set `draws`"),
        ("tds", 2, "m: `steering.method` tds follows the reward's gradient, and an oracle of kind features has none"),
        ("look_ahead", 0, "m: `steering.method` look_ahead follows the reward's gradient, and"),
    ],
)
def test_an_oracle_of_whole_letters_is_not_asked_about_mixtures(untrained, features, method, draws, message) -> None:
    with pytest.raises(InputError, match=message):
        sample_sequences(untrained, config(steering={"method": method, "draws": draws}), features, seed=0, origin="m")


@pytest.mark.parametrize(("method", "draws"), [("best_of_n", 0), ("smc", 4), ("svdd", 4)])
def test_an_oracle_of_whole_letters_leads_by_draws(untrained, features, method: str, draws: int) -> None:
    plain = sample_sequences(untrained, config(count=128), seed=0).generated.sequences
    asked = config(count=128, steering={"method": method, "particles": 4, "alpha": 0.1, "draws": draws})
    found = sample_sequences(untrained, asked, features, seed=0).generated.sequences
    assert (found.tokens == 2).float().mean() > (plain.tokens == 2).float().mean() + 0.05


def test_draws_are_those_of_the_solver(untrained) -> None:
    grid = uniform_grid(untrained.denoiser.process, 4)
    x = untrained.prompts(64, torch.Generator())
    found = {}
    for draws in (0, 3):
        asked = parse(SteeringConfig, {"method": "svdd", "particles": 3, "draws": draws}, "test")
        drawn = steering.way(asked, Ancestral(), gs, "m")
        with torch.no_grad():
            found[draws] = drawn(untrained.denoiser, x, grid, None, torch.Generator().manual_seed(1))
            solver = SVDD(gs, 0.3, 3, draws=draws)
            expected = integrate(solver, untrained.denoiser, x, grid, generator=torch.Generator().manual_seed(1))
        assert torch.equal(found[draws], expected)
    assert not torch.equal(found[0], found[3])


@pytest.mark.parametrize("method", ["look_ahead", "tds"])
def test_a_reward_without_a_gradient_is_not_followed(untrained, method: str) -> None:
    with pytest.raises(InputError, match="the reward must be differentiable in the letters"):
        sample_sequences(untrained, config(steering={"method": method}), lambda x: gs(x.detach()), seed=0)


@pytest.mark.parametrize("method", ["best_of_n", "smc", "svdd", "tds", "look_ahead"])
def test_what_is_no_reward_is_refused(untrained, method: str) -> None:
    for reward, got in ((lambda x: x.sum(2), r"\(\d+, 12\)"), (lambda x: gs(x).tolist(), "list")):
        with pytest.raises(InputError, match=f"`reward` must return one number for each of .*, got {got}"):
            sample_sequences(untrained, config(steering={"method": method}), reward, seed=0)


def test_a_classifier_is_moved_to_where_the_states_are(untrained) -> None:
    moved = []

    class Moving(Classifier):
        def to(self, device):
            moved.append(device)
            return super().to(device)

    sample_sequences(untrained, config(steering={"method": "classifier"}), Moving(), seed=0)
    assert set(moved) == {next(untrained.parameters()).device}


def test_a_classifier_of_masked_states_is_for_models_that_mask(small_model) -> None:
    uniform = SequenceGenerator(build(small_model(process={"kind": "uniform"}), 4, 12), DNA, 12).eval()
    with pytest.raises(InputError, match="m: `steering.method` classifier is of models whose process is absorbing"):
        sample_sequences(uniform, config(steering={"method": "classifier"}), Classifier(), seed=0, origin="m")


def test_classes_of_a_network_that_was_told_none_are_refused(untrained) -> None:
    way = steering.way(SteeringConfig(), Ancestral(), None, "m")
    with pytest.raises(ValueError, match="`cond` must be None: the network was trained without classes"):
        untrained.sample(4, way, 2, generator=torch.Generator(), cond=torch.zeros(4, dtype=torch.long))


def test_weighing_needs_ancestral_steps(untrained) -> None:
    with pytest.raises(InputError, match="smc needs `solver` ancestral"):
        sample_sequences(untrained, config(solver="trapezoidal", steering={"method": "smc"}), gs, seed=0, origin="m")


def test_a_model_file_gives_the_same_samples(trained, small_model, tmp_path) -> None:
    save_generator(tmp_path / "m.safetensors", trained, small_model(condition="kind"))
    loaded, made_of = load_generator(tmp_path / "m.safetensors")
    assert made_of == small_model(condition="kind") and (loaded.classes, loaded.length, loaded.alphabet) == (2, 12, "ACGT")
    one, other = (sample_sequences(each, config(), seed=3).generated.sequences.tokens for each in (trained, loaded))
    assert torch.equal(one, other)


@pytest.mark.parametrize(
    ("label", "message"),
    [
        ("species", "`condition` must be a label of the data, one of kind, half, many, got 'species'"),
        ("half", "label 'half' of sequence 2 must be a whole number from 0 to 999, got 0.5"),
        ("many", "label 'many' of sequence 0 must be a whole number from 0 to 999, got 1000"),
    ],
)
def test_labels_that_are_no_classes_are_named(repeats, label: str, message: str) -> None:
    labels = {**repeats.labels, "many": np.full(128, 1000.0)}
    with pytest.raises(InputError) as raised:
        classes_of(replace(repeats, labels=labels), label)
    assert str(raised.value) == message
