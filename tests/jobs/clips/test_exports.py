"""An exported clip is whole, has a name of its own, and leaves the original as it was."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from sora_desktop.jobs.clips.exports import copy_into, copy_to, why_not_written

CONTENT = b"a whole video"


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    file = tmp_path / "clips" / "kite.mp4"
    file.parent.mkdir()
    file.write_bytes(CONTENT)
    return file


def test_a_copy_is_whole_and_nothing_else_is_left(clip: Path, tmp_path: Path) -> None:
    target = tmp_path / "out" / "mine.mp4"
    target.parent.mkdir()
    target.write_bytes(b"an older file")
    assert copy_to(clip, target) == target
    assert target.read_bytes() == CONTENT
    assert clip.read_bytes() == CONTENT
    assert list(target.parent.iterdir()) == [target]


def test_a_clip_that_is_exported_onto_itself_is_kept(clip: Path) -> None:
    assert copy_to(clip, clip) == clip
    assert clip.read_bytes() == CONTENT


def test_a_failed_copy_leaves_the_older_file(clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "mine.mp4"
    target.write_bytes(b"an older file")

    def fail_in_the_middle(source: Path, part: Path) -> None:
        part.write_bytes(CONTENT[:4])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", fail_in_the_middle)
    with pytest.raises(OSError, match="No space left"):
        copy_to(clip, target)
    assert target.read_bytes() == b"an older file"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["clips", "mine.mp4"]


@pytest.mark.parametrize("name", ["k" * 251 + ".mp4", "\u0928" * 83 + "ab.mp4"])
def test_the_longest_name_that_the_system_takes_can_be_chosen(clip: Path, tmp_path: Path, name: str) -> None:
    assert len(name.encode()) == 255
    target = copy_to(clip, tmp_path / name)
    assert target.read_bytes() == CONTENT
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted(["clips", name])


def test_a_name_that_is_too_long_is_told_as_such(clip: Path, tmp_path: Path) -> None:
    with pytest.raises(OSError) as raised:
        copy_to(clip, tmp_path / ("k" * 252 + ".mp4"))
    assert why_not_written(raised.value) == "its name is too long for this disk. Choose a shorter one"
    assert why_not_written(OSError(28, "No space left on device")) == "No space left on device. Choose another place"


def test_a_number_fits_into_the_longest_name(clip: Path, tmp_path: Path) -> None:
    long = clip.rename(clip.with_name("\u0928\u093f" * 41 + "abcde.mp4"))
    assert len(long.name.encode()) == 255
    folder = tmp_path / "out"
    folder.mkdir()
    copies = [copy_into(long, folder) for _ in range(2)]
    assert [copy.name for copy in copies] == [long.name, "\u0928\u093f" * 41 + "abc 2.mp4"]


def test_a_taken_name_gets_a_number(clip: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    copies = [copy_into(clip, folder).name for _ in range(3)]
    assert copies == ["kite.mp4", "kite 2.mp4", "kite 3.mp4"]
    assert all((folder / name).read_bytes() == CONTENT for name in copies)
