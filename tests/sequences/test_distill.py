"""Students of generators of sequences: kept in files, sampled by steps of their own, and what they refuse."""

from pathlib import Path

import pytest
import torch
from pydantic import TypeAdapter

from sciml.config.base import parse
from sciml.config.sequence_settings import SequenceComparisonJob, SequenceSamplingConfig, SteeringConfig
from sciml.config.sequence_students import SequenceStudentConfig
from sciml.io.errors import InputError
from sciml.sequences.compare import samplings
from sciml.sequences.data.sequence_set import DNA, SequenceSet
from sciml.sequences.distill import Distilled, distill
from sciml.sequences.drakes import build
from sciml.sequences.generator import SequenceGenerator
from sciml.sequences.sampling import sample_sequences
from sciml.sequences.store import load_generator, save_generator
from sciml.sequences.student import StudentConfig, begin_as, build_mixture

TRAINING = {"steps": 3, "batch": 8, "rate": 1e-2, "weight_decay": 0.0, "precision": "32"}
WAYS = {
    "lsd": {"method": "lsd", "steps": 3},
    "random": {"method": "lsd", "steps": 3, "order": "random"},
    "plus": {"method": "lsd_plus", "steps": 3, "order": "random"},
    "di4c": {"method": "di4c", "steps": 3, "components": 2},
    "di4c random": {"method": "di4c", "steps": 3, "components": 2, "order": "random"},
}


def student(**values: object) -> StudentConfig:
    return TypeAdapter(SequenceStudentConfig).validate_python({"training": TRAINING} | values)


@pytest.fixture
def distilled(untrained: SequenceGenerator, small_model, repeats: SequenceSet, tmp_path: Path):
    def make(teacher: SequenceGenerator = untrained, **values: object) -> Distilled:
        made_of, where = small_model(), {"run_directory": tmp_path / "run", "fingerprint": str(values)}
        return distill(teacher, made_of, student(**values), repeats, seed=0, **where)

    return make


@pytest.mark.parametrize("way", WAYS)
def test_a_student_in_a_file_is_the_student(distilled, small_model, tmp_path: Path, way: str) -> None:
    made = distilled(**WAYS[way])
    save_generator(tmp_path / "m.safetensors", made.generator, small_model())
    loaded, made_of = load_generator(tmp_path / "m.safetensors")
    assert made_of == small_model() and loaded.student.config == made.generator.student.config
    one, other = (sample_sequences(each, SequenceSamplingConfig(count=20), seed=1) for each in (made.generator, loaded))
    assert torch.equal(one.generated.sequences.tokens, other.generated.sequences.tokens)
    assert one.generated.nfe == 3 and one.label == f"{WAYS[way]['method'].replace('_', '-')}, 3 steps"
    assert one.student == loaded.student.config.model_dump(mode="json")


@pytest.mark.parametrize("way", ["lsd", "plus"])
def test_scalars_are_learned_and_the_network_stays(distilled, untrained: SequenceGenerator, way: str) -> None:
    own = distilled(**WAYS[way]).generator
    for name, value in untrained.denoiser.state_dict().items():
        assert torch.equal(own.denoiser.state_dict()[name], value)
    assert (own.student.sharpness != 1).all()
    moved = own.student.grid != torch.linspace(1, 0, 4, dtype=torch.float64)
    assert moved.tolist() == ([False, True, True, False] if way == "plus" else [False] * 4)


def test_a_teacher_that_is_not_sure_enough_is_put_right(untrained: SequenceGenerator, small_model, tmp_path: Path) -> None:
    """A network that says of every letter the square root of how common it is: the exponent is 2."""
    net, p = untrained.denoiser.net, torch.tensor([0.4, 0.3, 0.2, 0.1])
    torch.nn.init.zeros_(net.out[-1].weight)
    with torch.no_grad():
        net.out[-1].bias.copy_(p.log() / 2)
    tokens = torch.multinomial(p, 4000 * 12, replacement=True, generator=torch.Generator().manual_seed(0))
    data = SequenceSet(tokens.reshape(4000, 12).to(torch.uint8), DNA)
    config = student(**WAYS["lsd"], training=TRAINING | {"steps": 80, "batch": 128, "rate": 0.05})
    made = distill(untrained, small_model(), config, data, seed=0, run_directory=tmp_path, fingerprint="x")
    expected = torch.full((3,), 2.0, dtype=torch.float64)
    torch.testing.assert_close(made.generator.student.sharpness, expected, rtol=0.08, atol=0)


def test_a_mixture_begins_as_its_teacher(small_model, untrained: SequenceGenerator) -> None:
    conditional = small_model(timed=True)
    for model, classes in ((small_model(), 0), (conditional, 2)):
        torch.manual_seed(1)
        teacher = build(model, 4, 12, classes)
        found = build_mixture(model, student(**WAYS["di4c"]), 4, 12, classes)
        begin_as(found, teacher.net, deviation=0.0)
        x, t = torch.randint(5, (6, 12), generator=torch.Generator().manual_seed(0)), torch.rand(6)
        if classes == 0:  # what no teacher had begins by chance, but the same for all
            components = found(x, t).components
            torch.testing.assert_close(components[:, 0], components[:, 1])
            continue
        for cond in (None, torch.tensor([-1, 0, 1, 1, 0, -1])):
            components, exact = found(x, t, cond).components, teacher(x, t, cond).log_probabilities.clamp(min=-1e4)
            for component in components.unbind(1):
                torch.testing.assert_close(component.exp(), exact.exp())


@pytest.mark.parametrize("way", WAYS)
def test_a_student_is_told_no_other_steps(distilled, way: str) -> None:
    own = distilled(**WAYS[way]).generator
    sample_sequences(own, SequenceSamplingConfig(count=2, solver="own", steps=3), seed=0)
    for asked, message in (
        ({"solver": "ancestral"}, "m: a student has its own solver and steps: `solver` must be own, got ancestral"),
        ({"steps": 4}, "m: a student has its own solver and steps: `steps` must be 3, got 4"),
    ):
        with pytest.raises(InputError, match=message):
            sample_sequences(own, SequenceSamplingConfig(count=2, **asked), seed=0, origin="m")


def test_steering_goes_with_a_student_as_far_as_it_can(distilled) -> None:
    def reward(x: torch.Tensor) -> torch.Tensor:
        return x[..., 1].sum(-1)

    for way in ("lsd", "random", "di4c"):
        own, values = distilled(**WAYS[way]).generator, {}
        for method in ("none", "best_of_n") if way == "di4c" else ("none", "best_of_n", "look_ahead"):
            steering = SteeringConfig(method=method, alpha=0.1)
            drawn = sample_sequences(own, SequenceSamplingConfig(count=60, steering=steering), reward, seed=0)
            values[method] = (drawn.generated.sequences.tokens == 1).double().sum(1).mean().item()
        assert all(value > values["none"] + 1 for name, value in values.items() if name != "none")
    asked = SequenceSamplingConfig(count=2, steering=SteeringConfig(method="look_ahead"))
    with pytest.raises(InputError, match="m: `steering.method` of a di4c student must be none or best_of_n, got look_ahead"):
        sample_sequences(own, asked, reward, seed=0, origin="m")


def test_a_comparison_has_the_student_alone(distilled) -> None:
    job = {"domain": "sequences", "comparison": {"solvers": ["ancestral", "spaced"], "calls": [2, 4], "count": 8}}
    own = distilled(**WAYS["lsd"]).generator
    (asked,) = samplings(own, parse(SequenceComparisonJob, job, "test"), "m")
    assert (asked.solver, asked.steps, asked.count) == ("own", 3, 8)


def test_a_mixture_learns_what_is_told_of_classes(small_model, repeats: SequenceSet, tmp_path: Path) -> None:
    """Weights of a class that no example names take no gradient, and stay."""
    made_of = small_model(condition="kind", condition_dropout=0.3)
    torch.manual_seed(0)
    teacher = SequenceGenerator(build(made_of, 4, 12, 2), DNA, 12, 2).eval()
    told = []
    for rate in (1e-2, 1e-12):
        config, where = student(**WAYS["di4c"], training=TRAINING | {"rate": rate}), {"run_directory": tmp_path / str(rate)}
        made = distill(teacher, made_of, config, repeats, seed=0, fingerprint="a", **where).generator
        told.append(made.state_dict()["denoiser.net.net.told.weight"])
    assert ((told[0] - told[1]).abs().amax(1) > 1e-3).all() and len(told[0]) == 6


def test_classes_that_the_data_lack_are_named(small_model, repeats: SequenceSet, tmp_path: Path) -> None:
    made_of = small_model(condition="other")
    teacher = SequenceGenerator(build(made_of, 4, 12, 2), DNA, 12, 2).eval()
    with pytest.raises(InputError, match="`condition` must be a label of the data, one of kind, half, got 'other'"):
        distill(teacher, made_of, student(**WAYS["lsd"]), repeats, seed=0, run_directory=tmp_path, fingerprint="a")


def test_what_cannot_be_distilled_is_named(distilled, small_model, untrained: SequenceGenerator) -> None:
    with pytest.raises(InputError, match="the model: is a student, sampled by lsd, 3 steps alone"):
        distilled(distilled(**WAYS["lsd"]).generator, **WAYS["lsd"])
    uniform = SequenceGenerator(build(small_model(process={"kind": "uniform"}), 4, 12), DNA, 12).eval()
    with pytest.raises(InputError, match="the model: only a model whose process is absorbing .* got UniformJump"):
        distilled(uniform, **WAYS["lsd"])
    with pytest.raises(InputError, match="m: `solver` own is of students made by `sciml distill`, which this model is not"):
        sample_sequences(untrained, SequenceSamplingConfig(count=2, solver="own"), seed=0, origin="m")
    with pytest.raises(
        ValueError, match="lsd_plus learns times, but spaced steps have equal shares: set `order` random, or lsd"
    ):
        student(method="lsd_plus")
