"""Public data files: where they come from, under what licence, and how to get a verified copy."""

import hashlib
import urllib.error
import urllib.request
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from sciml.io.atomic import atomic_file
from sciml.io.errors import InputError

_CHUNK = 1 << 20  # bytes
_TIMEOUT = 60  # seconds without an answer


@dataclass(frozen=True)
class Source:
    """A public file.

    Args:
        name: Key in the catalog.
        filename: Path inside a mirror folder.
        url: Public address.
        sha256: Hexadecimal digest of the file.
        licence: Terms of use.
        reference: Whom to cite.
    """

    name: str
    filename: str
    url: str
    sha256: str
    licence: str
    reference: str


_ERA5_UK = Source(
    name="era5_uk",
    filename="pde/era5-2mt-2019-03-uk.grib",
    url="https://github.com/pydata/xarray-data/raw/master/era5-2mt-2019-03-uk.grib",
    sha256="e5e82609f0e28e84822852e15d20c88dbb4b142a30264a7e6f87b9b5c7501df9",
    licence="Licence to use Copernicus products",
    reference="Hersbach et al. 2020, The ERA5 global reanalysis, doi:10.1002/qj.3803; file from pydata/xarray-data",
)

SOURCES = {source.name: source for source in (_ERA5_UK,)}


def sha256(path: str | Path) -> str:
    """Hexadecimal SHA-256 of a file's bytes."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fetch(source: Source, destination: str | Path, mirror: Path | None = None, download: bool = True) -> Path:
    """Puts a verified copy of `source` at `destination`; a good copy already there is kept.

    Args:
        source: What to get.
        destination: File to write.
        mirror: Folder laid out by `Source.filename`; used first where it has the file.
        download: Whether the public address may be asked when the mirror has not got the file.

    Returns:
        `destination`.

    Raises:
        InputError: Neither place has the file, the download failed, or the sha256 differs.
    """
    destination = Path(destination)
    if destination.is_file() and sha256(destination) == source.sha256:
        return destination
    with atomic_file(destination) as temporary:
        with closing(_open(source, mirror, download)) as stream:
            origin, found = _copy(stream, temporary, source)
        if found != source.sha256:
            raise InputError(
                f"`{source.name}` from {origin} has sha256 {found}, expected {source.sha256}: "
                "the copy is damaged or the source has changed; replace it by a good one"
            )
    return destination


def _open(source: Source, mirror: Path | None, download: bool) -> IO[bytes]:
    local = None if mirror is None else Path(mirror) / source.filename
    if local is not None and local.is_file():
        return open(local, "rb")
    advice = f"get it from {source.url} and put it at {local or 'MIRROR/' + source.filename}"
    if not download:
        missing = f"no file {local}" if local is not None else "no mirror folder is set"
        raise InputError(f"`{source.name}`: {missing} and downloads are off; {advice}, or allow downloads")
    try:
        return urllib.request.urlopen(source.url, timeout=_TIMEOUT)
    except (urllib.error.URLError, OSError) as error:
        raise InputError(f"`{source.name}`: download of {source.url} failed ({error}); {advice}") from error


def _copy(stream: IO[bytes], path: Path, source: Source) -> tuple[str, str]:
    """Copies a stream to a file; gives where it came from and the sha256 of what was written."""
    digest = hashlib.sha256()
    try:
        with open(path, "wb") as file:
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
                file.write(chunk)
    except OSError as error:
        raise InputError(f"`{source.name}`: copying broke off ({error}); try again") from error
    return str(getattr(stream, "name", None) or source.url), digest.hexdigest()
