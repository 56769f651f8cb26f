"""Every data set by the kind in its configuration: what it is made from, and by which function."""

from collections.abc import Callable
from pathlib import Path

from sciml.config.sequence_sources import SOURCES_OF
from sciml.config.sequences import MotifsConfig, SequenceDataConfig, SequenceFileConfig
from sciml.io.errors import InputError
from sciml.io.fetch import SOURCES
from sciml.sequences.data.gb1 import prepare_gb1
from sciml.sequences.data.peaks import prepare_peaks
from sciml.sequences.data.planted import prepare_motifs
from sciml.sequences.data.prepare import prepare_file
from sciml.sequences.data.promoters import prepare_promoters
from sciml.sequences.data.yeast import prepare_yeast

_PUBLIC: dict[str, Callable[..., None]] = {
    "peaks": prepare_peaks,
    "yeast": prepare_yeast,
    "promoters": prepare_promoters,
    "gb1": prepare_gb1,
}


def prepare_sequences(data: SequenceDataConfig, output: str | Path, raw: str | Path | None = None) -> None:
    """Prepares the data set of a configuration.

    Args:
        data: one of `sciml.config.sequences`.
        output: Zarr directory to write.
        raw: folder laid out by `Source.filename`, with the public files that `SOURCES_OF` names for this kind.

    Raises:
        InputError: a public file that is not there, or as the function of this kind.
    """
    if isinstance(data, MotifsConfig):
        prepare_motifs(data, output)
    elif isinstance(data, SequenceFileConfig):
        prepare_file(data, output)
    else:
        _PUBLIC[data.kind](data, *(_file(name, raw) for name in SOURCES_OF[data.kind]), output)


def _file(name: str, raw: str | Path | None) -> Path:
    if raw is None:
        raise InputError(f"`{name}`: no folder of public files is given; get the file with `sciml fetch {name}`")
    path = Path(raw) / SOURCES[name].filename
    if not path.is_file():
        raise InputError(f"{path}: no such file; get it with `sciml fetch {name} --output {path}`")
    return path
