"""Read and check the configuration, and write the settings of each job where they changed."""

import os
import sys
from pathlib import Path
from shlex import quote

from snakemake.utils import validate

from sciml.config.base import read_yaml
from sciml.io.errors import InputError

# Names in these files are shared with Snakemake's own: so functions live in a module, and only a few are made here.
sys.path.insert(0, str(Path(workflow.basedir) / "workflows"))
from plan import make_plan

# Raise the number of a stage when a change of its code changes its results: Snakemake does not see the installed package.
VERSIONS = {
    "fetch": 1,
    "prepare": 1,
    "train": 2,
    "distill": 2,
    "calibrate": 2,
    "evaluate": 4,
    "compare": 2,
    "solver_benchmark": 1,
    "graph_prepare": 1,
    "graph_train": 2,
    "graph_distill": 2,
    "graph_sample": 4,
    "graph_score": 3,
    "graph_compare": 3,
    "graph_guide": 2,
    "sequence_prepare": 1,
    "sequence_oracle": 2,
    "sequence_pretrain": 2,
    "sequence_finetune": 2,
    "sequence_distill": 2,
    "sequence_sample": 3,
    "sequence_score": 3,
    "sequence_compare": 2,
    "sweep_data": 1,
    "sweep_model": 1,
    "sweep_oracle": 1,
    "sweep": 1,
    "report": 3,
}

if not workflow.overwrite_configfiles:

    configfile: Path(workflow.basedir) / "workflows/config/default.yaml"


try:
    for path in workflow.configfiles:
        read_yaml(Path(path))  # of a key that is there twice Snakemake takes the last, without a word
    PLAN = make_plan(config, ", ".join(map(os.path.relpath, workflow.configfiles)) or "configuration")
except InputError as error:
    print(f"sciml: {error}", file=sys.stderr)
    sys.exit(2)  # as the command line does; a WorkflowError would add lines of this file to the one that matters

SETTINGS = PLAN.settings
if workflow.is_main_process:  # not each job of a cluster again, which starts a Snakemake of its own
    validate(SETTINGS.model_dump(mode="json"), "../schemas/config.schema.json", set_default=False)
    PLAN.write_jobs()
    print(*PLAN.left_out, sep="\n", end="\n" if PLAN.left_out else "", file=sys.stderr)

# What rules find in their environment: the `sciml` beside the Python that runs Snakemake, whether or not it is activated; and
# where to fetch from, which is no parameter, since the sha256 is checked and another mirror should re-run nothing.
os.environ.update(PATH=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]))
os.environ.update(SCIML_CHECKOUT=str(workflow.basedir))  # no parameter either: a checkout that moves re-runs nothing
os.environ.update(SCIML_PROCESSES=str(SETTINGS.processes))  # nor this: results depend on it by rounding alone
os.environ.update(SCIML_FETCH_FROM=PLAN.mirror or "", SCIML_FETCH_DOWNLOAD="yes" if SETTINGS.download else "")


def CONDA(wildcards):
    """The conda environment that SCIML_CONDA names; without, jobs run in the environment of Snakemake itself."""
    return os.environ.get("SCIML_CONDA")


pathvars:
    results=SETTINGS.results,
    data=SETTINGS.data,
    logs=f"{SETTINGS.results}/logs",
    benchmarks=f"{SETTINGS.results}/benchmarks",


wildcard_constraints:
    **PLAN.patterns,


def CALIBRATION(stage):
    """An input function: the calibration that a stage of a model needs, or none."""
    return lambda wildcards: PLAN.fields.calibration(wildcards.dataset, wildcards.model, wildcards.seed, stage)
