"""Train and score models of PDE fields."""


rule train:
    input:
        config="<results>/pde/{dataset}/{model}/training.yaml",
        data="<data>/pde/{dataset}.zarr",
    output:
        model="<results>/pde/{dataset}/{model}/seed-{seed}/model.safetensors",
        manifest="<results>/pde/{dataset}/{model}/seed-{seed}/manifest.json",
        events="<results>/pde/{dataset}/{model}/seed-{seed}/events.jsonl",
    log:
        "<logs>/pde/{dataset}/{model}/seed-{seed}/train.log",
    benchmark:
        "<benchmarks>/pde/{dataset}/{model}/seed-{seed}/train.tsv"
    wildcard_constraints:
        model=PLAN.fields.plain,
    priority: lambda wildcards: PLAN.fields.training_priority(wildcards.dataset, wildcards.model)
    conda:
        CONDA
    threads: SETTINGS.processes
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=lambda wildcards, attempt: attempt * PLAN.fields.training_minutes(wildcards.dataset, wildcards.model),
        gpu=0,
    params:
        version=VERSIONS["train"],
        # Not an output, since Snakemake deletes those of a failed job: checkpoints must outlive it.
        directory=subpath(output.model, parent=True),
    shell:
        # `exec`: signals reach the trainer, which saves and stops; it also stops by itself after 90% of `runtime`.
        "exec sciml train --config {input.config:q} --data {input.data:q} --seed {wildcards.seed}"
        " --run-directory {params.directory:q}/run --time-limit $(({resources.runtime} * 54))"
        " --output {output.model:q} --manifest {output.manifest:q} --events {output.events:q} > {log:q} 2>&1"


rule distill:
    input:
        config="<results>/pde/{dataset}/{model}/distillation.yaml",
        data="<data>/pde/{dataset}.zarr",
        teacher=lambda wildcards: PLAN.fields.teacher(wildcards.dataset, wildcards.model, wildcards.seed),
    output:
        model="<results>/pde/{dataset}/{model}/seed-{seed}/model.safetensors",
        manifest="<results>/pde/{dataset}/{model}/seed-{seed}/manifest.json",
        events="<results>/pde/{dataset}/{model}/seed-{seed}/events.jsonl",
    log:
        "<logs>/pde/{dataset}/{model}/seed-{seed}/distill.log",
    benchmark:
        "<benchmarks>/pde/{dataset}/{model}/seed-{seed}/distill.tsv"
    wildcard_constraints:
        model=PLAN.fields.students,
    priority: lambda wildcards: PLAN.fields.training_priority(wildcards.dataset, wildcards.model)
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=lambda wildcards, attempt: attempt * PLAN.fields.training_minutes(wildcards.dataset, wildcards.model),
        gpu=0,
    params:
        version=VERSIONS["distill"],
        directory=subpath(output.model, parent=True),
    shell:
        "exec sciml distill --config {input.config:q} --data {input.data:q} --model {input.teacher:q} --seed {wildcards.seed}"
        " --run-directory {params.directory:q}/run --time-limit $(({resources.runtime} * 54))"
        " --output {output.model:q} --manifest {output.manifest:q} --events {output.events:q} > {log:q} 2>&1"


rule evaluate:
    input:
        config=lambda wildcards: PLAN.fields.evaluation(wildcards.dataset, wildcards.model),
        data="<data>/pde/{dataset}.zarr",
        model="<results>/pde/{dataset}/{model}/seed-{seed}/model.safetensors",
        calibration=CALIBRATION("evaluation"),
    output:
        scores="<results>/pde/{dataset}/{model}/seed-{seed}/evaluation.json",
        pictures="<results>/pde/{dataset}/{model}/seed-{seed}/pictures.npz",
    log:
        "<logs>/pde/{dataset}/{model}/seed-{seed}/evaluate.log",
    benchmark:
        "<benchmarks>/pde/{dataset}/{model}/seed-{seed}/evaluate.tsv"
    priority: 500_000  # as soon as there is a model
    conda:
        CONDA
    threads: SETTINGS.processes
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
        gpu=0,
    params:
        version=VERSIONS["evaluate"],
        calibration=lambda wildcards, input: " ".join(f"--calibration {quote(path)}" for path in input.calibration),
    shell:
        "exec sciml evaluate --config {input.config:q} --data {input.data:q} --model {input.model:q} {params.calibration}"
        " --seed {wildcards.seed} --name {wildcards.dataset} {wildcards.model}"
        " --output {output.scores:q} --pictures {output.pictures:q} > {log:q} 2>&1"
