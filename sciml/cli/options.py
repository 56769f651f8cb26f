"""What verbs share: options, provenance and results as JSON."""

import json
import math
import os
import time
from pathlib import Path
from typing import Any

import click

from sciml.config.base import read_yaml
from sciml.io.atomic import atomic_file
from sciml.io.errors import InputError

FILE = click.Path(path_type=Path)
BEGAN = "sciml.began"  # when the verb was called, by the monotonic clock
_WRITTEN = ("output", "manifest", "events")


def _begin(context: click.Context, parameter: click.Parameter, value: float | None) -> float | None:
    """Notes when the verb began; refuses a limit that never comes."""
    context.meta[BEGAN] = time.monotonic()
    if value is not None and not math.isfinite(value):
        raise click.BadParameter(f"must be a finite number of seconds, got {value}")
    return value


def _apart(context: click.Context, parameter: click.Parameter, value: Path | None) -> Path | None:
    """Refuses two files to be written in one place; of two options the second to be read finds the first."""
    for name in _WRITTEN:
        other = context.params.get(name)
        if value and other and os.path.realpath(value) == os.path.realpath(other):
            raise InputError(f"`{parameter.opts[0]}` and `--{name}` must be different files, got {value} for both")
    return value


CONFIG = click.option("--config", type=FILE, required=True, help="YAML file with the settings of this job.")
DATA = click.option("--data", type=FILE, required=True, help="Prepared data set, a zarr folder made by `sciml prepare`.")
MODEL = click.option("--model", type=FILE, required=True, help="Model file made by `sciml train`.")
CALIBRATION = click.option(
    "--calibration",
    type=FILE,
    help="Made by `sciml calibrate`, for the solver auto; by default calibration.safetensors beside the model.",
)
OUTPUT = click.option("--output", type=FILE, required=True, callback=_apart, help="Where to write.")
RUN = click.option("--run-directory", type=FILE, help="Where checkpoints and events live; beside the output by default.")
MANIFEST = click.option("--manifest", type=FILE, callback=_apart, help="Also write where the result comes from, as JSON.")
EVENTS = click.option("--events", type=FILE, callback=_apart, help="Also write the events of the training, as JSON lines.")
LIMIT = click.option(
    "--time-limit",
    type=click.FloatRange(min=0, min_open=True),
    callback=_begin,
    help="Wall seconds after which to save and stop.",
)
SEED = click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of everything random.")
DOMAINS = ("fields", "graphs", "sequences")
NAME = click.option("--name", nargs=2, default=("", ""), metavar="DATASET MODEL", help="What the report calls them.")


def time_left(limit: float | None) -> float | None:
    """Of a time limit what the verb has not used up yet, with its imports; at the end of it a little, in which to save."""
    began = click.get_current_context().meta[BEGAN]
    return None if limit is None else max(limit - (time.monotonic() - began), 1e-3)


def domain_of(config: Path) -> str:
    """What the settings of a job are of: graphs, sequences, or fields.

    Raises:
        InputError: they name another domain.
    """
    domain = read_yaml(config).get("domain", "fields")
    if domain not in DOMAINS:
        raise InputError(f"{config}: `domain` must be graphs or sequences, or left out for fields, got {domain!r}")
    return domain


def provenance_of(config: dict[str, Any], data_sha256: str | None, seed: int) -> dict[str, Any]:
    """Where a result of this process comes from."""
    import torch

    from sciml.io.provenance import provenance

    device = "cuda" if torch.cuda.is_available() else "cpu"
    return provenance(config=config, data_sha256=data_sha256, seed=seed, device=device, threads=torch.get_num_threads())


def write_account(manifest: Path | None, events: Path | None, run: Path | None, facts: dict[str, Any]) -> None:
    """What a training leaves where it is asked for: facts as JSON, with the files it read and wrote, and its events.

    Args:
        run: the folder it was run in; None if nothing was trained step by step.
    """
    from sciml.cli.account import account_of_call

    if events:
        # Bytes, whatever they are: a line that a crash of the machine left as garbage must not end what is done.
        log = (run / "events.jsonl").read_bytes() if run else b""
        if not (events.is_file() and events.read_bytes() == log):
            with atomic_file(events) as temporary:
                temporary.write_bytes(log)
    if manifest:
        write_json(manifest, facts | account_of_call(manifest))


def write_json(path: Path, values: dict[str, Any]) -> None:
    """JSON has no infinity and no not-a-number, such as the relative error of a zero field: they become null."""
    from sciml.io.seal import sealed

    values = sealed(json.loads(json.dumps(values), parse_constant=lambda constant: None))
    with atomic_file(path) as temporary:
        temporary.write_text(json.dumps(values, indent=1, allow_nan=False) + "\n", encoding="utf-8")
