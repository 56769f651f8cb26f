"""Generators of graphs and molecules: data, training of nodes and adjacency together, students, guides, samples, scores, solvers."""


rule graph_prepare:
    input:
        config="<results>/graphs/{graphset}/data.yaml",
        sources=lambda wildcards: PLAN.graphs.raw(wildcards.graphset),
    output:
        directory("<data>/graphs/{graphset}.zarr"),
    log:
        "<logs>/graphs/{graphset}/prepare.log",
    benchmark:
        "<benchmarks>/graphs/{graphset}/prepare.tsv"
    priority: 1_000_000  # everything waits for it
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1500 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
        gpu=0,
    params:
        version=VERSIONS["graph_prepare"],
        raw=f"{SETTINGS.data}/raw",  # the folder of public files, for data that is made of such
    shell:
        "exec sciml prepare --config {input.config:q} --source {params.raw:q} --output {output:q} > {log:q} 2>&1"


rule graph_train:
    input:
        config="<results>/graphs/{graphset}/{generator}/training.yaml",
        data="<data>/graphs/{graphset}.zarr",
    output:
        model="<results>/graphs/{graphset}/{generator}/seed-{seed}/model.safetensors",
        manifest="<results>/graphs/{graphset}/{generator}/seed-{seed}/manifest.json",
        events="<results>/graphs/{graphset}/{generator}/seed-{seed}/events.jsonl",
    log:
        "<logs>/graphs/{graphset}/{generator}/seed-{seed}/train.log",
    benchmark:
        "<benchmarks>/graphs/{graphset}/{generator}/seed-{seed}/train.tsv"
    wildcard_constraints:
        generator=PLAN.graphs.plain,
    priority: lambda wildcards: PLAN.graphs.training_priority(wildcards.graphset, wildcards.generator)
    conda:
        CONDA
    threads: SETTINGS.processes
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: attempt * PLAN.graphs.training_minutes(wildcards.graphset, wildcards.generator),
        gpu=0,
    params:
        version=VERSIONS["graph_train"],
        directory=subpath(output.model, parent=True),  # as in pde.smk: checkpoints must outlive a failed job
    shell:
        "exec sciml train --config {input.config:q} --data {input.data:q} --seed {wildcards.seed}"
        " --run-directory {params.directory:q}/run --time-limit $(({resources.runtime} * 54))"
        " --output {output.model:q} --manifest {output.manifest:q} --events {output.events:q} > {log:q} 2>&1"


rule graph_distill:
    input:
        config="<results>/graphs/{graphset}/{generator}/distillation.yaml",
        data="<data>/graphs/{graphset}.zarr",
        teacher=lambda wildcards: PLAN.graphs.teacher(wildcards.graphset, wildcards.generator, wildcards.seed),
    output:
        model="<results>/graphs/{graphset}/{generator}/seed-{seed}/model.safetensors",
        manifest="<results>/graphs/{graphset}/{generator}/seed-{seed}/manifest.json",
        events="<results>/graphs/{graphset}/{generator}/seed-{seed}/events.jsonl",
    log:
        "<logs>/graphs/{graphset}/{generator}/seed-{seed}/distill.log",
    benchmark:
        "<benchmarks>/graphs/{graphset}/{generator}/seed-{seed}/distill.tsv"
    wildcard_constraints:
        generator=PLAN.graphs.students,
    priority: lambda wildcards: PLAN.graphs.training_priority(wildcards.graphset, wildcards.generator)
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: attempt * PLAN.graphs.training_minutes(wildcards.graphset, wildcards.generator),
        gpu=0,
    params:
        version=VERSIONS["graph_distill"],
        directory=subpath(output.model, parent=True),
    shell:
        "exec sciml distill --config {input.config:q} --data {input.data:q} --model {input.teacher:q} --seed {wildcards.seed}"
        " --run-directory {params.directory:q}/run --time-limit $(({resources.runtime} * 54))"
        " --output {output.model:q} --manifest {output.manifest:q} --events {output.events:q} > {log:q} 2>&1"


rule graph_guide:
    input:
        config="<results>/graphs/{graphset}/{generator}/guide.yaml",
        data="<data>/graphs/{graphset}.zarr",
        model=lambda wildcards: PLAN.graphs.model(wildcards.graphset, wildcards.generator, wildcards.seed),
    output:
        guide="<results>/graphs/{graphset}/{generator}/seed-{seed}/model.safetensors",
        manifest="<results>/graphs/{graphset}/{generator}/seed-{seed}/manifest.json",
        events="<results>/graphs/{graphset}/{generator}/seed-{seed}/events.jsonl",
    log:
        "<logs>/graphs/{graphset}/{generator}/seed-{seed}/guide.log",
    benchmark:
        "<benchmarks>/graphs/{graphset}/{generator}/seed-{seed}/guide.tsv"
    wildcard_constraints:
        generator=PLAN.graphs.guided,
    priority: lambda wildcards: PLAN.graphs.training_priority(wildcards.graphset, wildcards.generator)
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: attempt * PLAN.graphs.training_minutes(wildcards.graphset, wildcards.generator),
        gpu=0,
    params:
        version=VERSIONS["graph_guide"],
        directory=subpath(output.guide, parent=True),
    shell:
        "exec sciml guide --config {input.config:q} --data {input.data:q} --model {input.model:q} --seed {wildcards.seed}"
        " --run-directory {params.directory:q}/run --time-limit $(({resources.runtime} * 54))"
        " --output {output.guide:q} --manifest {output.manifest:q} --events {output.events:q} > {log:q} 2>&1"


rule graph_sample:
    input:
        config=lambda wildcards: PLAN.graphs.evaluation(wildcards.graphset, wildcards.generator),
        model=lambda wildcards: PLAN.graphs.model(wildcards.graphset, wildcards.generator, wildcards.seed),
        guide=lambda wildcards: PLAN.graphs.guide(wildcards.graphset, wildcards.generator, wildcards.seed),
    output:
        directory("<results>/graphs/{graphset}/{generator}/seed-{seed}/samples.zarr"),
    log:
        "<logs>/graphs/{graphset}/{generator}/seed-{seed}/sample.log",
    benchmark:
        "<benchmarks>/graphs/{graphset}/{generator}/seed-{seed}/sample.tsv"
    priority: 500_000  # as soon as there is a model
    conda:
        CONDA
    threads: SETTINGS.processes
    resources:
        mem_mb=lambda wildcards, attempt: 2500 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
        gpu=0,
    params:
        version=VERSIONS["graph_sample"],
        guide=lambda wildcards, input: " ".join(f"--guide {quote(path)}" for path in input.guide),
    shell:
        "exec sciml sample --config {input.config:q} --model {input.model:q} {params.guide} --seed {wildcards.seed}"
        " --output {output:q} > {log:q} 2>&1"


rule graph_score:
    input:
        config=lambda wildcards: PLAN.graphs.evaluation(wildcards.graphset, wildcards.generator),
        data="<data>/graphs/{graphset}.zarr",
        samples="<results>/graphs/{graphset}/{generator}/seed-{seed}/samples.zarr",
    output:
        scores="<results>/graphs/{graphset}/{generator}/seed-{seed}/evaluation.json",
        examples="<results>/graphs/{graphset}/{generator}/seed-{seed}/examples.json",
    log:
        "<logs>/graphs/{graphset}/{generator}/seed-{seed}/score.log",
    benchmark:
        "<benchmarks>/graphs/{graphset}/{generator}/seed-{seed}/score.tsv"
    priority: 500_000
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 3000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
        gpu=0,
    params:
        version=VERSIONS["graph_score"],
    shell:
        "exec sciml score --config {input.config:q} --data {input.data:q} --samples {input.samples:q}"
        " --seed {wildcards.seed} --name {wildcards.graphset} {wildcards.generator}"
        " --output {output.scores:q} --examples {output.examples:q} > {log:q} 2>&1"


rule graph_compare:
    input:
        config="<results>/graphs/{graphset}/comparison.yaml",
        data="<data>/graphs/{graphset}.zarr",
        model="<results>/graphs/{graphset}/{generator}/seed-{seed}/model.safetensors",
    output:
        "<results>/graphs/{graphset}/{generator}/seed-{seed}/solvers.json",
    log:
        "<logs>/graphs/{graphset}/{generator}/seed-{seed}/compare.log",
    benchmark:
        "<benchmarks>/graphs/{graphset}/{generator}/seed-{seed}/compare.tsv"
    priority: 400_000
    conda:
        CONDA
    threads: SETTINGS.processes
    resources:
        mem_mb=lambda wildcards, attempt: 3000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
        gpu=0,
    params:
        version=VERSIONS["graph_compare"],
    shell:
        "exec sciml compare --config {input.config:q} --data {input.data:q} --model {input.model:q}"
        " --seed {wildcards.seed} --output {output:q} > {log:q} 2>&1"
