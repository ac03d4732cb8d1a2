"""Where the data is, whatever the environment says, and which folders are refused before anything is bought."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from sora_desktop.store import disk
from sora_desktop.store.data_folder import DataFolder
from sora_desktop.store.errors import StoreError
from sora_desktop.store.settings import SettingsFile

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="absolute paths are spelled differently")

HOME = {"HOME": "/home/joe"}
USUAL_DATA = Path("/home/joe/.local/share/sora-desktop")
USUAL_MARKS = Path("/home/joe/.local/state/sora-desktop/sent")


@pytest.mark.parametrize("ignored", ["", ".", "share", "./share", "../share", "~/share", " "])
def test_an_xdg_folder_that_is_not_absolute_is_ignored(ignored: str) -> None:
    folder = DataFolder.at(None, {**HOME, "XDG_DATA_HOME": ignored, "XDG_STATE_HOME": ignored}, "linux")
    assert (folder.root, folder.sent_marks, folder.is_custom) == (USUAL_DATA, USUAL_MARKS, False)


def test_an_absolute_xdg_folder_is_used() -> None:
    folder = DataFolder.at(None, {**HOME, "XDG_DATA_HOME": "/x/data", "XDG_STATE_HOME": "/x/state"}, "linux")
    assert folder.root == Path("/x/data/sora-desktop") and folder.sent_marks == Path("/x/state/sora-desktop/sent")


@pytest.mark.parametrize("home", [None, "", "joe", "./joe"])
def test_a_home_that_is_not_absolute_is_looked_up(home: str | None) -> None:
    import pwd

    environ = {} if home is None else {"HOME": home}
    expected = Path(pwd.getpwuid(os.getuid()).pw_dir)
    assert DataFolder.at(None, environ, "linux").root == expected / ".local/share/sora-desktop"
    assert DataFolder.at(Path("~/x"), environ, "linux").root == expected / "x"


def test_the_same_folder_is_used_from_every_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = set()
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        found.add(DataFolder.at(None, {**HOME, "XDG_DATA_HOME": "data", "XDG_STATE_HOME": "state"}, "linux"))
    assert found == {DataFolder(USUAL_DATA, sent_marks=USUAL_MARKS)}


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ("data", "{cwd}/data"),
        ("./data", "{cwd}/data"),
        ("/x/data", "/x/data"),
        ("~", "/home/joe"),
        ("~/data", "/home/joe/data"),
        ("a~b", "{cwd}/a~b"),
    ],
)
def test_a_folder_that_is_named_is_made_absolute(
    named: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = Path(expected.format(cwd=tmp_path))
    for folder in (
        DataFolder.at(Path(named), HOME, "linux"),
        DataFolder.at(None, {**HOME, "SORA_DESKTOP_DATA": named}, "linux"),
    ):
        assert folder.root == path and folder.is_custom
    marks = DataFolder.at(None, {**HOME, "SORA_DESKTOP_STATE": named}, "linux").sent_marks
    assert marks == path / "sent"


@pytest.mark.parametrize("empty", ["", " "])
def test_an_empty_variable_names_no_folder(empty: str) -> None:
    folder = DataFolder.at(None, {**HOME, "SORA_DESKTOP_DATA": empty, "SORA_DESKTOP_STATE": empty}, "linux")
    assert (folder.root, folder.sent_marks, folder.is_custom) == (USUAL_DATA, USUAL_MARKS, False)


@pytest.mark.parametrize("variable", ["SORA_DESKTOP_DATA", "SORA_DESKTOP_STATE"])
def test_the_home_of_an_unknown_user_is_refused(variable: str) -> None:
    with pytest.raises(StoreError, match="there is no user ~nobody-of-this-name"):
        DataFolder.at(None, {**HOME, variable: "~nobody-of-this-name/data"}, "linux")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("clips", "{data}/clips"),
        ("~/Videos", "{home}/Videos"),
        ("/x", "/x"),
        ("", None),
        (".", None),
        ("~nobody-x/y", "{data}/~nobody-x/y"),
    ],
)
def test_a_library_folder_written_by_hand_does_not_depend_on_the_working_directory(
    written: str, expected: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "settings.json").write_text(f'{{"library_folder": "{written}"}}')
    folder = SettingsFile(tmp_path / "settings.json").load().clips_folder
    assert folder == (None if expected is None else Path(expected.format(data=tmp_path, home=Path.home())))


@pytest.mark.parametrize("place", [Path("\udcff"), Path("videos \udce9t\udce9/data"), Path("a/\udcff/b")])
def test_a_folder_whose_name_is_not_unicode_is_refused_with_its_name(place: Path, tmp_path: Path) -> None:
    shown = str(place).replace("\udcff", r"\xff").replace("\udce9", r"\xe9")
    with pytest.raises(StoreError, match=r"The data folder .* not valid Unicode.*--data") as data:
        DataFolder.at(tmp_path / place).make()
    with pytest.raises(StoreError, match=r"The library folder .* not valid Unicode.*in Settings") as clips:
        disk.check_writable(tmp_path / place)
    for caught in (data, clips):
        assert f"{tmp_path}/{shown} cannot be used (" in str(caught.value)
        str(caught.value).encode()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("file", "it is not a folder"),
        ("file/data", "{tmp}/file is not a folder"),
        ("away", "{tmp}/away is a link that leads nowhere"),
        ("away/data", "{tmp}/away is a link that leads nowhere"),
        ("circle", "{tmp}/circle is a link that leads nowhere"),
        ("n" * 256, "File name too long"),
    ],
)
def test_what_stands_in_the_place_of_a_folder_is_named(place: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "away").symlink_to(tmp_path / "mnt" / "drive")
    (tmp_path / "circle").symlink_to("circle")
    folder = DataFolder.at(tmp_path / place)
    for use, done in ((folder.make, "used"), (folder.require_readable, "read")):  # not: there is no library yet
        with pytest.raises(StoreError) as caught:
            use()
        assert f"cannot be {done} ({said.format(tmp=tmp_path)}). Choose another" in str(caught.value)


@pytest.mark.parametrize("place", ["new", "new/data", "link/data"])
def test_a_folder_that_does_not_exist_yet_has_no_library(place: str, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    folder = DataFolder.at(tmp_path / place)
    folder.require_readable()
    assert not folder.has_library and not folder.root.exists()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_folder_that_nobody_may_look_into_is_not_said_to_be_empty(tmp_path: Path) -> None:
    (tmp_path / "locked").mkdir(mode=0)
    with pytest.raises(StoreError, match=r"cannot be read \(Permission denied\)"):
        DataFolder.at(tmp_path / "locked" / "data").require_readable()
