"""Reading a run on graphs: evaluation.json, manifest.json, examples.json, events.jsonl, perhaps solvers.json."""

from pathlib import Path

from sciml.io.errors import InputError
from sciml.report.graphs.runs import Drawing, Estimate, Facts, GraphRun, GraphScore, Molecule, PlainGraph, Reached
from sciml.report.history import read_history
from sciml.report.manifest import read_manifest
from sciml.report.record import Record, read_record

_SHARES = ("valid", "valid_corrected", "connected", "unique", "novel", "reference_in_train", "vun")
_SINGLE = ("nspdk", "fcd")


def load_graph_run(directory: Path) -> GraphRun:
    """Everything the report needs of one run.

    Raises:
        InputError: naming file and key.
    """
    evaluation, examples = read_record(directory / "evaluation.json"), read_record(directory / "examples.json")
    facts = _facts(evaluation.record("data"))
    return GraphRun(
        directory=directory,
        dataset=evaluation.text("dataset"),
        model=evaluation.text("model"),
        seed=evaluation.integer("seed"),
        description=evaluation.text_or_none("description"),
        manifest=read_manifest(directory / "manifest.json"),
        training=read_history(directory / "events.jsonl"),
        facts=facts,
        main=_score(evaluation, bool(facts.atoms)),
        compared=_compared(directory / "solvers.json", bool(facts.atoms)),
        generated=_drawings(examples, "generated", bool(facts.atoms)),
        examples=_drawings(examples, "training", bool(facts.atoms)),
        steered="steered" in evaluation.values and evaluation.flag("steered"),
        reached=_reached(evaluation),
    )


def _reached(evaluation: Record) -> Reached | None:
    """Where a property was measured."""
    if evaluation.values.get("reached") is None:
        return None
    record = evaluation.record("reached")
    return Reached(
        name=record.text("property"),
        asked=record.number("asked"),
        mean=record.number("mean"),
        deviation=record.number("deviation"),
        error=record.number("mean_absolute_error"),
        test_mean=record.number("test_mean"),
        test_deviation=record.number("test_deviation"),
    )


def _facts(record: Record) -> Facts:
    counts, nodes, atoms = record.record("graphs"), record.numbers("nodes"), record.any("atoms")
    if len(nodes) != 2:
        raise InputError(f"{record.file}: `{record.where}.nodes` must be two numbers, got {len(nodes)}")
    if not isinstance(atoms, list) or not all(isinstance(symbol, str) for symbol in atoms):
        raise InputError(f"{record.file}: `{record.where}.atoms` must be a list of symbols, got {str(atoms)[:60]!r}")
    digests = record.any("source_sha256")
    named = digests if isinstance(digests, dict) else {} if digests is None else {"source": digests}
    return Facts(
        counts={split: counts.integer(split) for split in ("train", "validation", "test")},
        nodes=(int(nodes[0]), int(nodes[1])),
        atoms=tuple(atoms),
        sources={str(name): str(digest) for name, digest in named.items()},
    )


def _compared(file: Path, molecules: bool) -> tuple[GraphScore, ...]:
    """Scores of further solvers, where they were compared."""
    return tuple(_score(record, molecules) for record in read_record(file).records("rows")) if file.exists() else ()


def _score(record: Record, molecules: bool) -> GraphScore:
    scores = record.record("scores")
    properties = scores.record("properties") if molecules else None
    names = tuple(properties.values) if properties else ()
    return GraphScore(
        solver=record.text("solver"),
        nfe=record.number("nfe"),
        count=record.integer("count"),
        reference=scores.record("counts").integer("reference"),
        seconds_per_graph=record.number("seconds_per_graph"),
        estimates={**_shares(scores, molecules), **_distances(properties or scores.record("mmd")), **_singles(scores)},
        properties=names,
        warnings=_texts(scores, "warnings"),
    )


def _shares(scores: Record, molecules: bool) -> dict[str, Estimate]:
    """Shares of graphs; some are always there, the others where they make sense."""
    shares = scores if molecules else scores.record("shares")
    needed = {"connected", "unique", "novel", "reference_in_train"} | ({"valid"} if molecules else set())
    return {name: _estimate(shares.record(name)) for name in _SHARES if name in shares.values or name in needed}


def _distances(record: Record) -> dict[str, Estimate]:
    return {name: _estimate(record.record(name)) for name in record.values}


def _singles(scores: Record) -> dict[str, Estimate]:
    return {name: _estimate(scores.record(name)) for name in _SINGLE if name in scores.values}


def _estimate(record: Record) -> Estimate:
    low, high = _interval(record, "interval")
    known = record.values
    numbers: dict[str, float] = {key: record.number(key) for key in ("floor", "biased", "floor_biased") if key in known}
    if "floor_interval" in known:
        numbers["floor_high"] = _interval(record, "floor_interval")[1]
    if "published_protocol" in known:
        published = record.record("published_protocol")
        numbers["published"] = published.number("mean")
        numbers["floor_biased"] = published.number("floor")
        if "deviation" in published.values:
            numbers["published_deviation"] = published.number("deviation")
    return Estimate(record.number("value"), low, high, **numbers)


def _interval(record: Record, key: str) -> tuple[float, float]:
    ends = record.numbers(key)
    if len(ends) != 2:
        raise InputError(f"{record.file}: `{record.where}.{key}` must be two numbers, got {len(ends)}")
    return ends[0], ends[1]


def _texts(record: Record, key: str) -> tuple[str, ...]:
    found = record.any(key)
    if not isinstance(found, list) or not all(isinstance(text, str) for text in found):
        raise InputError(f"{record.file}: `{record.where}.{key}` must be a list of texts, got {str(found)[:60]!r}")
    return tuple(found)


def _drawings(examples: Record, key: str, molecules: bool) -> tuple[Drawing, ...]:
    return tuple(_molecule(record) if molecules else _graph(record) for record in examples.records(key))


def _molecule(record: Record) -> Molecule:
    return Molecule(record.text("smiles"), record.flag("valid"))


def _graph(record: Record) -> PlainGraph:
    nodes, edges = record.integer("nodes"), record.any("edges")
    fits = isinstance(edges, list) and all(_is_pair(edge, nodes) for edge in edges)
    if not fits:
        raise InputError(
            f"{record.file}: `{record.where}.edges` must be pairs of nodes below {nodes}, got {str(edges)[:60]!r}"
        )
    return PlainGraph(nodes, tuple((i, j) for i, j in edges))


def _is_pair(edge: object, nodes: int) -> bool:
    return (
        isinstance(edge, list)
        and len(edge) == 2
        and all(isinstance(node, int) and not isinstance(node, bool) and 0 <= node < nodes for node in edge)
    )
