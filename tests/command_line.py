"""The command line in this process."""

from __future__ import annotations

from pathlib import Path

from sora_desktop.cli import program


def run(arguments: list[str]) -> int:
    """Exit status of one command line that opens no window."""

    def no_window(data: Path | None, sandbox: bool) -> int:
        raise AssertionError("a window was opened")

    return program.run(arguments, no_window)
