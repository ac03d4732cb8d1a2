"""A file is put in place whole or not at all, under a name as long as the system takes."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from sora_desktop.system.replaced_file import is_name_too_long, replaced_file


@pytest.mark.parametrize("is_flushed", [False, True])
@pytest.mark.parametrize("name", ["settings.json", "s" * 255, "\u0928" * 85])
def test_a_file_is_replaced_and_nothing_else_is_left(tmp_path: Path, name: str, is_flushed: bool) -> None:
    file = tmp_path / name
    file.write_bytes(b"old")
    with replaced_file(file, is_flushed=is_flushed) as part:
        assert part.parent == tmp_path and len(part.name) < 64
        part.write_bytes(b"new")
        assert file.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [file]
    assert file.read_bytes() == b"new"


@pytest.mark.parametrize("is_flushed", [False, True])
def test_only_content_that_is_to_be_flushed_is_on_disk_before_the_file_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_flushed: bool
) -> None:
    file = tmp_path / "settings.json"
    file.write_bytes(b"old")
    flushed: list[tuple[int, bytes]] = []
    monkeypatch.setattr(os, "fsync", lambda opened: flushed.append((os.fstat(opened).st_size, file.read_bytes())))
    with replaced_file(file, is_flushed=is_flushed) as part:
        part.write_bytes(b"newer")
    assert flushed == ([(5, b"old")] if is_flushed else [])


def test_an_error_leaves_the_old_file(tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    file.write_bytes(b"old")
    with pytest.raises(OSError, match="full"), replaced_file(file) as part:
        part.write_bytes(b"ne")
        raise OSError(errno.ENOSPC, "full")
    assert list(tmp_path.iterdir()) == [file]
    assert file.read_bytes() == b"old"


def test_files_of_one_folder_do_not_share_a_part(tmp_path: Path) -> None:
    with replaced_file(tmp_path / "one") as one, replaced_file(tmp_path / "two") as two:
        assert one != two
        one.write_bytes(b"1")
        two.write_bytes(b"2")
    assert (tmp_path / "one").read_bytes() == b"1"


def test_a_name_that_is_too_long_is_known_on_every_system(tmp_path: Path) -> None:
    with pytest.raises(OSError) as raised, replaced_file(tmp_path / ("s" * 256)) as part:
        part.write_bytes(b"new")
    assert is_name_too_long(raised.value)
    on_windows = OSError(errno.ENOENT, "The filename or extension is too long")
    on_windows.winerror = 206  # type: ignore[attr-defined,unused-ignore]
    assert is_name_too_long(on_windows)
    assert not is_name_too_long(OSError(errno.ENOENT, "No such file or directory"))
