"""Generators of DNA and proteins: data, oracles, pretraining, fine-tuning for a reward, students, samples, scores, solvers."""


rule sequence_prepare:
    input:
        config="<results>/sequences/{sequenceset}/data.yaml",
        sources=lambda wildcards: PLAN.sequences.raw(wildcards.sequenceset),
    output:
        directory("<data>/sequences/{sequenceset}.zarr"),
    log:
        "<logs>/sequences/{sequenceset}/prepare.log",
    benchmark:
        "<benchmarks>/sequences/{sequenceset}/prepare.tsv"
    priority: 1_000_000  # everything waits for it
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1500 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
        gpu=0,
    params:
        version=VERSIONS["sequence_prepare"],
        raw=f"{SETTINGS.data}/raw",  # the folder of public files, for data that is made of such
    shell:
        "exec sciml prepare --config {input.config:q} --source {params.raw:q} --output {output:q} > {log:q} 2>&1"


rule sequence_oracle:
    input:
        config="<results>/sequences/{sequenceset}/oracles.yaml",
        data="<data>/sequences/{sequenceset}.zarr",
    output:
        oracle="<results>/sequences/{sequenceset}/oracles/seed-{seed}/{member}.safetensors",
        quality="<results>/sequences/{sequenceset}/oracles/seed-{seed}/{member}.json",
    log:
        "<logs>/sequences/{sequenceset}/oracles/seed-{seed}/{member}.log",
    benchmark:
        "<benchmarks>/sequences/{sequenceset}/oracles/seed-{seed}/{member}.tsv"
    priority: 900_000
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 120 * attempt,
        gpu=0,
    params:
        version=VERSIONS["sequence_oracle"],
        directory=subpath(output.oracle, parent=True),
    shell:
        "exec sciml oracle --config {input.config:q} --data {input.data:q} --member {wildcards.member} --seed {wildcards.seed}"
        " --run-directory {params.directory:q}/run --time-limit $(({resources.runtime} * 54))"
        " --output {output.oracle:q} --quality {output.quality:q} > {log:q} 2>&1"


rule sequence_pretrain:
    input:
        config="<results>/sequences/{sequenceset}/pretrained/training.yaml",
        data="<data>/sequences/{sequenceset}.zarr",
    output:
        model="<results>/sequences/{sequenceset}/pretrained/seed-{seed}/model.safetensors",
        manifest="<results>/sequences/{sequenceset}/pretrained/seed-{seed}/manifest.json",
        events="<results>/sequences/{sequenceset}/pretrained/seed-{seed}/events.jsonl",
    log:
        "<logs>/sequences/{sequenceset}/pretrained/seed-{seed}/train.log",
    benchmark:
        "<benchmarks>/sequences/{sequenceset}/pretrained/seed-{seed}/train.tsv"
    priority: lambda wildcards: PLAN.sequences.training_priority(wildcards.sequenceset, "pretrained")
    conda:
        CONDA
    threads: SETTINGS.processes
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: attempt * PLAN.sequences.training_minutes(wildcards.sequenceset, "pretrained"),
        gpu=0,
    params:
        version=VERSIONS["sequence_pretrain"],
        directory=subpath(output.model, parent=True),  # as in pde.smk: checkpoints must outlive a failed job
    shell:
        "exec sciml train --config {input.config:q} --data {input.data:q} --seed {wildcards.seed}"
        " --run-directory {params.directory:q}/run --time-limit $(({resources.runtime} * 54))"
        " --output {output.model:q} --manifest {output.manifest:q} --events {output.events:q} > {log:q} 2>&1"


rule sequence_finetune:
    input:
        config="<results>/sequences/{sequenceset}/{tuning}/finetuning.yaml",
        data="<data>/sequences/{sequenceset}.zarr",
        model="<results>/sequences/{sequenceset}/pretrained/seed-{seed}/model.safetensors",
        reward="<results>/sequences/{sequenceset}/oracles/seed-{seed}/first.safetensors",
        judges=expand(
            "<results>/sequences/{sequenceset}/oracles/seed-{seed}/{judge}.safetensors",
            judge=["second", "third"],
            allow_missing=True,
        ),
    output:
        model="<results>/sequences/{sequenceset}/{tuning}/seed-{seed}/model.safetensors",
        manifest="<results>/sequences/{sequenceset}/{tuning}/seed-{seed}/manifest.json",
        events="<results>/sequences/{sequenceset}/{tuning}/seed-{seed}/events.jsonl",
    log:
        "<logs>/sequences/{sequenceset}/{tuning}/seed-{seed}/finetune.log",
    benchmark:
        "<benchmarks>/sequences/{sequenceset}/{tuning}/seed-{seed}/finetune.tsv"
    priority: lambda wildcards: PLAN.sequences.training_priority(wildcards.sequenceset, wildcards.tuning)
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2500 * attempt,
        runtime=lambda wildcards, attempt: attempt * PLAN.sequences.training_minutes(wildcards.sequenceset, wildcards.tuning),
        gpu=0,
    params:
        version=VERSIONS["sequence_finetune"],
        directory=subpath(output.model, parent=True),
        judges=lambda wildcards, input: " ".join(f"--judge {quote(path)}" for path in input.judges),
    shell:
        "exec sciml finetune --config {input.config:q} --data {input.data:q} --model {input.model:q} --reward {input.reward:q}"
        " {params.judges} --seed {wildcards.seed}"
        " --run-directory {params.directory:q}/run --time-limit $(({resources.runtime} * 54))"
        " --output {output.model:q} --manifest {output.manifest:q} --events {output.events:q} > {log:q} 2>&1"


rule sequence_distill:
    input:
        config="<results>/sequences/{sequenceset}/{method}/distillation.yaml",
        data="<data>/sequences/{sequenceset}.zarr",
        teacher="<results>/sequences/{sequenceset}/pretrained/seed-{seed}/model.safetensors",
    output:
        model="<results>/sequences/{sequenceset}/{method}/seed-{seed}/model.safetensors",
        manifest="<results>/sequences/{sequenceset}/{method}/seed-{seed}/manifest.json",
        events="<results>/sequences/{sequenceset}/{method}/seed-{seed}/events.jsonl",
    log:
        "<logs>/sequences/{sequenceset}/{method}/seed-{seed}/distill.log",
    benchmark:
        "<benchmarks>/sequences/{sequenceset}/{method}/seed-{seed}/distill.tsv"
    wildcard_constraints:
        method=PLAN.sequences.students,
    priority: lambda wildcards: PLAN.sequences.training_priority(wildcards.sequenceset, wildcards.method)
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: attempt * PLAN.sequences.training_minutes(wildcards.sequenceset, wildcards.method),
        gpu=0,
    params:
        version=VERSIONS["sequence_distill"],
        directory=subpath(output.model, parent=True),
    shell:
        "exec sciml distill --config {input.config:q} --data {input.data:q} --model {input.teacher:q} --seed {wildcards.seed}"
        " --run-directory {params.directory:q}/run --time-limit $(({resources.runtime} * 54))"
        " --output {output.model:q} --manifest {output.manifest:q} --events {output.events:q} > {log:q} 2>&1"


rule sequence_sample:
    input:
        config="<results>/sequences/{sequenceset}/{method}/evaluation.yaml",
        model=lambda wildcards: PLAN.sequences.model(wildcards.sequenceset, wildcards.method, wildcards.seed),
        reward=lambda wildcards: PLAN.sequences.reward(wildcards.sequenceset, wildcards.method, wildcards.seed),
    output:
        directory("<results>/sequences/{sequenceset}/{method}/seed-{seed}/samples.zarr"),
    log:
        "<logs>/sequences/{sequenceset}/{method}/seed-{seed}/sample.log",
    benchmark:
        "<benchmarks>/sequences/{sequenceset}/{method}/seed-{seed}/sample.tsv"
    priority: 500_000
    conda:
        CONDA
    threads: SETTINGS.processes
    resources:
        mem_mb=lambda wildcards, attempt: 2500 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
        gpu=0,
    params:
        version=VERSIONS["sequence_sample"],
        reward=lambda wildcards, input: " ".join(f"--reward {quote(path)}" for path in input.reward),
    shell:
        "exec sciml sample --config {input.config:q} --model {input.model:q} {params.reward} --seed {wildcards.seed}"
        " --output {output:q} > {log:q} 2>&1"


rule sequence_score:
    input:
        config="<results>/sequences/{sequenceset}/{method}/evaluation.yaml",
        data="<data>/sequences/{sequenceset}.zarr",
        samples="<results>/sequences/{sequenceset}/{method}/seed-{seed}/samples.zarr",
        pretrained="<results>/sequences/{sequenceset}/pretrained/seed-{seed}/model.safetensors",
        first="<results>/sequences/{sequenceset}/oracles/seed-{seed}/first.safetensors",
        second="<results>/sequences/{sequenceset}/oracles/seed-{seed}/second.safetensors",
        third="<results>/sequences/{sequenceset}/oracles/seed-{seed}/third.safetensors",
        manifest=lambda wildcards: PLAN.sequences.manifest(wildcards.sequenceset, wildcards.method, wildcards.seed),
    output:
        scores="<results>/sequences/{sequenceset}/{method}/seed-{seed}/evaluation.json",
        examples="<results>/sequences/{sequenceset}/{method}/seed-{seed}/examples.json",
    log:
        "<logs>/sequences/{sequenceset}/{method}/seed-{seed}/score.log",
    benchmark:
        "<benchmarks>/sequences/{sequenceset}/{method}/seed-{seed}/score.tsv"
    priority: 500_000
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
        gpu=0,
    params:
        version=VERSIONS["sequence_score"],
        manifest=lambda wildcards, input: " ".join(f"--manifest {quote(path)}" for path in input.manifest),
    shell:
        "exec sciml score --config {input.config:q} --data {input.data:q} --samples {input.samples:q} --seed {wildcards.seed}"
        " --oracle first={input.first:q} --oracle second={input.second:q} --oracle third={input.third:q}"
        " --pretrained {input.pretrained:q} {params.manifest} --name {wildcards.sequenceset} {wildcards.method}"
        " --output {output.scores:q} --examples {output.examples:q} > {log:q} 2>&1"


rule sequence_compare:
    input:
        config="<results>/sequences/{sequenceset}/comparison.yaml",
        data="<data>/sequences/{sequenceset}.zarr",
        model="<results>/sequences/{sequenceset}/{method}/seed-{seed}/model.safetensors",
    output:
        "<results>/sequences/{sequenceset}/{method}/seed-{seed}/solvers.json",
    log:
        "<logs>/sequences/{sequenceset}/{method}/seed-{seed}/compare.log",
    benchmark:
        "<benchmarks>/sequences/{sequenceset}/{method}/seed-{seed}/compare.tsv"
    priority: 400_000
    conda:
        CONDA
    threads: SETTINGS.processes
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
        gpu=0,
    params:
        version=VERSIONS["sequence_compare"],
    shell:
        "exec sciml compare --config {input.config:q} --data {input.data:q} --model {input.model:q}"
        " --seed {wildcards.seed} --output {output:q} > {log:q} 2>&1"
