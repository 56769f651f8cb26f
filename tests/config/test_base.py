"""What a configuration class takes, and the one line that says what it does not."""

import subprocess
import sys
from pathlib import Path

import pytest

from sciml.config.base import Config, parse, read_yaml, to_yaml
from sciml.config.models import DiffusionConfig, TrainingConfig, UNetConfig
from sciml.config.settings import ComparisonConfig, EvaluationConfig, FileConfig
from sciml.io.errors import InputError

FILE = {"kind": "file", "path": "a.nc", "variables": ["u"], "given": 1, "predicted": 2}


@pytest.mark.parametrize(
    ("cls", "values", "message"),
    [
        (TrainingConfig, {"steps": True}, "f: `steps` should be a valid integer, got True"),
        (TrainingConfig, {"steps": 100.0}, "f: `steps` should be a valid integer, got 100.0"),
        (TrainingConfig, {"steps": "100"}, "f: `steps` should be a valid integer, got '100'; YAML reads 1.0e-3 as a number"),
        (TrainingConfig, {"steps": 9, "rate": "1e-3"}, "f: `rate` should be a valid number, got '1e-3'; YAML reads"),
        (TrainingConfig, {"steps": 9, "rate": "fast"}, "f: `rate` should be a valid number, got 'fast'$"),
        (TrainingConfig, {"steps": 9, "clip": True}, "f: `clip` should be a valid number, got True"),
        (TrainingConfig, {"steps": 9, "clip": float("inf")}, "f: `clip` should be a finite number, got inf"),
        (TrainingConfig, {"steps": 9, "weight_decay": float("nan")}, "f: `weight_decay` should be a finite number, got nan"),
        (TrainingConfig, {"cpu_seconds": float("inf")}, "f: `cpu_seconds` should be a finite number"),
        (DiffusionConfig, {"noise_bias": float("inf")}, "f: `noise_bias` should be a finite number"),
        (DiffusionConfig, {"conditional_deviation": float("inf")}, "f: `conditional_deviation` should be a finite number"),
        (UNetConfig, {"attention": 1}, "f: `attention` should be a valid boolean, got 1"),
        (UNetConfig, {"multipliers": [1, True]}, "f: `multipliers.1` should be a valid integer, got True"),
        (UNetConfig, {"multipliers": ["2"]}, "f: `multipliers.0` should be a valid integer, got '2'"),
        (ComparisonConfig, {"solvers": [{"steps": "5"}]}, "f: `solvers.0.steps` should be a valid integer, got '5'"),
        (ComparisonConfig, {"solvers": [{"step": 5}]}, "f: `solvers.0.step` is not a known setting; did you mean `steps`"),
        (FileConfig, {**FILE, "split": [0.5, 0.5]}, r"f: `split.2` is missing"),
        (FileConfig, {**FILE, "split": [0.5, True, 0.5]}, "f: `split.1` should be a valid integer, got True"),
        (FileConfig, {**FILE, "variables": "u"}, "f: `variables` should be a valid tuple, got 'u'"),
        (TrainingConfig, {}, r"^f: exactly one of `steps` \(None\) and `cpu_seconds` \(None\) must be set$"),
        (
            EvaluationConfig,
            {"solver": {"name": "heun", "eta": 0.5}},
            "^f: `solver`: `eta` goes with solver ddim, not heun$",
        ),
    ],
)
def test_problems_name_field_value_and_what_is_allowed(cls: type[Config], values: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse(cls, values, "f")


def test_whole_numbers_do_for_real_ones() -> None:
    config = parse(TrainingConfig, {"steps": 100, "clip": 2}, "f")
    assert config.clip == 2.0 and "clip: 2.0" in to_yaml(config)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("2024-13-45", "line 2: '2024-13-45' cannot be read: month must be in 1..12$"),
        ("2024-01-01 25:61:61", "line 2: '2024-01-01 25:61:61' cannot be read: hour must be in 0..23$"),
        ("0x_", "line 2: '0x_' cannot be read: "),
        ("0b_", "line 2: '0b_' cannot be read: "),
        ("9" * 6000, r"line 2: '9{56}\.\.\. cannot be read: Exceeds the limit"),
        ("0x" + "f" * 6000, r"line 2: '0xf{54}\.\.\. cannot be read: Exceeds the limit"),
        (":".join(["1"] * 250) + ".5", "line 2: .* cannot be read: int too large"),
        ("!!int ''", "line 2: '' cannot be read: "),
        ("!!bool perhaps", "line 2: 'perhaps' cannot be read: "),
        ("!!timestamp soon", "line 2: 'soon' cannot be read: "),
        ("[" * 5000, "nested too deeply$"),
        ("{a: 1, b: 2, a: 3}", "line 2: key 'a' is there already, in line 2$"),
        ("{~: a, null: b}", "line 2: key None is there already"),
        ("{1: a, 0x1: b}", "line 2: key 1 is there already"),
        ("1\ndata: 2\nother: 3\n'data': 4", "line 5: key 'data' is there already, in line 3$"),
        ("[{a: &m {x: 1, x: 2}}, {<<: *m}]", "line 2: key 'x' is there already"),
        ("{[a]: 1, [a]: 2}", "found unhashable key"),
    ],
)
def test_yaml_that_cannot_be_read_is_one_line(tmp_path: Path, value: str, message: str) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(f"first: 0\nnote: {value}\n")
    with pytest.raises(InputError, match=f"^{path}: not valid YAML: .*{message}") as caught:
        read_yaml(path)
    assert "\n" not in str(caught.value)


def test_merged_keys_may_be_said_again(tmp_path: Path) -> None:
    """Also where a mapping is merged into another before it is read itself."""
    path = tmp_path / "c.yaml"
    path.write_text(
        "base: &b {x: 1, y: 2}\nnested: {deep: &d {<<: *b, x: 3}}\nlater: {<<: *d, y: 4}\n"
        "both: {<<: [*b, *d], z: 5}\ntwice: {<<: {p: 1}, <<: {q: 2}}\nsame: *d\n=: 6\n"
    )
    deep = {"x": 3, "y": 2}
    assert read_yaml(path) == {
        "base": {"x": 1, "y": 2},
        "nested": {"deep": deep},
        "later": {"x": 3, "y": 4},
        "both": {"x": 1, "y": 2, "z": 5},
        "twice": {"p": 1, "q": 2},
        "same": deep,
        "=": 6,
    }


def test_reading_a_configuration_loads_no_torch() -> None:
    code = (
        "import sys; from sciml.config import jobs; from sciml.config.models import WaveletConfig; "
        "WaveletConfig(wavelet='db2'); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
