# From data to report. `snakemake --cores 2` makes the default scale; `--configfile workflows/config/smoke.yaml` a miniature.
# What is built is said in the configuration; rules are in workflows/rules/, one file for each stage.

from snakemake.utils import min_version

min_version("9.20")


include: "workflows/rules/configuration.smk"
include: "workflows/rules/data.smk"
include: "workflows/rules/pde.smk"
include: "workflows/rules/solvers.smk"
include: "workflows/rules/graphs.smk"
include: "workflows/rules/sequences.smk"
include: "workflows/rules/sweeps.smk"
include: "workflows/rules/report.smk"


rule all:
    default_target: True
    input:
        "<results>/report.html",


rule data:
    input:
        PLAN.datasets,


rule models:
    input:
        expand("{directory}/model.safetensors", directory=PLAN.trained),


rule sweeps:
    input:
        expand("<results>/sweeps/{sweep}.tsv", sweep=PLAN.sweeps.names),
