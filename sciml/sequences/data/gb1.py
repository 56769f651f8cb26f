"""The landscape of protein G's domain B1 at its sites V39, D40, G41 and V54: fitness of 149,361 of 160,000 variants.

Fitness is the enrichment by binding to IgG-Fc, of the wild type VDGV 1.

Reference: Wu et al. (2016), Adaptation in protein fitness landscapes is facilitated by indirect paths,
doi:10.7554/eLife.16965; file from Dallago et al. (2021), FLIP.
"""

from pathlib import Path

import torch
from jaxtyping import Float64
from torch import Tensor

from sciml.config.sequences import GB1Config
from sciml.io.fetch import sha256
from sciml.sequences.data.encoding import Rules, encode
from sciml.sequences.data.prepare import account, divided, write_prepared
from sciml.sequences.data.sequence_set import PROTEIN, SequenceSet
from sciml.sequences.data.tables import Columns, read_table

SITES = 4


def prepare_gb1(data: GB1Config, source: Path, output: str | Path) -> None:
    """The measured variants, four letters each; label `fitness`.

    Raises:
        InputError: a file that is damaged or holds something else, or a split that does not fit.
    """
    rows = read_table(source, Columns("Variants", ("Fitness",)), kind=".csv")
    found = encode(rows, Rules(PROTEIN, SITES), "gb1", labels=("fitness",))
    parts = divided(found.sequences, data.split, data.seed, "gb1")
    facts = {
        "kind": "gb1",
        "title": "GB1: fitness at four sites of protein G",
        "seed": data.seed,
        "source_sha256": {source.name: sha256(source)},
        "unmeasured_variants": len(PROTEIN) ** SITES - len(found.sequences),
    }
    write_prepared(found.sequences, parts, output, facts | account(found))


def landscape(sequences: SequenceSet) -> Float64[Tensor, "20 20 20 20"]:
    """Fitness of each variant, by the indices of its four letters in `PROTEIN`; NaN of variants that are not in the set.

    Published tilted laws take unmeasured variants to have fitness 0: `landscape(...).nan_to_num(0)`.

    Raises:
        ValueError: sequences of something else.
    """
    if sequences.alphabet != PROTEIN or sequences.length != SITES or "fitness" not in sequences.labels:
        raise ValueError(f"`sequences` must be proteins of {SITES} letters with a fitness, got {sorted(sequences.labels)}")
    table = torch.full((len(PROTEIN),) * SITES, torch.nan, dtype=torch.float64)
    table[tuple(sequences.tokens.long().unbind(1))] = torch.from_numpy(sequences.labels["fitness"])
    return table
