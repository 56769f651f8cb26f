"""Every data set by the kind in its configuration: what it is made from, and by which function."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from sciml.config.graph_sources import SOURCES_OF
from sciml.config.graphs import GraphDataConfig
from sciml.graphs.data.prepare import prepare_ego_small, prepare_enzymes, prepare_file, prepare_molecules
from sciml.graphs.data.published_molecules import prepare_published
from sciml.graphs.data.synthetic import (
    prepare_community_small,
    prepare_grid,
    prepare_planar,
    prepare_sbm,
    prepare_tree,
)
from sciml.io.errors import InputError
from sciml.io.fetch import SOURCES

_FREE: dict[str, Callable[..., None]] = {
    "community_small": prepare_community_small,
    "grid": prepare_grid,
    "planar": prepare_planar,
    "sbm": prepare_sbm,
    "tree": prepare_tree,
    "molecules": prepare_molecules,
}


def prepare_graphs(data: GraphDataConfig, output: str | Path, raw: str | Path | None = None) -> None:
    """Prepares the data set of a configuration.

    Args:
        data: one of `sciml.config.graphs`.
        output: Zarr directory to write.
        raw: folder laid out by `Source.filename`, with the public files that `SOURCES_OF` names for this kind.

    Raises:
        InputError: a public file that is not there, or as the function of this kind.
    """
    settings: dict[str, Any] = data.model_dump(exclude={"kind"})
    if data.kind in _FREE:
        _FREE[data.kind](output, **settings)
    elif data.kind == "file":
        prepare_file(settings.pop("path"), output, **settings)
    else:
        files = [_file(name, raw) for name in SOURCES_OF[data.kind]]
        if data.kind == "ego_small":
            prepare_ego_small(files[0], output, **settings)
        elif data.kind == "enzymes":
            prepare_enzymes(files[0].parent, output, **settings)
        else:
            prepare_published(data.kind, files[0], files[1], output, **settings)


def _file(name: str, raw: str | Path | None) -> Path:
    if raw is None:
        raise InputError(f"`{name}`: no folder of public files is given; get the file with `sciml fetch {name}`")
    path = Path(raw) / SOURCES[name].filename
    if not path.is_file():
        raise InputError(f"{path}: no such file; get it with `sciml fetch {name} --output {path}`")
    return path
