"""What a user is told to type fits how the program was installed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from sora_desktop.system.installation import (
    Installation,
    checkout,
    command_name,
    installation,
    missing_library_text,
    repair_text,
)

ROOT = Path(__file__).parents[2]
posix = pytest.mark.skipif(sys.platform == "win32", reason="paths of POSIX")


@pytest.mark.parametrize(
    ("prefix", "root", "frozen", "how"),
    [
        ("/home/me/sora/.venv", Path("/home/me/sora"), False, Installation.CHECKOUT),
        ("/home/me/.local/share/pipx/venvs/sora-desktop", None, False, Installation.PIPX),
        ("/home/me/.local/share/uv/tools/sora-desktop", None, False, Installation.UV),
        ("/home/me/.local/share/uv/tools/sora-desktop", Path("/home/me/sora"), False, Installation.UV),
        ("/home/me/env", None, False, Installation.PIP),
        ("/opt/sora", None, True, Installation.FROZEN),
    ],
)
def test_each_way_to_install_is_recognized(prefix: str, root: Path | None, frozen: bool, how: Installation) -> None:
    assert installation(frozen=frozen, prefix=prefix, root=lambda: root) is how


def test_these_tests_run_in_a_checkout() -> None:
    assert checkout() == ROOT
    assert installation(prefix="/home/me/env") is Installation.CHECKOUT


@posix
@pytest.mark.parametrize(
    ("how", "repair", "library"),
    [
        (Installation.CHECKOUT, "python3 packaging/bootstrap.py run", "python3 packaging/bootstrap.py setup"),
        (Installation.PIPX, "pipx reinstall sora-desktop", "README"),
        (Installation.UV, "uv tool upgrade --reinstall sora-desktop", "README"),
        (Installation.PIP, "Install Sora Desktop again.", "README"),
        (Installation.FROZEN, "Install Sora Desktop again.", "README"),
    ],
)
def test_each_way_to_install_has_its_repair(how: Installation, repair: str, library: str) -> None:
    root = Path("/home/me/sora") if how is Installation.CHECKOUT else None
    assert repair in repair_text(how, root=root, current=Path("/home/me/sora"), platform="linux")
    assert library in missing_library_text(how, root=root, current=Path("/home/me/sora"), platform="linux")


@posix
def test_the_setup_is_named_by_its_path_from_anywhere() -> None:
    how, root, current = Installation.CHECKOUT, Path("/home/me/my videos"), Path("/tmp")
    text = repair_text(how, root=root, current=current, platform="darwin")
    assert text.startswith("Run `python3 '/home/me/my videos/packaging/bootstrap.py' run`")
    assert repair_text(how, root=root, current=root, platform="win32").startswith("Run `py packaging/bootstrap.py run`")


def test_only_linux_lacks_system_libraries() -> None:
    assert "pipx reinstall" in missing_library_text(Installation.PIPX, root=None, platform="darwin")


@posix
@pytest.mark.parametrize(
    ("started_as", "current", "found", "name"),
    [
        ("{bin}/sora-desktop", "/usr", "{bin}/sora-desktop", "sora-desktop"),
        ("{bin}/sora-desktop", "/usr", None, "{bin}/sora-desktop"),
        ("{bin}/sora-desktop", "/usr", "/usr/bin/sora-desktop", "{bin}/sora-desktop"),
        ("{bin}/sora-desktop", "{root}", None, ".venv/bin/sora-desktop"),
        (".venv/bin/sora-desktop", "{root}", None, ".venv/bin/sora-desktop"),
        ("./sora-desktop", "{bin}", None, "./sora-desktop"),
        ("{root}/sora_desktop/__main__.py", "{root}", None, ".venv/bin/sora-desktop"),
        ("{root}/sora_desktop/__main__.py", "/usr", "{bin}/sora-desktop", "sora-desktop"),
        ("main.py", "{root}", None, ".venv/bin/python main.py"),
        ("/usr/bin/pytest", "/usr", None, "sora-desktop"),
        ("-c", "/usr", None, "sora-desktop"),
    ],
)
def test_the_command_is_named_as_the_user_can_type_it(
    tmp_path: Path, started_as: str, current: str, found: str | None, name: str
) -> None:
    binaries = tmp_path / ".venv" / "bin"
    binaries.mkdir(parents=True)
    (binaries / "sora-desktop").touch()
    fill = {"bin": binaries, "root": tmp_path}
    shown = command_name(
        started_as.format(**fill),
        executable=str(binaries / "python"),
        current=Path(current.format(**fill)),
        find=lambda _: None if found is None else found.format(**fill),
    )
    assert shown == name.format(**fill)


@posix
def test_a_command_is_named_in_a_folder_that_no_longer_exists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert command_name("/x/bin/sora-desktop", find=lambda _: None) == "/x/bin/sora-desktop"
    root = tmp_path / "checkout"
    assert f"python3 {root}/packaging/bootstrap.py" in repair_text(Installation.CHECKOUT, root=root, platform="linux")


@posix
def test_without_a_script_the_module_is_named(tmp_path: Path) -> None:
    started_as, executable = "/home/me/sora/sora_desktop/__main__.py", "/usr/bin/python3"
    name = command_name(started_as, executable=executable, current=tmp_path, find=lambda _: None)
    assert name == "/usr/bin/python3 -m sora_desktop"
