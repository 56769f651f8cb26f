"""Either the whole artefact or the one before it."""

import pytest

from sciml.io.atomic import atomic_directory, atomic_file, write_text_if_changed
from sciml.io.errors import InputError


def test_file_appears_only_when_complete(tmp_path):
    path = tmp_path / "deep" / "a.txt"
    with atomic_file(path) as temporary:
        temporary.write_text("new")
        assert not path.exists()
    assert path.read_text() == "new"
    assert list(path.parent.iterdir()) == [path]


def test_failed_file_leaves_the_old_one_and_no_litter(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(RuntimeError, match="broke"), atomic_file(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError("broke")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_directory_is_replaced_whole(tmp_path):
    path = tmp_path / "store"
    path.mkdir()
    (path / "stale").write_text("old")
    with atomic_directory(path) as temporary:
        (temporary / "sub").mkdir()
        (temporary / "sub" / "fresh").write_text("new")
        assert (path / "stale").exists()
    assert [p.relative_to(path).as_posix() for p in sorted(path.rglob("*"))] == ["sub", "sub/fresh"]
    assert list(tmp_path.iterdir()) == [path]


def test_failed_directory_leaves_the_old_one_and_no_litter(tmp_path):
    path = tmp_path / "store"
    path.mkdir()
    (path / "kept").write_text("old")
    with pytest.raises(RuntimeError, match="broke"), atomic_directory(path) as temporary:
        (temporary / "half").write_text("new")
        raise RuntimeError("broke")
    assert [p.name for p in path.iterdir()] == ["kept"]
    assert list(tmp_path.iterdir()) == [path]


def test_old_directory_comes_back_when_renaming_fails(tmp_path, monkeypatch):
    import os

    path = tmp_path / "store"
    path.mkdir()
    (path / "kept").write_text("old")
    rename = os.rename

    def fail_on_new(source, target):
        if ".tmp-" in str(source):
            raise OSError("no")
        rename(source, target)

    monkeypatch.setattr("os.rename", fail_on_new)
    with pytest.raises(OSError, match="no"), atomic_directory(path):
        pass
    assert (path / "kept").read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_file_and_directory_are_not_confused(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="is a file"), atomic_directory(tmp_path / "file"):
        pass
    with pytest.raises(InputError, match="is a directory"), atomic_file(tmp_path):
        pass


def test_text_is_written_only_if_changed(tmp_path):
    path = tmp_path / "a.txt"
    assert write_text_if_changed(path, "één\n")
    stamp = path.stat().st_mtime_ns
    assert not write_text_if_changed(path, "één\n")
    assert path.stat().st_mtime_ns == stamp
    assert write_text_if_changed(path, "two\n")
    assert path.read_text() == "two\n"
