"""Which solver is best for how many calls: found for each diffusion model, and compared with others on test windows."""


rule calibrate:
    input:
        config="<results>/pde/{dataset}/calibration.yaml",
        data="<data>/pde/{dataset}.zarr",
        model="<results>/pde/{dataset}/{model}/seed-{seed}/model.safetensors",
    output:
        "<results>/pde/{dataset}/{model}/seed-{seed}/calibration.safetensors",
    log:
        "<logs>/pde/{dataset}/{model}/seed-{seed}/calibrate.log",
    benchmark:
        "<benchmarks>/pde/{dataset}/{model}/seed-{seed}/calibrate.tsv"
    priority: 500_000  # as soon as there is a model
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
        gpu=0,
    params:
        version=VERSIONS["calibrate"],
    shell:
        "exec sciml calibrate --config {input.config:q} --data {input.data:q} --model {input.model:q}"
        " --seed {wildcards.seed} --output {output:q} > {log:q} 2>&1"


rule solver_benchmark:
    output:
        json="<results>/solvers/exact.json",
        svg="<results>/solvers/exact.svg",
    log:
        "<logs>/solvers/exact.log",
    benchmark:
        "<benchmarks>/solvers/exact.tsv"
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 30 * attempt,
        gpu=0,
    params:
        version=VERSIONS["solver_benchmark"],
    shell:
        'exec python "$SCIML_CHECKOUT/benchmarks/solvers.py" --full --scale small --workers 1 --output {output.json:q} > {log:q} 2>&1'


rule compare:
    input:
        config="<results>/pde/{dataset}/comparison.yaml",
        data="<data>/pde/{dataset}.zarr",
        model="<results>/pde/{dataset}/{model}/seed-{seed}/model.safetensors",
        calibration=CALIBRATION("comparison"),
    output:
        "<results>/pde/{dataset}/{model}/seed-{seed}/solvers.json",
    log:
        "<logs>/pde/{dataset}/{model}/seed-{seed}/compare.log",
    benchmark:
        "<benchmarks>/pde/{dataset}/{model}/seed-{seed}/compare.tsv"
    priority: 400_000
    conda:
        CONDA
    threads: SETTINGS.processes
    resources:
        mem_mb=lambda wildcards, attempt: 3000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
        gpu=0,
    params:
        version=VERSIONS["compare"],
        calibration=lambda wildcards, input: " ".join(f"--calibration {quote(path)}" for path in input.calibration),
    shell:
        "exec sciml compare --config {input.config:q} --data {input.data:q} --model {input.model:q} {params.calibration}"
        " --seed {wildcards.seed} --output {output:q} > {log:q} 2>&1"
