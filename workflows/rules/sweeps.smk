"""Tables over the rows of sweeps. What rows have in common is made once and copied: data, models, oracles;
copies are no jobs for a scheduler."""


ruleorder: sweep_model > train
ruleorder: sweep_model > distill
ruleorder: sweep_model > graph_train
ruleorder: sweep_model > graph_distill
ruleorder: sweep_model > graph_guide
ruleorder: sweep_model > sequence_pretrain
ruleorder: sweep_model > sequence_finetune
ruleorder: sweep_model > sequence_distill
ruleorder: sweep_oracle > sequence_oracle
ruleorder: sweep_data > prepare
ruleorder: sweep_data > graph_prepare
ruleorder: sweep_data > sequence_prepare


rule sweep_data:
    input:
        lambda wildcards: PLAN.sweeps.origin(f"{SETTINGS.data}/{wildcards.copied_data}.zarr"),
    output:
        directory("<data>/{copied_data}.zarr"),
    log:
        "<logs>/{copied_data}/prepare.log",
    benchmark:
        "<benchmarks>/{copied_data}/prepare.tsv"
    priority: 1_000_000
    localrule: True
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 500 * attempt,
        runtime=lambda wildcards, attempt: 30 * attempt,
        gpu=0,
    params:
        version=VERSIONS["sweep_data"],
    shell:
        # Hard links where the file system has them; not of Snakemake's own time stamp, which it writes to.
        "{{ cp -Rl {input:q} {output:q} || {{ rm -rf {output:q} && cp -R {input:q} {output:q}; }}; }} > {log:q} 2>&1"
        " && rm -f {output:q}/.snakemake_timestamp"


rule sweep_model:
    input:
        files=lambda wildcards: PLAN.sweeps.copied_model(f"{SETTINGS.results}/{wildcards.copied_run}"),
    output:
        model="<results>/{copied_run}/model.safetensors",
        manifest="<results>/{copied_run}/manifest.json",
        events="<results>/{copied_run}/events.jsonl",
    log:
        "<logs>/{copied_run}/copy.log",
    benchmark:
        "<benchmarks>/{copied_run}/copy.tsv"
    priority: 900_000
    localrule: True
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 500 * attempt,
        runtime=lambda wildcards, attempt: 30 * attempt,
        gpu=0,
    params:
        version=VERSIONS["sweep_model"],
        directory=subpath(output.model, parent=True),
    shell:
        "cp {input.files[0]:q} {input.files[1]:q} {input.files[2]:q} {params.directory:q} > {log:q} 2>&1"


rule sweep_oracle:
    input:
        oracle=lambda wildcards: PLAN.sweeps.oracle(f"{SETTINGS.results}/{wildcards.copied_oracles}", wildcards.member),
        quality=lambda wildcards: PLAN.sweeps.oracle(
            f"{SETTINGS.results}/{wildcards.copied_oracles}", wildcards.member, "json"
        ),
    output:
        oracle="<results>/{copied_oracles}/{member}.safetensors",
        quality="<results>/{copied_oracles}/{member}.json",
    log:
        "<logs>/{copied_oracles}/{member}.copy.log",
    benchmark:
        "<benchmarks>/{copied_oracles}/{member}.copy.tsv"
    priority: 900_000
    localrule: True
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 500 * attempt,
        runtime=lambda wildcards, attempt: 30 * attempt,
        gpu=0,
    params:
        version=VERSIONS["sweep_oracle"],
    shell:
        "{{ cp {input.oracle:q} {output.oracle:q} && cp {input.quality:q} {output.quality:q}; }} > {log:q} 2>&1"


rule sweep:
    input:
        lambda wildcards: PLAN.sweeps.scores(wildcards.sweep),
        config="<results>/sweeps/{sweep}.yaml",
    output:
        table="<results>/sweeps/{sweep}.tsv",
        runs="<results>/sweeps/{sweep}.runs.tsv",
        json="<results>/sweeps/{sweep}.json",
    log:
        "<logs>/sweeps/{sweep}.log",
    benchmark:
        "<benchmarks>/sweeps/{sweep}.tsv"
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=lambda wildcards, attempt: 30 * attempt,
        gpu=0,
    params:
        version=VERSIONS["sweep"],
    shell:
        "exec sciml sweep --config {input.config:q} --output {output.table:q} --runs {output.runs:q} --json {output.json:q}"
        " > {log:q} 2>&1"


# A row that failed keeps the rule from its input; so the tables are made of what is there, and say why the rest is not.
onerror:
    for name in PLAN.sweeps.names:
        table = f"{SETTINGS.results}/sweeps/{name}"
        shell(
            "sciml sweep --config {table:q}.yaml --output {table:q}.tsv --runs {table:q}.runs.tsv --json {table:q}.json || true"
        )
        print(f"Some rows may be missing: {table}.tsv says which, and why.", file=sys.stderr)
