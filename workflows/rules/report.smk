"""One page on all of it."""


rule report:
    input:
        expand("{directory}/evaluation.json", directory=PLAN.runs),
        expand("{directory}/{file}", directory=PLAN.trained, file=["manifest.json", "events.jsonl"]),
        expand("{directory}/pictures.npz", directory=PLAN.fields.runs),
        expand("{directory}/examples.json", directory=PLAN.graphs.runs + PLAN.sequences.runs),
        PLAN.sequences.oracles,
        expand("{directory}/solvers.json", directory=[run for domain in PLAN.domains for run in domain.comparisons]),
        solvers=["<results>/solvers/exact.json"] * SETTINGS.solver_benchmark,
        plot=["<results>/solvers/exact.svg"] * SETTINGS.solver_benchmark,
        sweeps=expand("<results>/sweeps/{sweep}.json", sweep=PLAN.sweeps.names),
    output:
        report("<results>/report.html", caption="../report/report.rst", category="Results"),
    log:
        "<logs>/report.log",
    benchmark:
        "<benchmarks>/report.tsv"
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=lambda wildcards, attempt: 30 * attempt,
        gpu=0,
    params:
        version=VERSIONS["report"],
        title="Generative models for science",
        scale=SETTINGS.scale,
        directories=PLAN.runs,
        notes=" ".join(f"--note {quote(why)}" for why in PLAN.left_out),
        solvers=lambda wildcards, input: " ".join(f"--solvers {quote(path)}" for path in input.solvers),
        sweeps=lambda wildcards, input: " ".join(f"--sweep {quote(path)}" for path in input.sweeps),
    shell:
        "exec sciml report --title {params.title:q} --scale {params.scale:q} {params.notes} {params.solvers} {params.sweeps}"
        " --output {output:q} {params.directories:q} > {log:q} 2>&1"
