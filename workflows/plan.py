"""What a configuration asks for on this machine: data sets, runs and the settings of jobs. Knows nothing of Snakemake."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from domain_plan import any_of
from field_plan import FieldPlan
from graph_plan import GraphPlan
from sequence_plan import SequencePlan
from sweep_plan import SweepPlan

from sciml.config.sequence_oracles import PANEL
from sciml.config.settings import Settings
from sciml.config.sweeps import read_settings
from sciml.io.errors import InputError
from sciml.io.fetch import SOURCES


@dataclass(frozen=True)
class Plan:
    """The settings, and what of them can be done here, domain by domain.

    Args:
        settings: the checked configuration, its sweeps expanded.
        mirror: folder with copies of the public files.
        fields: experiments on PDE fields.
        graphs: experiments on graphs and molecules.
        sequences: experiments on DNA and proteins.
        sweeps: tables over rows of experiments.
    """

    settings: Settings
    mirror: str | None
    fields: FieldPlan
    graphs: GraphPlan
    sequences: SequencePlan
    sweeps: SweepPlan

    @property
    def domains(self) -> tuple[FieldPlan, GraphPlan, SequencePlan]:
        """The plan of each domain."""
        return self.fields, self.graphs, self.sequences

    @property
    def left_out(self) -> list[str]:
        """A line for each data set that cannot be had."""
        found = [(name, why, domain) for domain in self.domains for name, why in domain.left_out.items()]
        return [why for name, why, domain in found if name not in domain.swept]

    @property
    def runs(self) -> list[str]:
        """Folders of results, one for each training, in the order of the report."""
        return [run for domain in self.domains for run in domain.runs]

    @property
    def trained(self) -> list[str]:
        """Those of them that say how their model was made."""
        return [*self.fields.runs, *self.graphs.runs, *self.sequences.trained]

    @property
    def datasets(self) -> list[str]:
        """All prepared data."""
        return [path for domain in self.domains for path in domain.datasets]

    @property
    def patterns(self) -> dict[str, str]:
        """Regular expressions for the parts of paths; names of domains are apart, so that no rule takes those of another."""
        (dataset, model), (graphset, generator), (sequenceset, method) = (domain.patterns for domain in self.domains)
        return {
            "dataset": dataset,
            "model": model,
            "graphset": graphset,
            "generator": generator,
            "sequenceset": sequenceset,
            "method": method,
            "tuning": any_of(self.sequences.tunings),
            "member": any_of((*PANEL, "masked")),
            "seed": r"\d+",
            "filename": any_of(source.filename for source in SOURCES.values()),
            **self.sweeps.patterns,
        }

    def write_jobs(self) -> None:
        """One file of settings for each job."""
        for domain in (*self.domains, self.sweeps):
            domain.write_jobs()


def make_plan(values: Mapping[str, Any], origin: str, environment: Mapping[str, str] = os.environ) -> Plan:
    """Check a configuration.

    Args:
        values: as read from YAML.
        origin: what to call it in an error.
        environment: SCIML_MIRROR overrides the setting `mirror`.

    Raises:
        InputError: one line that names the file and the field.
    """
    settings, sweeps = read_settings(dict(values), origin)
    mirror = environment.get("SCIML_MIRROR") or settings.mirror
    swept = {
        domain: frozenset(line.dataset for sweep in sweeps if sweep.domain == domain for line in sweep.lines)
        for domain in ("pde", "graphs", "sequences")
    }
    fields = FieldPlan(settings, mirror, swept["pde"])
    graphs = GraphPlan(settings, mirror, swept["graphs"])
    sequences = SequencePlan(settings, mirror, swept["sequences"])
    domains = {domain.domain: domain for domain in (fields, graphs, sequences)}
    plan = Plan(settings, mirror, fields, graphs, sequences, SweepPlan(settings, sweeps, domains))
    for domain in plan.domains:
        known = f", or a known source ({', '.join(SOURCES)})" if domain is plan.fields else ""
        for dataset in domain.asked:
            path = domain.own_file(dataset)
            if path is not None and not Path(path).exists():
                allowed = f"a file that is there{known}"
                raise InputError(f"{origin}: `{domain.domain}.{dataset}.data.path` must be {allowed}, got {path!r}")
    if not plan.runs:
        nothing = f"{origin}: `pde`, `graphs` and `sequences` have no data set that can be had here."
        raise InputError(" ".join([nothing, *plan.left_out]))
    return plan
