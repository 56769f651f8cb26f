"""The verbs on generated graphs and sequences: draw some, and score them."""

from pathlib import Path

import click

from sciml.cli import graphs
from sciml.cli.options import CONFIG, DATA, FILE, MODEL, NAME, OUTPUT, SEED, domain_of
from sciml.cli.sequence_scores import sample_sequences, score_sequences
from sciml.io.errors import InputError


@click.command()
@CONFIG
@MODEL
@OUTPUT
@SEED
@click.option("--export", type=FILE, help="Also write the samples as text: .smi (molecules), .graphml (graphs) or .fa.")
@click.option("--reward", help="Of sequences, for steering: an oracle's file, or package.module:function of your own.")
@click.option("--guide", type=FILE, help="Of graphs, for a `value` of a property: made by `sciml guide` for the model.")
def sample(
    config: Path, model: Path, output: Path, seed: int, export: Path | None, reward: str | None, guide: Path | None
) -> None:
    """Generate graphs, molecules or sequences with a trained model."""
    domain = domain_of(config)
    if guide and domain != "graphs":
        raise InputError(f"`--guide` is of graphs, {config} is of {domain}")
    if domain == "sequences":
        return sample_sequences(config, model, output, seed, export, reward)
    if domain == "fields":
        raise InputError(f"{config}: fields are sampled by `sciml forecast`; for others give `domain`")
    if reward:
        raise InputError("`--reward` is of sequences; graphs are led by `value` and `guidance`")
    graphs.sample_graphs(config, model, output, seed, export, guide)


@click.command()
@CONFIG
@DATA
@click.option("--samples", type=FILE, required=True, help="Made by `sciml sample`.")
@OUTPUT
@SEED
@click.option("--examples", type=FILE, help="Also write a few generated and real ones, as JSON.")
@click.option(
    "--oracle",
    "oracles",
    multiple=True,
    metavar="NAME=REWARD",
    help="Of sequences: a reward to score by, a file or package.module:function, repeatable; first is the one optimised, "
    "second and third the held-out ones.",
)
@click.option("--pretrained", type=FILE, help="Of sequences: the pretrained model, for log-likelihoods.")
@click.option("--manifest", type=FILE, help="Of sequences: written by `sciml finetune`, for the divergence and the alarm.")
@NAME
def score(
    config: Path,
    data: Path,
    samples: Path,
    output: Path,
    seed: int,
    examples: Path | None,
    oracles: tuple[str, ...],
    pretrained: Path | None,
    manifest: Path | None,
    name: tuple[str, str],
) -> None:
    """Score generated graphs or sequences against the test split, with intervals and floors."""
    domain = domain_of(config)
    if domain == "sequences":
        return score_sequences(config, data, samples, output, seed, examples, oracles, pretrained, manifest, name)
    if domain == "fields":
        raise InputError(f"{config}: fields are scored by `sciml evaluate`; for others give `domain`")
    if oracles or pretrained or manifest:
        raise InputError("`--oracle`, `--pretrained` and `--manifest` are of sequences")
    graphs.score_graphs(config, data, samples, output, seed, examples, name)
