"""Memory under a name: taken at once or not at all, and nothing of it is left."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

import pytest

from sora_desktop.system.shared_memory import SharedMemory, remove_memory_of, write_zeros

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="files")


def test_what_one_writes_the_other_reads_also_without_the_name(tmp_path: Path) -> None:
    written = SharedMemory.create(1000, folders=[tmp_path])
    read = SharedMemory.open(written.name, 1000)
    read.remove_name()
    assert list(tmp_path.iterdir()) == []
    written.pixels[10:14] = b"blue"
    assert bytes(read.pixels[10:14]) == b"blue" and read.pixels.readonly


def test_too_little_memory_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    def reserve(descriptor: int, size: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(OSError, match="No space left"):
        SharedMemory.create(1000, folders=[tmp_path], reserve=reserve)
    assert list(tmp_path.iterdir()) == []


def test_memory_that_a_small_folder_has_not_is_taken_in_the_next_one(tmp_path: Path) -> None:
    small, large = tmp_path / "small", tmp_path / "large"
    small.mkdir()
    large.mkdir()

    def reserve(descriptor: int, size: int) -> None:
        os.truncate(descriptor, size)
        if any(small.iterdir()):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    memory = SharedMemory.create(1000, folders=[small, large], reserve=reserve)
    assert list(small.iterdir()) == [] and list(large.iterdir()) == [Path(memory.name)]
    remove_memory_of(os.getpid(), folders=[small, large])
    assert list(large.iterdir()) == []


def test_zeros_are_written_to_the_last_one_also_in_small_pieces() -> None:
    written: list[int] = []

    def write(_: int, zeros: bytes) -> int:
        written.append(min(len(zeros), 700_000))
        return written[-1]

    write_zeros(3, 2_000_000, write)
    assert sum(written) == 2_000_000


def test_the_memory_is_taken_at_once(tmp_path: Path) -> None:
    memory = SharedMemory.create(1 << 20, folders=[tmp_path])
    assert Path(memory.name).stat().st_blocks * 512 >= 1 << 20


def test_what_a_process_left_is_removed(tmp_path: Path) -> None:
    (tmp_path / "sora-desktop-7-left").touch()
    (tmp_path / "sora-desktop-77-used").touch()
    remove_memory_of(7, folders=[tmp_path])
    assert [file.name for file in tmp_path.iterdir()] == ["sora-desktop-77-used"]
