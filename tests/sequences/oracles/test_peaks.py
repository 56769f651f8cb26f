"""Oracles and motifs on the real peaks of PU.1 and CTCF."""

from pathlib import Path

import numpy as np
import pytest

from sciml.config.base import parse
from sciml.config.sequence_oracles import OraclesConfig
from sciml.config.sequences import PeaksConfig
from sciml.sequences.data.peaks import prepare_peaks
from sciml.sequences.data.sequence_set import SequenceSet
from sciml.sequences.data.store import load_sequences
from sciml.sequences.metrics.motif_scan import MotifScanner
from sciml.sequences.motifs import find_motif, read_motifs
from sciml.sequences.oracles.panel import train_panel


@pytest.fixture(scope="module")
def peaks(mirror: Path, tmp_path_factory) -> SequenceSet:
    folder, output = mirror / "sequences", tmp_path_factory.mktemp("peaks") / "peaks.zarr"
    prepare_peaks(PeaksConfig(), folder / "ctcf.fa.gz", folder / "pu1.fa.gz", output)
    return load_sequences(output, "train")


def test_peaks_hold_the_motif_of_their_factor(peaks: SequenceSet) -> None:
    """At p = 1e-4 a PU.1 peak holds .92 sites of Spi1 and a CTCF peak .84 of CTCF; chance would make .02."""
    scanner = MotifScanner([find_motif(read_motifs(), name) for name in ("MA0080.7", "MA0139.2")])
    bound = peaks.labels["pu1"] == 1
    rows = [np.flatnonzero(chosen)[::7] for chosen in (bound, ~bound)]
    of_pu1, of_ctcf = (scanner.sites(peaks.take(each).tokens).double().mean(0) for each in rows)
    assert of_pu1[0].item() == pytest.approx(0.9, abs=0.1) and of_pu1[0] > 5 * of_ctcf[0]
    assert of_ctcf[1].item() == pytest.approx(0.84, abs=0.1) and of_ctcf[1] > 5 * of_pu1[1]


@pytest.mark.slow
def test_oracles_predict_other_chromosomes(peaks: SequenceSet, tmp_path: Path) -> None:
    """Areas are .995, .995 and .991 with 13 CPU seconds for each network."""
    values = {
        "target": {"label": "pu1", "both_strands": True},
        "net": {"training": {"cpu_seconds": 13.0, "batch": 128, "rate": 6e-3}},
    }
    config = parse(OraclesConfig, values, "test")
    panel = train_panel(config, peaks, seed=0, run_directory=tmp_path, fingerprint="test")
    for name, member in panel.items():
        assert member.quality["auc"]["interval"][0] > 0.97, name
        assert member.quality["auc_shuffles"]["value"] > 0.95, name
