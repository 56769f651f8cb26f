"""Directories of runs on simulated DNA as the workflow writes them: real scores of real sets, only training is made up."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from sciml.config.sequence_oracles import OracleTargetConfig
from sciml.config.sequences import MotifsConfig, PlantedClassConfig, RewardTermConfig
from sciml.sequences.data.activity import Activity
from sciml.sequences.data.planted import simulate, true_activity
from sciml.sequences.data.sequence_set import DNA, SequenceSet
from sciml.sequences.examples import sequence_examples
from sciml.sequences.metrics.bands import band, verdict
from sciml.sequences.metrics.judge import Judge, Scoring
from sciml.sequences.motifs import find_motif, read_motifs
from sciml.sequences.oracles.quality import oracle_quality
from sciml.sequences.oracles.reward import one_hot, reward_of

Edit = Callable[[Path, Callable[[dict[str, Any]], Any]], None]
COUNT = 120  # sequences of each method
NAMED = ("SPI1", "CEBPA")
ACTIVE = (PlantedClassConfig(name="SPI1 and CEBPA", share=1.0, motifs=("SPI1", "CEBPA"), gap=(2, 12)),)
FINETUNED = {"drakes": 0.3, "drakes_strong": 0.1, "drakes_free": 0.0}  # alpha of each
STEERED = {
    "best_of_n": {"method": "best_of_n", "particles": 4, "alpha": 0.3, "label": None, "weight": 1.0},
    "copies": {"method": "smc", "particles": 8, "alpha": 0.3, "label": None, "weight": 1.0},
}
REWARDS = (  # the true ones, and what the held-out oracles take them for
    MotifsConfig().rewards,
    tuple(RewardTermConfig(motifs=(name,), weight=1.5, odds=0.05) for name in NAMED),
    tuple(RewardTermConfig(motifs=(name,), weight=2.0, odds=0.3) for name in NAMED),
)
SOLVED = {"ancestral": 1, "trapezoidal": 2}  # calls of a step
METHODS = ("pretrained", *FINETUNED, *STEERED)


@dataclass(frozen=True)
class World:
    """Real data, what is asked of sequences, and a judge."""

    training: SequenceSet
    test: SequenceSet
    rewards: dict[str, Any]
    chain: Tensor
    judge: Judge


@cache
def world(seed: int) -> World:
    """Of one seed; the cut of the judge differs between seeds, nothing else."""
    config = MotifsConfig(count=900)
    found = simulate(config)
    training, test = found.take(np.arange(500)), found.take(np.arange(500, 900))
    true, second, third = (true_activity(config.model_copy(update={"rewards": terms})) for terms in REWARDS)
    rewards = {"first": _Fooled(true), "second": second, "third": third, "true": true}
    chain = _chain(training)
    motifs = tuple(find_motif(read_motifs(), name) for name in (*NAMED, "GFI1B", "CTCF", "MA0004.1", "MA0095.4"))
    scoring = Scoring(motifs=motifs, named=NAMED, draws=100)
    real = _log_likelihood(chain, test)
    judge = Judge(training, test, count=COUNT, seed=seed, scoring=scoring, rewards=rewards, log_likelihoods=real)
    return World(training, test, rewards, chain, judge)


def _words(x: Tensor, word: str) -> Tensor:
    """How often a word is there on either strand, of relaxed letters too."""
    other = word[::-1].translate(str.maketrans("ACGT", "TGCA"))
    total = x.new_zeros(len(x))
    for text in (word, other):
        places = x.shape[1] - len(text) + 1
        total += torch.stack([x[:, j : j + places, DNA.index(c)] for j, c in enumerate(text)]).prod(0).sum(1)
    return total


@dataclass(frozen=True)
class _Fooled:
    """An oracle that a single word fools."""

    activity: Activity

    def __call__(self, x: Tensor) -> Tensor:
        return self.activity(x) + 0.5 * _words(x, "GGAA")


def _chain(sequences: SequenceSet) -> Tensor:
    """Probabilities of a letter after another."""
    counts = torch.ones(4, 4, dtype=torch.float64)
    tokens = sequences.tokens.long()
    counts.view(-1).index_add_(0, (4 * tokens[:, :-1] + tokens[:, 1:]).flatten(), torch.ones(tokens[:, 1:].numel()).double())
    return counts / counts.sum(1, keepdim=True)


def _log_likelihood(chain: Tensor, sequences: SequenceSet) -> Tensor:
    tokens = sequences.tokens.long()
    return chain.log()[tokens[:, :-1], tokens[:, 1:]].sum(1)


@cache
def _plain(seed: int) -> SequenceSet:
    return simulate(MotifsConfig(count=4 * COUNT, seed=100 + seed))


@cache
def _active(seed: int) -> SequenceSet:
    return simulate(MotifsConfig(count=COUNT, seed=200 + seed, classes=ACTIVE))


def generated(method: str, seed: int) -> SequenceSet:
    """What a method makes: real sequences of another seed, active ones among them, one word again and again, copies."""
    of = np.random.default_rng([seed, 7])
    plain = _plain(seed)
    if method in ("drakes", "drakes_strong"):
        active = _active(seed)
        share = {"drakes": 0.5, "drakes_strong": 0.9}[method]
        rows = of.random(COUNT) < share
        return SequenceSet(torch.where(torch.from_numpy(rows)[:, None], active.tokens, plain.tokens[:COUNT]), DNA)
    if method == "drakes_free":
        word = torch.tensor([DNA.index(letter) for letter in "GGAA"], dtype=torch.uint8).repeat(25)
        noise = torch.from_numpy(of.random((COUNT, 100)) < 0.1)
        return SequenceSet(torch.where(noise, plain.tokens[:COUNT], word), DNA)
    if method == "best_of_n":
        best = reward_of(world(seed).rewards["first"], plain).view(COUNT, 4).argmax(1).numpy() + 4 * np.arange(COUNT)
        return SequenceSet(plain.tokens[best], DNA)
    if method == "copies":
        return SequenceSet(world(seed).training.tokens[of.integers(60, size=COUNT)], DNA)
    return SequenceSet(plain.tokens[:COUNT], DNA)


def write_run(root: Path, method: str, seed: int = 0, dataset: str = "motifs") -> Path:
    """One run's directory."""
    directory = root / "sequences" / dataset / method / f"seed-{seed}"
    directory.mkdir(parents=True)
    made, known = generated(method, seed), world(seed)
    tuned = method in FINETUNED
    evaluation = {
        **{"domain": "sequences", "dataset": dataset, "model": method, "seed": seed, "description": "Simulated DNA"},
        "data": {
            "sequences": {"train": len(known.training), "validation": 0, "test": len(known.test)},
            **{"length": 100, "alphabet": DNA, "labels": ["activity", "class"], "source_sha256": None},
        },
        "kind": "finetuned" if tuned else "steered" if method in STEERED else "pretrained",
        "settings": {"alpha": FINETUNED[method], "target": None} if tuned else STEERED.get(method, {}),
        **{
            "solver": "ancestral, 32 steps" + ", best-of-n of 4" * (method == "best_of_n"),
            "nfe": 128 if method in STEERED else 32,
            "count": COUNT,
        },
        **{"seconds_per_sequence": 0.002, "label": "activity", "task": "numbers"},
        "path_divergence": _divergence(known, made) if tuned else None,
        "soft_hard_gap": _gap(known, made) if tuned else None,
        "alarm": _alarm(known, made) if method == "drakes_free" else "",
        "alpha": FINETUNED.get(method),
        "nll": _likelihood(known) if method == "pretrained" else None,
        "scores": known.judge.score(made, _log_likelihood(known.chain, made)),
    }
    _write(directory / "evaluation.json", evaluation)
    _write(directory / "examples.json", sequence_examples(made, known.test, NAMED, motifs=known.judge.scoring.motifs))
    if method not in STEERED:
        _write(directory / "manifest.json", _manifest(method, seed))
        (directory / "events.jsonl").write_text(_events(-0.4 if tuned else 1.3))
    return directory


def write_oracles(root: Path, seed: int = 0, dataset: str = "motifs") -> Path:
    """The folder of the oracles of one seed."""
    folder = root / "sequences" / dataset / "oracles" / f"seed-{seed}"
    folder.mkdir(parents=True)
    target = OracleTargetConfig(label="activity", task="numbers")
    for name, oracle in world(seed).rewards.items():
        if name != "true":
            quality = oracle_quality(oracle, target, world(seed).test, seed=seed)
            values = {"oracle": name, "quality": quality, "parameters": 1234, "cpu_seconds": 12.5}
            _write(folder / f"{name}.json", values)
    return folder


def write_solvers(run: Path, seed: int = 0, motifs: bool = True) -> Path:
    """solvers.json of a run."""
    _write(run / "solvers.json", {"seed": seed, "rows": _solved(seed, motifs)})
    return run / "solvers.json"


@cache
def _solved(seed: int, motifs: bool) -> list[dict[str, Any]]:
    """Rows of real sequences with letters at random among them, the fewer calls the more."""
    known, of = world(seed), np.random.default_rng([seed, 11])
    scoring = known.judge.scoring if motifs else Scoring(motifs=(), draws=100)
    judge = Judge(known.training, known.test, count=COUNT, seed=seed, scoring=scoring)
    rows = []
    for (solver, each), calls in product(SOLVED.items(), (4, 8)):
        noise = torch.from_numpy(of.random((COUNT, 100)) < 0.8 / calls**each)
        letters = torch.from_numpy(of.integers(4, size=(COUNT, 100), dtype=np.uint8))
        made = SequenceSet(torch.where(noise, letters, _plain(seed).tokens[:COUNT]), DNA)
        own, floor = (-_log_likelihood(known.chain, part).mean().item() / 100 for part in (made, known.test))
        nll = {"value": own, "interval": [own - 0.01, own + 0.02], "floor": floor, "floor_interval": [floor, floor]}
        facts = {"solver": f"{solver}, {calls // each} steps", "nfe": calls, "count": COUNT, "seconds_per_sequence": 0.001}
        rows.append({**facts, "nll": nll, "scores": judge.score(made)})
    return rows


def _divergence(known: World, made: SequenceSet) -> dict[str, Any]:
    """Of the chain of what was made from that of the training set."""
    values = _log_likelihood(_chain(made), made) - _log_likelihood(known.chain, made)
    half = 1.96 * values.std().item() / COUNT**0.5
    return {"value": values.mean().item(), "interval": [values.mean().item() - half, values.mean().item() + half]}


def _gap(known: World, made: SequenceSet) -> float:
    """Of slightly relaxed letters."""
    x, seen = one_hot(made.tokens, 4), known.rewards["first"]
    return float((seen(0.99 * x + 0.0025) - seen(x)).mean())


def _alarm(known: World, made: SequenceSet) -> str:
    own, real = (reward_of(known.rewards["first"], each) for each in (made, known.test))
    found = verdict(own, band(real))
    return f"first: the median {found.median:.4g} is {found.side} the band of real sequences"


def _likelihood(known: World) -> dict[str, Any]:
    value = -_log_likelihood(known.chain, known.test).mean().item() / 100
    return {"value": value, "interval": [value - 0.01, value + 0.01]}


def _manifest(method: str, seed: int) -> dict[str, Any]:
    return {
        **{"config": {"method": method}, "versions": {"torch": "2.13.0"}, "git_commit": "3f" * 20, "data_sha256": "ab" * 32},
        **{"seed": seed, "device": "cpu", "threads": 1, "steps": 400, "precision": "32", "cpu_seconds": 60.5 + seed},
        **{"wall_seconds": 61.0, "parameters": 192_345, "started": f"2026-10-0{seed + 1}T09:30:00Z"},
    }


def _events(end: float) -> str:
    steps = (
        {"event": "step", "step": 10 * k, "loss": end + 0.5 * 0.8**k, "rate": 1e-3, "cpu_seconds": 1.5 * k}
        for k in range(1, 41)
    )
    return "".join(json.dumps(event) + "\n" for event in steps)


def _write(file: Path, values: dict[str, Any]) -> None:
    file.write_text(json.dumps(values, allow_nan=False))


def named(runs: list[Path], method: str, seed: int = 0) -> Path:
    """The run of a method."""
    return next(run for run in runs if (run.parent.name, run.name) == (method, f"seed-{seed}"))


def evaluation(run: Path) -> dict[str, Any]:
    """What was written of a run."""
    return dict(json.loads((run / "evaluation.json").read_text()))
