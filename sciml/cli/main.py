"""The command line: `sciml VERB`. Verbs import what they need when they run, so that help and errors come at once."""

import logging
import sys

import click

from sciml.cli.allocator import keep_freed_memory
from sciml.cli.distill import distill
from sciml.cli.fields import calibrate, evaluate, forecast, validate
from sciml.cli.fold import design, fold
from sciml.cli.graphs import import_gdss
from sciml.cli.guide import guide
from sciml.cli.interruption import leaving_when_asked
from sciml.cli.samples import sample, score
from sciml.cli.sequence_training import finetune, oracle
from sciml.cli.several import PROCESSES, said_beside, share, speaker
from sciml.cli.stability import stabilise, stability
from sciml.cli.sweep import sweep
from sciml.cli.verbs import compare, fetch, inspect, prepare, report, schema, train
from sciml.cli.verify import crate, verify
from sciml.io.errors import InputError
from sciml.training.signals import Stopped

BAD_INPUT, FAILED, STOPPED = 2, 1, 75

EPILOG = """\b
Exit codes:
  0   done
  1   failed while computing (the message says at which step)
  2   bad input: one line names the file or setting, the value and what is allowed
  75  stopped by a signal or a time limit after saving: run again to go on

\b
With several processes, on several cores or GPUs; the results are those of one (docs/processes.md):
  sciml --processes 2 train ...      or      torchrun --standalone --nproc-per-node 2 -m sciml train ...

\b
A model by hand, without the workflow (the workflow writes such files to results/):
  sciml prepare  --config data.yaml --output burgers.zarr
  sciml train    --config training.yaml --data burgers.zarr --output model.safetensors
  sciml calibrate --data burgers.zarr --model model.safetensors --output calibration.safetensors
  sciml evaluate --config evaluation.yaml --data burgers.zarr --model model.safetensors --output evaluation.json
  sciml forecast --model model.safetensors --data burgers.zarr --output forecasts.nc
  sciml distill  --config distillation.yaml --data burgers.zarr --model model.safetensors --output student.safetensors

\b
Whether results still hold, and results packed with where they come from:
  sciml verify   results/
  sciml crate    results/ --output results.crate.zip

\b
Graphs and molecules (their files say `domain: graphs`):
  sciml prepare  --config data.yaml --output molecules.zarr
  sciml train    --config training.yaml --data molecules.zarr --output model.safetensors
  sciml sample   --config evaluation.yaml --model model.safetensors --output samples.zarr --export samples.smi
  sciml score    --config evaluation.yaml --data molecules.zarr --samples samples.zarr --output evaluation.json
  sciml guide    --config guide.yaml --data molecules.zarr --model model.safetensors --output guide.safetensors
                 (then sciml sample --guide guide.safetensors, with a `value` to lead to)

\b
Sequences (their files say `domain: sequences`); prepare, train, sample and score as above, and for a reward:
  sciml oracle   --config oracles.yaml --data dna.zarr --member first --output first.safetensors
  sciml finetune --config finetuning.yaml --data dna.zarr --model model.safetensors --reward first.safetensors
                 --judge second.safetensors --output tuned.safetensors

\b
Sequences for backbones (their files say `domain: structures`):
  sciml fold      --config folding.yaml --structures FOLDER --output model.safetensors
  sciml stability --config stability.yaml --data fireprot_train.csv.gz --output stability.safetensors
  sciml stabilise --config finetuning.yaml --model model.safetensors --reward stability.safetensors
                  --structure 6MRR.pdb.gz --output tuned.safetensors
  sciml design    --model tuned.safetensors --structure 6MRR.pdb.gz --output designs.fa
"""


@click.group(epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="sciml")
@click.option("-q", "--quiet", is_flag=True, help="Say only what went wrong.")
@PROCESSES
@click.pass_context
def cli(context: click.Context, quiet: bool, processes: int) -> None:
    """Generative models for science: get data, train, evaluate, forecast, report.

    Each verb does one stage and writes its result whole or not at all. The workflow (`snakemake --cores 2` in a checkout)
    calls these verbs in the right order; each also works by hand.
    """
    spoken = logging.ERROR if quiet or speaker() else logging.INFO
    logging.basicConfig(level=spoken, format="%(message)s", stream=sys.stderr)
    share(context, processes, STOPPED)


VERBS = (
    fetch,
    prepare,
    validate,
    train,
    distill,
    calibrate,
    evaluate,
    compare,
    forecast,
    oracle,
    finetune,
    fold,
    stability,
    stabilise,
    design,
    guide,
    sample,
    score,
    inspect,
    import_gdss,
    report,
    schema,
    sweep,
    verify,
    crate,
)
for verb in VERBS:
    cli.add_command(verb)


def main() -> None:
    """Run the command line; expected failures become one line and an exit code."""
    keep_freed_memory()
    try:
        with leaving_when_asked(STOPPED):
            cli(standalone_mode=False)
    except InputError as error:
        _end(str(error), BAD_INPUT, of_all=True)
    except Stopped as error:
        _end(f"stopped by {error}", STOPPED, of_all=True)
    except click.UsageError as error:
        error.show()
        sys.exit(BAD_INPUT)
    except click.exceptions.Exit as error:
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        _end("interrupted", 130)
    except FloatingPointError as error:
        _end(str(error), FAILED)
    except (RuntimeError, MemoryError) as error:
        from sciml.numerics.memory import is_out_of_memory
        from sciml.training.processes import Unanswered

        if isinstance(error, Unanswered):
            _end(str(error), FAILED)
        if not is_out_of_memory(error):
            raise
        _end(f"out of memory, also with fewer samples at once: {' '.join(str(error).split())[:200]}", FAILED)
    except OSError as error:
        _end(f"{error.filename or 'system'}: {error.strerror or error}", FAILED)


def _end(message: str, code: int, of_all: bool = False) -> None:
    said = f"sciml{speaker()}: {message}"
    if not (of_all and said_beside()):
        click.echo(said.replace("\n", " "), err=True)  # a name in the user's file may have an end of line in it
    sys.exit(code)


if __name__ == "__main__":
    main()
