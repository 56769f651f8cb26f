"""Sweeps become plain experiments: what each row asks for, checked against the same experiment written out by hand."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sciml.config.base import parse
from sciml.config.settings import Settings
from sciml.config.sweep_columns import read_cell, settable
from sciml.config.sweep_rows import OF_ROWS, RowReader
from sciml.config.sweep_subjects import alone, subject_type, subjects
from sciml.config.sweep_table import TableRow
from sciml.config.sweeps import DOMAINS, Sweep, expand_sweeps, read_settings
from sciml.io.errors import InputError

SMOKE = yaml.safe_load((Path(__file__).parents[2] / "workflows/config/smoke.yaml").read_text())
SETTINGS = parse(Settings, SMOKE, "smoke.yaml")
EXPERIMENTS = [(domain, name) for domain in DOMAINS for name in getattr(SETTINGS, domain)]


def expand(*sweeps: dict, **changes: Any) -> tuple[Settings, tuple[Sweep, ...]]:
    named = {f"s{n}" if n else "s": sweep for n, sweep in enumerate(sweeps)}
    return read_settings({**copy.deepcopy(SMOKE), **changes, "sweeps": named}, "c.yaml")


def by_hand(domain: str, name: str, model: str, changes: dict[str, Any], seeds: list[int]) -> Any:
    """The experiment of a row, edited in the YAML that the smoke scale is written in."""
    values = copy.deepcopy(SMOKE[domain][name])
    for path, value in changes.items():
        *folders, last = path.split(".")
        node = values
        for folder in folders:
            node = node.setdefault(folder, {})
        node[last] = value
    for group in ("models", "students", "guides", "finetuning", "steering"):
        if group in values and model not in values.get("students", {}):
            values[group] = {key: value for key, value in values[group].items() if key == model}
    values.pop("comparison", None)
    return parse(type(getattr(SETTINGS, domain)[name]), values | {"seeds": seeds}, "by hand")


def test_without_sweeps_a_configuration_is_the_same_object() -> None:
    assert expand_sweeps(SETTINGS, "c.yaml") == (SETTINGS, ()) and expand_sweeps(SETTINGS, "c.yaml")[0] is SETTINGS


@pytest.mark.parametrize(
    ("domain", "name", "model", "column", "path", "values"),
    [
        ("pde", "burgers", "wdno", "training.rate", "models.wdno.training.rate", [1.0e-3, 1.0e-2]),
        ("pde", "burgers", "wdno", "net.modes", "models.wdno.net.modes", [4, [4, 2]]),
        ("pde", "burgers", "ddpm", "evaluation.members", "evaluation.members", [2, 3]),
        ("pde", "burgers", "persistence", "data.viscosity", "data.viscosity", [0.01, 0.02]),
        ("graphs", "community_small", "graph_transformer", "net.width", "models.graph_transformer.net.width", [8, 16]),
        ("graphs", "molecules", "graph_transformer", "evaluation.sampling.count", "evaluation.sampling.count", [16, 8]),
        ("sequences", "motifs", "pretrained", "training.steps", "model.training.steps", [20, 30]),
        ("sequences", "motifs", "alpha-01", "alpha", "finetuning.alpha-01.alpha", [0.1, 0.3]),
        ("sequences", "motifs", "alpha-01", "model.net.width", "model.net.width", [8, 12]),
        ("sequences", "motifs", "smc", "particles", "steering.smc.particles", [4, 2]),
    ],
)
def test_each_row_is_the_experiment_written_out(
    domain: str, name: str, model: str, column: str, path: str, values: list[Any]
) -> None:
    product = {column: values, "seed": [0, 3]}
    settings, (sweep,) = expand({"experiment": f"{domain}.{name}", "model": model, "product": product})
    before, after = getattr(SETTINGS, domain), getattr(settings, domain)
    assert {key: after[key] for key in before} == before and len(after) == len(before) + 2
    assert (sweep.name, sweep.domain, sweep.experiment, sweep.columns) == ("s", domain, name, (column,))
    for value, line in zip(values, sweep.lines, strict=True):
        assert (line.model, line.settings, list(line.seeds)) == (model, {column: value}, [0, 3])
        assert after[line.dataset] == by_hand(domain, name, model, {path: value}, [0, 3])
    others = {d: getattr(settings, d) for d in DOMAINS if d != domain}
    assert others == {d: getattr(SETTINGS, d) for d in others} and settings.sweeps == {}


def test_what_is_expanded_is_a_plain_configuration() -> None:
    settings, _ = expand({"experiment": "motifs", "model": "lsd-2", "product": {"steps": [2, 4]}})
    assert parse(Settings, settings.model_dump(mode="json"), "again") == settings


def everything() -> Iterator[tuple[str, str, str]]:
    for domain, name in EXPERIMENTS:
        for subject in subjects(getattr(SETTINGS, domain)[name]):
            yield domain, name, subject


@pytest.mark.parametrize(("domain", "name", "subject"), list(everything()))
def test_every_setting_can_be_set_to_what_it_is_and_nothing_changes(domain: str, name: str, subject: str) -> None:
    """From the configuration and from the text of a table, for each setting of each model of the smoke scale."""
    experiments = getattr(SETTINGS, domain)
    base = experiments[name]
    expected = parse(type(base), alone(base.model_dump(mode="json", exclude_unset=True), subject), "alone")
    dump = expected.model_dump(mode="json")
    below, prefix = subject_type(expected, subject), subjects(expected)[subject]
    columns = {path: path for path in settable(type(expected), expected)}
    columns |= {path: f"{prefix}.{path}" for path in settable(*below) if path not in columns}
    reader, tried = RowReader(experiments, name, model=subject, domain=domain), 0
    for column, path in columns.items():
        found = [dump]
        for part in path.split("."):
            found.append(found[-1].get(part, ...) if isinstance(found[-1], dict) else ...)
        if found[-1] is ... or column in ("data", "model"):
            continue
        texts = [] if found[-1] == "" else [(True, found[-1] if isinstance(found[-1], str) else json.dumps(found[-1]))]
        for text, cell in [(False, found[-1]), *texts]:
            row = reader.resolve(TableRow("row", {column: cell}), text)
            assert row.experiment.model_dump() == expected.model_dump(), (column, cell)
        tried += 1
    assert tried > 20


def test_rows_without_a_seed_have_those_of_the_workflow_or_of_the_experiment() -> None:
    sweep = {"experiment": "molecules", "product": {"training.rate": [1.0e-3]}}
    assert list(expand(sweep, seeds=[4, 5])[1][0].lines[0].seeds) == [4, 5]
    graphs = copy.deepcopy(SMOKE["graphs"])
    graphs["molecules"]["seeds"] = [7]
    assert list(expand(sweep, seeds=[4, 5], graphs=graphs)[1][0].lines[0].seeds) == [7]


def test_a_name_is_that_of_the_settings_whatever_the_other_rows_are() -> None:
    few = expand({"experiment": "molecules", "rows": [{"net.width": 8, "seed": 1}]})[1][0]
    more = expand({"experiment": "molecules", "rows": [{"net.width": 4}, {"net.width": 8}, {"training.rate": 0.1}]})[1][0]
    assert few.lines[0].dataset == more.lines[1].dataset == "molecules-s-width_8"
    assert more.lines[2].dataset == "molecules-s-rate_0p1"
    own = expand({"experiment": "molecules", "rows": [{"net.width": 8, "name": "wide"}]})[1][0]
    assert own.lines[0].dataset == "molecules-s-wide" and own.columns == ("net.width",)


def test_models_and_data_are_columns_too() -> None:
    rows = [{"model": "wdno", "data": "burgers"}, {"model": "ddpm", "training.rate": 0.1}]
    settings, (sweep,) = expand({"experiment": "burgers", "rows": rows})
    assert [line.model for line in sweep.lines] == ["wdno", "ddpm"]
    assert settings.pde[sweep.lines[1].dataset].models == {
        "ddpm": by_hand("pde", "burgers", "ddpm", {"models.ddpm.training.rate": 0.1}, [0]).models["ddpm"]
    }
    graphs = copy.deepcopy(SMOKE["graphs"])
    graphs["grids"] = {**graphs["community_small"], "data": {"kind": "grid", "train": 32, "test": 16}}
    graphs["grids"].pop("students")
    product = {"data": ["community_small", "grids"]}
    settings, (sweep,) = expand(
        {"experiment": "community_small", "model": "graph_transformer", "product": product}, graphs=graphs
    )
    kinds = {line.settings["data"]: settings.graphs[line.dataset].data for line in sweep.lines}
    assert kinds == {name: settings.graphs[name].data for name in ("community_small", "grids")}


def test_another_kind_begins_with_its_defaults() -> None:
    rows = [{"net.kind": "spectral", "net.layers": 2}, {"net.width": 4}, {"net.kind": "unet", "net.width": 4, "seed": 1}]
    settings, (sweep,) = expand({"experiment": "burgers", "model": "ddpm", "rows": rows})
    nets = [settings.pde[line.dataset].models["ddpm"].net.model_dump(exclude_unset=True) for line in sweep.lines]
    kept = {"kind": "unet", "width": 4, "multipliers": (1, 2)}
    assert nets == [{"kind": "spectral", "layers": 2}, kept, kept]


def test_a_kind_that_was_left_to_its_default_is_filled_in() -> None:
    pde = {"b": {"data": SMOKE["pde"]["burgers"]["data"], "models": {"m": {"kind": "neural", "training": {"steps": 9}}}}}
    settings, (sweep,) = expand({"experiment": "b", "product": {"net.width": [4], "method.noise_bias": [2.0]}}, pde=pde)
    model = settings.pde[sweep.lines[0].dataset].models["m"]
    assert (model.net.kind, model.net.width, model.method.kind, model.method.noise_bias) == ("unet", 4, "diffusion", 2.0)


def test_defaults_that_depend_on_a_setting_follow_it() -> None:
    settings, (sweep,) = expand({"experiment": "molecules", "product": {"training.steps": [100, 1000]}})
    assert [settings.graphs[line.dataset].models["graph_transformer"].training.warmup for line in sweep.lines] == [10, 50]


def test_a_student_keeps_its_teacher_and_a_guide_its_model() -> None:
    settings, (sweep,) = expand({"experiment": "burgers", "model": "wdno-1", "product": {"training.rate": [0.1]}})
    found = settings.pde[sweep.lines[0].dataset]
    assert list(found.models) == ["wdno"] and list(found.students) == ["wdno-1"] and found.comparison is None
    graphs = copy.deepcopy(SMOKE["graphs"])
    guide = {"property": "logp", "training": {"steps": 3, "batch": 4}}
    graphs["molecules"]["guides"] = {"led": {"model": "graph_transformer", "guide": guide, "value": 1.0}}
    product = {"value": [0.0, 2.0], "guide.training.rate": [0.1]}
    settings, (sweep,) = expand({"experiment": "molecules", "model": "led", "product": product}, graphs=graphs)
    found = settings.graphs[sweep.lines[1].dataset]
    assert list(found.models) == ["graph_transformer"] and found.guides["led"].value == 2.0


def test_a_table_gives_each_cell_the_type_of_its_setting(tmp_path: Path) -> None:
    head = ["seed", "training.rate", "training.precision", "net.multipliers", "net.attention", "evaluation.solver.name"]
    path = tmp_path / "t.tsv"
    path.write_text("\t".join(head) + "\n1\t1e-3\t32\t[1, 2]\ttrue\tdpm_solver\n2\t\tauto\t\tfalse\t\n")
    settings, (sweep,) = expand({"experiment": "burgers", "model": "ddpm", "table": str(path)})
    first, second = (settings.pde[line.dataset] for line in sweep.lines)
    model = first.models["ddpm"]
    assert (model.training.rate, model.training.precision, model.net.multipliers) == (1e-3, "32", (1, 2))
    assert model.net.attention is True and first.evaluation.solver.name == "dpm_solver" and first.seeds == (1,)
    assert second.models["ddpm"].training.precision == "auto" and second.models["ddpm"].net.attention is False
    assert second.models["ddpm"].training.rate == SETTINGS.pde["burgers"].models["ddpm"].training.rate


@pytest.mark.parametrize(
    ("text", "value"),
    [("1e-3", 1e-3), ("7", 7), ("1.0e-3", 1e-3), ("true", True), ("null", None), ("[a, 1]", ["a", 1]), ("no", "no")],
)
def test_cells_are_read_as_what_they_look_like_unless_the_setting_takes_text_alone(text: str, value: object) -> None:
    kinds = [str] if text == "no" else [float, int, bool, None, list]
    assert read_cell(text, kinds) == value and type(read_cell(text, kinds)) is type(value)
    assert read_cell(text, [str]) == text


WDNO = {"experiment": "burgers", "model": "wdno"}


@pytest.mark.parametrize(
    ("sweep", "says"),
    [
        (
            WDNO | {"product": {"traning.rate": [1]}},
            "`traning.rate` is not a setting of pde.burgers or its model wdno; ",
        ),
        (WDNO | {"product": {"traning.rate": [1]}}, "did you mean `training.rate`"),
        (WDNO | {"product": {"rate": [1]}}, "column `rate` is not a setting .* did you mean `training.rate`"),
        (WDNO | {"product": {"sede": [1]}}, "did you mean `seed`"),
        (WDNO | {"product": {"models.ddpm.training.rate": [0.1]}}, "column `models.ddpm.training.rate` is not a setting"),
        (WDNO | {"product": {"comparison.calls": [[1]]}}, "column `comparison.calls` is not a setting"),
        (
            WDNO | {"product": {"training.rate": [0.1, -1]}},
            "^c.yaml: `sweeps.s`: row 2: `training.rate` should be greater than 0, got -1$",
        ),
        (WDNO | {"product": {"training.rate": ["fast"]}}, "row 1: `training.rate` should be a valid number, got 'fast'"),
        (
            WDNO | {"product": {"evaluation.members": [1]}},
            "`evaluation.members` should be greater than or equal to 2",
        ),
        (
            WDNO | {"product": {"training.warmup": [20]}},
            r"row 1: `models.wdno.training`: `warmup` \(20\) must be below",
        ),
        (WDNO | {"product": {"net.kind": ["unte"]}}, "row 1: .*unte"),
        (WDNO | {"product": {"seed": [-1]}}, "row 1: `seed` must be a whole number of at least 0, got -1"),
        (WDNO | {"product": {"seed": [True]}}, "row 1: `seed` must be a whole number of at least 0, got True"),
        (WDNO | {"product": {"seed": [0, 1, 0]}}, "row 3 asks for what c.yaml: `sweeps.s`: row 1 asks for, too"),
        (WDNO | {"product": {"training.rate": [1, 1.0]}}, "row 2 asks for what .* row 1 asks for, too"),
        (
            WDNO | {"rows": [{"training.rate": 0.1}, {"training.rate": 0.1, "seed": 0}]},
            "row 2 asks for seed 0 as .*row 1 does: give each row a seed, or none",
        ),
        (
            WDNO | {"rows": [{"training.rate": 0.1, "name": "a"}, {"training.rate": 0.2, "name": "a"}]},
            "row 2 would have the name of .*row 1, burgers-s-a: give it a `name` of its own",
        ),
        (WDNO | {"rows": [{"name": "a/b", "seed": 1}]}, "row 1: `name` may hold letters, digits, - and _ only, got 'a/b'"),
        (WDNO | {"rows": [{"name": "a" * 300}]}, r"row 1: `name` may have 100 characters, got 300: a{20}\.\.\.$"),
        (
            WDNO | {"rows": [{"training.rate": 0.1, "models.wdno.training.rate": 0.1}]},
            "row 1: columns `training.rate` and `models.wdno.training.rate` are the same setting",
        ),
        ({"experiment": "burgers", "product": {"seed": [1]}}, "row 1: which `model` of pde.burgers\\? One of persistence, "),
        (WDNO | {"model": "wdmo", "product": {"seed": [1]}}, "`model` must be one of .*; got 'wdmo'; did you mean `wdno`"),
        (WDNO | {"experiment": "burger", "product": {"seed": [1]}}, "got 'burger'; did you mean `burgers`"),
        (WDNO | {"product": {"data": ["burger"]}}, "`data` must be the name of an experiment, .* did you mean `burgers`"),
        (WDNO | {"table": "no.tsv"}, "^no.tsv: no such file"),
    ],
)
def test_a_faulty_sweep_is_one_line(sweep: dict, says: str) -> None:
    with pytest.raises(InputError, match=says) as caught:
        expand(sweep)
    assert "\n" not in str(caught.value)


def test_an_experiment_of_two_domains_needs_its_domain() -> None:
    graphs = {"burgers": SMOKE["graphs"]["molecules"]}
    with pytest.raises(InputError, match="must say which domain, pde.burgers or graphs.burgers, got 'burgers'"):
        expand(WDNO | {"product": {"seed": [1]}}, graphs=graphs)
    assert expand(WDNO | {"experiment": "pde.burgers", "product": {"seed": [1]}}, graphs=graphs)


def test_a_row_cannot_take_the_name_of_an_experiment() -> None:
    pde = {**SMOKE["pde"], "burgers-s-unchanged": SMOKE["pde"]["burgers"]}
    with pytest.raises(InputError, match="makes an experiment 'burgers-s-unchanged', and there is one of that name"):
        expand(WDNO | {"product": {"seed": [1]}}, pde=pde)


def test_two_sweeps_may_share_rows_under_names_of_their_own() -> None:
    settings, sweeps = expand(WDNO | {"product": {"seed": [1]}}, WDNO | {"product": {"seed": [1, 2]}})
    names = [line.dataset for sweep in sweeps for line in sweep.lines]
    assert names == ["burgers-s-unchanged", "burgers-s1-unchanged"]
    assert settings.pde[names[0]].models == settings.pde[names[1]].models


CELLS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(["1e-3", "[1", "{a: 1}"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)
READERS = [
    (subject, RowReader(getattr(SETTINGS, domain), name, model=subject, domain=domain))
    for domain, name, subject in everything()
]


@settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_cell_is_answered_by_anything_but_an_experiment_or_one_line(data: st.DataObject) -> None:
    subject, reader = data.draw(st.sampled_from(READERS))
    known = sorted(
        {*settable(type(reader.base), reader.base), *settable(*subject_type(reader.base, subject)), *OF_ROWS, "x"}
    )
    text = data.draw(st.booleans())
    cells = data.draw(st.dictionaries(st.sampled_from(known), st.text(max_size=12) if text else CELLS, max_size=3))
    try:
        row = reader.resolve(TableRow("row", cells), text)
    except InputError as error:
        assert str(error)
    else:
        assert parse(type(row.experiment), row.experiment.model_dump(mode="json"), "again") == row.experiment
