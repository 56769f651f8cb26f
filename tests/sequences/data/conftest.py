"""Public sets, prepared from the mirror and read back."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sciml.config.sequence_sources import SOURCES_OF
from sciml.io.fetch import SOURCES
from sciml.sequences.data.catalog import prepare_sequences
from sciml.sequences.data.sequence_set import SequenceSet
from sciml.sequences.data.store import load_sequences, summary


@pytest.fixture
def prepared(mirror: Path, tmp_path: Path) -> Callable[[Any], tuple[dict[str, Any], dict[str, SequenceSet]]]:
    """What the store says of a data set, and its splits; no sequence is in two of them."""

    def make(data: Any) -> tuple[dict[str, Any], dict[str, SequenceSet]]:
        prepare_sequences(data, tmp_path / "s.zarr", mirror)
        known = summary(tmp_path / "s.zarr")
        sources = [SOURCES[name] for name in SOURCES_OF[data.kind]]
        assert known["source_sha256"] == {source.filename.split("/")[-1]: source.sha256 for source in sources}
        parts = {split: load_sequences(tmp_path / "s.zarr", split) for split in ("train", "validation", "test")}
        assert known["sequences"] == {split: len(part) for split, part in parts.items()}
        letters = [set(part.letters()) for part in parts.values()]
        assert len(set().union(*letters)) == sum(map(len, letters))
        return known, parts

    return make
