"""Plain and packed text, and the line at which a file goes wrong."""

import gzip
import zipfile

import pytest

from sciml.io.errors import InputError
from sciml.sequences.data.text_lines import read_lines

TEXT = "first\nsecond é\r\n\nlast"
LINES = [(1, "first\n"), (2, "second é\r\n"), (3, "\n"), (4, "last")]


def test_plain_and_packed_are_the_same_whatever_the_name(tmp_path):
    content = TEXT.encode()
    (tmp_path / "a.txt").write_bytes(content)
    (tmp_path / "b.gz").write_bytes(content)  # as some public files come: named as packed, but not
    (tmp_path / "c.txt").write_bytes(gzip.compress(content))
    (tmp_path / "d.txt").write_bytes(b"\xef\xbb\xbf" + content)
    with zipfile.ZipFile(tmp_path / "e.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.mkdir("folder")
        archive.writestr("folder/a.txt", content)
    for path in sorted(tmp_path.iterdir()):
        assert list(read_lines(path)) == LINES, path


def test_a_line_that_is_not_utf8_is_named(tmp_path):
    path = tmp_path / "a.fa"
    path.write_bytes(b">a\nAC\xe9GT\n")
    with pytest.raises(InputError, match=r"a\.fa: line 2: is not UTF-8 text \(byte 3 is 0xe9\)$"):
        list(read_lines(path))


def test_broken_gzip_is_told_with_the_last_good_line(tmp_path):
    path = tmp_path / "a.fa.gz"
    packed = gzip.compress("".join(f"{k}\n" for k in range(1000)).encode())
    path.write_bytes(packed[: len(packed) // 2])
    with pytest.raises(InputError, match=r"a\.fa\.gz: cannot be read behind line \d+ \(.*ended before.*\)$"):
        list(read_lines(path))
    damaged = bytearray(packed)
    damaged[len(packed) // 2] ^= 255
    path.write_bytes(damaged)
    with pytest.raises(InputError, match=r"a\.fa\.gz: cannot be read behind line"):
        list(read_lines(path))


def test_files_that_will_not_do(tmp_path):
    with pytest.raises(InputError, match="none.fa: no such file"):
        list(read_lines(tmp_path / "none.fa"))
    (tmp_path / "a.fa").write_bytes(b"")
    with pytest.raises(InputError, match=r"a\.fa: is empty$"):
        list(read_lines(tmp_path / "a.fa"))
    (tmp_path / "a.fa").write_bytes(gzip.compress(b""))
    with pytest.raises(InputError, match=r"a\.fa: is empty$"):
        list(read_lines(tmp_path / "a.fa"))
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.txt", "a")
        archive.writestr("b.txt", "b")
    with pytest.raises(InputError, match=r"a\.zip: an archive must hold one file, got 2"):
        list(read_lines(tmp_path / "a.zip"))
    (tmp_path / "a.zip").write_bytes(b"PK\x03\x04 and nothing more")
    with pytest.raises(InputError, match=r"a\.zip: cannot be read behind line 0"):
        list(read_lines(tmp_path / "a.zip"))
