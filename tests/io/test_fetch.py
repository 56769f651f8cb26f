"""A verified copy, from the mirror or by download, or an error that says what to do."""

import hashlib

import pytest

from sciml.io.errors import InputError
from sciml.io.fetch import SOURCES, Source, fetch, sha256

CONTENT = b"fields" * 1000


def source_of(url="https://example.invalid/a.nc", content=CONTENT):
    return Source("a", "pde/a.nc", url, hashlib.sha256(content).hexdigest(), "MIT", "nobody")


@pytest.fixture
def folder(tmp_path):
    """A mirror that has the file."""
    path = tmp_path / "mirror" / "pde" / "a.nc"
    path.parent.mkdir(parents=True)
    path.write_bytes(CONTENT)
    return tmp_path / "mirror"


def test_copies_from_the_mirror_without_the_network(tmp_path, folder):
    destination = fetch(source_of(), tmp_path / "data" / "a.nc", folder, download=False)
    assert destination.read_bytes() == CONTENT


def test_downloads_where_the_mirror_has_not_got_it(tmp_path, folder):
    url = (folder / "pde" / "a.nc").as_uri()
    assert fetch(source_of(url), tmp_path / "a.nc", tmp_path / "empty", download=True).read_bytes() == CONTENT


def test_a_good_copy_is_kept(tmp_path):
    (tmp_path / "a.nc").write_bytes(CONTENT)
    assert fetch(source_of(), tmp_path / "a.nc", None, download=False) == tmp_path / "a.nc"


def test_wrong_sha256_is_refused_and_the_old_file_stays(tmp_path, folder):
    destination = tmp_path / "a.nc"
    destination.write_bytes(b"old")
    with pytest.raises(InputError, match=r"`a` from .*a\.nc has sha256 .* expected .* replace it by a good one"):
        fetch(source_of(content=b"other"), destination, folder, download=False)
    assert destination.read_bytes() == b"old"


def test_missing_everywhere_says_what_to_do(tmp_path):
    with pytest.raises(InputError, match=r"no file .*pde/a\.nc and downloads are off; get it from https.* put it at"):
        fetch(source_of(), tmp_path / "a.nc", tmp_path, download=False)
    with pytest.raises(InputError, match="no mirror folder is set and downloads are off"):
        fetch(source_of(), tmp_path / "a.nc", None, download=False)


def test_failed_download_says_what_to_do(tmp_path):
    url = (tmp_path / "nothing").as_uri()
    with pytest.raises(InputError, match=r"download of file://.*nothing failed .* get it from"):
        fetch(source_of(url), tmp_path / "a.nc", None, download=True)


def test_catalog_matches_the_mirror(mirror):
    source = SOURCES["era5_uk"]
    if not (mirror / source.filename).is_file():
        pytest.skip("the mirror has no ERA5 file")
    assert sha256(mirror / source.filename) == source.sha256
