"""Students of masked diffusion on real peaks of PU.1 and CTCF, beside their teacher by every solver at the same calls.

3-mers tell samplers of 16 calls and more hardly apart, so that 6-mers are compared too; correlations fall with the number of
sequences, which is the same in all rows. The squared distance of the spectra has no such bias: sequences of one set are not
paired with themselves. Likelihoods are under the teacher: a sample that is far likelier than test sequences is no better.
"""

from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float64
from scipy.sparse import csr_array
from sequence_dna import MODEL
from torch import Tensor

from sciml.config.models import TrainingConfig
from sciml.config.sequence_settings import SequenceSamplingConfig
from sciml.config.sequence_students import MixtureStudentConfig, ScalarsStudentConfig
from sciml.config.sequences import PeaksConfig
from sciml.metrics.mmd import resamples
from sciml.sequences.compare import nats_a_letter
from sciml.sequences.data.catalog import prepare_sequences
from sciml.sequences.data.store import load_sequences
from sciml.sequences.distill import distill
from sciml.sequences.generator import SequenceGenerator
from sciml.sequences.metrics.kmers import kmer_counts
from sciml.sequences.sampling import sample_sequences
from sciml.sequences.train import train_generator

WORDS = (3, 6)
CALLS = (4, 8, 16, 32)
SOLVERS = ("ancestral", "trapezoidal", "first_hitting", "remasking", "spaced")
SCALARS = TrainingConfig(steps=60, batch=96, rate=2e-2, weight_decay=0.0)
STUDENTS = {
    "lsd 4": ScalarsStudentConfig(method="lsd", steps=4, training=SCALARS),
    "lsd 8": ScalarsStudentConfig(method="lsd", steps=8, training=SCALARS),
    "lsd-plus 8, random order": ScalarsStudentConfig(method="lsd_plus", steps=8, order="random", training=SCALARS),
    "di4c 8, random order": MixtureStudentConfig(
        method="di4c",
        order="random",
        steps=8,
        components=4,
        training=TrainingConfig(cpu_seconds=60, batch=32, rate=1e-3, weight_decay=0.0),
    ),
}


def dna(folder: Path, mirror: Path, seed: int, count: int = 1536) -> dict[str, Any]:
    """A row for each solver and number of calls, and for each student; and whether the bar is met.

    Args:
        folder: of what is made on the way.
        mirror: of public files.
        seed: of everything random.
        count: sequences of a row.
    """
    if not (folder / "peaks.zarr").exists():
        prepare_sequences(PeaksConfig(), folder / "peaks.zarr", mirror)
    train, test = load_sequences(folder / "peaks.zarr", "train"), load_sequences(folder / "peaks.zarr", "test")
    fitted = train_generator(MODEL, train, seed=seed, run_directory=folder / "teacher", fingerprint=str(seed))
    teacher = fitted.generator

    def row(made: SequenceGenerator, **sampling: Any) -> dict[str, Any]:
        drawn = sample_sequences(made, SequenceSamplingConfig(count=count, **sampling), seed=seed)
        sequences = drawn.generated.sequences
        likely = nats_a_letter(teacher, sequences, draws=4, seed=seed)
        cost = {"calls": drawn.generated.nfe, "cpu_s_each": drawn.seconds_per_sequence}
        return cost | {"nll": likely} | likeness(sequences.tokens, test.tokens, seed)

    rows = {
        f"{solver} {calls}": row(teacher, solver=solver, steps=calls // (2 if solver == "trapezoidal" else 1))
        for solver in SOLVERS
        for calls in CALLS
    }
    for name, config in STUDENTS.items():
        student = distill(
            teacher, MODEL, config, train, seed=seed, run_directory=folder / name.replace(" ", "-"), fingerprint=str(seed)
        )
        own = student.generator.student
        assert own is not None
        scalars = {"sharpness": own.sharpness.tolist(), "grid": own.grid.tolist()}
        rows[name] = row(student.generator) | scalars | {"training_cpu_s": student.report.cpu_seconds}
    some = test.take(np.random.default_rng(seed).permutation(len(test))[: min(count, len(test) // 2)])
    return {
        "seed": seed,
        "count": count,
        "pretraining_cpu_s": fitted.report.cpu_seconds,
        "test_nll": nats_a_letter(teacher, some, draws=4, seed=seed),
        "rows": rows,
        "bar": bar(rows),
    }


def likeness(tokens: Tensor, real: Tensor, seed: int) -> dict[str, Any]:
    """Of how often each word is there: the correlation with real sequences and its 95% interval, and the distance."""
    found: dict[str, Any] = {}
    for k in WORDS:
        own, other = (kmer_counts(each, "ACGT", k) for each in (tokens, real))
        target = np.asarray(other.sum(0)).ravel()
        drawn = resamples(len(tokens), 1, draws=200, seed=seed).w.numpy() @ own
        value = _pearson(np.asarray(own.sum(0)).reshape(1, -1), target)[0]
        half = 1.96 * _pearson(drawn, target).std()  # quantiles lie too low: drawing again adds to the noise of each word
        found[f"{k}_mers"] = {
            "pearson": float(value),
            "interval": [float(value - half), float(value + half)],
            "distance": distance(own, other),
        }
    return found


def distance(own: csr_array, other: csr_array) -> float:
    """1000 |f - g|^2 / |g|^2 without bias, f and g the frequencies in the laws that two sets are drawn from."""
    within = [_within(each) for each in (own, other)]
    across = float(own.sum(0) @ other.sum(0)) / own.shape[0] / other.shape[0]
    return 1000 * (sum(within) - 2 * across) / within[1]


def _within(counts: csr_array) -> float:
    """Mean product of two different sequences' counts, summed over words."""
    total, n = counts.sum(0), counts.shape[0]
    return float(total @ total - counts.multiply(counts).sum()) / (n * (n - 1))


def _pearson(rows: Float64[np.ndarray, "draw word"], target: Any) -> Float64[np.ndarray, " draw"]:
    a, b = rows - rows.mean(1, keepdims=True), target - target.mean()
    return a @ b / np.sqrt((a * a).sum(1) * (b @ b))


def bar(rows: dict[str, Any]) -> dict[str, Any]:
    """Correlations of the student at 8 calls less those of the teacher at 32, as they are and at the student's likelihood.

    At that likelihood the teacher's are read off between its own numbers of calls, of each solver; beyond them, its last.
    """
    student, found = rows["lsd 8"], {}
    for solver in SOLVERS:
        curve = sorted((rows[f"{solver} {calls}"] for calls in CALLS), key=lambda row: row["nll"]["value"])
        last, likely = rows[f"{solver} 32"], [row["nll"]["value"] for row in curve]
        found[solver] = {"nll": student["nll"]["value"] - last["nll"]["value"]}
        for k in WORDS:
            own, theirs = student[f"{k}_mers"], [row[f"{k}_mers"]["pearson"] for row in curve]
            found[solver][f"{k}_mers"] = own["pearson"] - last[f"{k}_mers"]["pearson"]
            found[solver][f"{k}_mers_matched"] = own["pearson"] - float(np.interp(student["nll"]["value"], likely, theirs))
            found[solver][f"{k}_mers_distance"] = own["distance"] - last[f"{k}_mers"]["distance"]
    return found
