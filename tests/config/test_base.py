"""What a configuration class takes, and the one line that says what it does not."""

import subprocess
import sys

import pytest

from sciml.config.base import Config, parse, to_yaml
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


def test_reading_a_configuration_loads_no_torch() -> None:
    code = (
        "import sys; from sciml.config import jobs; from sciml.config.models import WaveletConfig; "
        "WaveletConfig(wavelet='db2'); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
