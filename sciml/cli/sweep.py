"""`sciml sweep`: the scores of a sweep in one table."""

from pathlib import Path

import click

from sciml.cli.options import CONFIG, FILE, OUTPUT
from sciml.config.base import read_config
from sciml.config.sweep_settings import SweepJob


@click.command()
@CONFIG
@OUTPUT
@click.option("--runs", type=FILE, help="Also write a line for each run, with its seed, as a table with tabs.")
@click.option("--json", "record", type=FILE, help="Also write all of it as JSON, which the report takes.")
def sweep(config: Path, output: Path, runs: Path | None, record: Path | None) -> None:
    """Sum up a sweep: settings and scores of each row, mean and interval over seeds, and why a row is missing.

    The workflow writes the file of settings to RESULTS/sweeps/NAME.yaml. What is there is read, so this can be called at any
    time, also while rows are still running or after some have failed.
    """
    job = read_config(SweepJob, config)
    from sciml.report.sweeps.write import write_sweep

    write_sweep(job, output, runs, record)
