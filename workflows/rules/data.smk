"""Fetch public files; simulate or import data sets."""

from sciml.io.fetch import SOURCES

SOURCE_NAMES = {source.filename: name for name, source in SOURCES.items()}


rule fetch:
    output:
        update("<data>/raw/{filename}"),  # a good copy that is there already stays
    log:
        "<logs>/fetch/{filename}.log",
    benchmark:
        "<benchmarks>/fetch/{filename}.tsv"
    priority: 2_000_000
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 500 * attempt,
        runtime=lambda wildcards, attempt: 30 * attempt,
        gpu=0,
    params:
        version=VERSIONS["fetch"],
        name=lambda wildcards: SOURCE_NAMES[wildcards.filename],
    shell:
        "exec sciml fetch {params.name} --output {output:q} "
        '${{SCIML_FETCH_FROM:+--mirror "$SCIML_FETCH_FROM"}} ${{SCIML_FETCH_DOWNLOAD:+--download}} > {log:q} 2>&1'


rule prepare:
    input:
        config="<results>/pde/{dataset}/data.yaml",
        source=lambda wildcards: PLAN.fields.raw(wildcards.dataset),
    output:
        directory("<data>/pde/{dataset}.zarr"),
    log:
        "<logs>/pde/{dataset}/prepare.log",
    benchmark:
        "<benchmarks>/pde/{dataset}/prepare.tsv"
    priority: 1_000_000  # everything waits for it
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
        gpu=0,
    params:
        version=VERSIONS["prepare"],
        source=lambda wildcards, input: " ".join(f"--source {quote(path)}" for path in input.source),
    shell:
        "exec sciml prepare --config {input.config:q} {params.source} --output {output:q} > {log:q} 2>&1"
