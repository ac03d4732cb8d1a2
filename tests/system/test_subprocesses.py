"""Command, environment and creation flags of child processes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from sora_desktop.system.subprocesses import child_environment, creation_flags, own_command

ROOT = Path(__file__).parents[2]


def test_a_frozen_program_starts_itself() -> None:
    assert own_command("media-worker", frozen=True, executable="/opt/sora-desktop") == [
        "/opt/sora-desktop",
        "media-worker",
    ]


def test_a_program_that_is_not_frozen_starts_python_with_the_package() -> None:
    command = own_command("sandbox", "--port", "0", frozen=False, executable="/usr/bin/python3")
    assert command == ["/usr/bin/python3", "-P", "-m", "sora_desktop", "sandbox", "--port", "0"]


def test_without_arguments_the_command_is_that_of_the_running_program() -> None:
    assert own_command() == [sys.executable, "-P", "-m", "sora_desktop"]


def test_a_child_finds_the_package_before_what_the_user_has_set() -> None:
    environment = child_environment({"PYTHONPATH": "/elsewhere", "LANG": "C"})
    assert environment == {"PYTHONPATH": f"{ROOT}{os.pathsep}/elsewhere", "LANG": "C"}
    assert child_environment({}) == {"PYTHONPATH": str(ROOT)}


def test_a_child_finds_the_package_from_any_working_directory(tmp_path: Path) -> None:
    (tmp_path / "sora_desktop.py").write_text("raise SystemExit('imported from the working directory')")
    ended = subprocess.run(
        own_command("sandbox", "--help"),
        cwd=tmp_path,
        env=child_environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert "--port" in ended.stdout


def test_a_console_window_is_suppressed_on_windows_only() -> None:
    assert creation_flags("win32") == 0x08000000
    assert creation_flags("linux") == creation_flags("darwin") == 0
