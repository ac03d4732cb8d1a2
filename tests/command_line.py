"""Runs the command line in this process."""

from __future__ import annotations

from pathlib import Path

from sora_desktop.cli import program


def run(arguments: list[str]) -> int:
    """Run a command that must not open a window. Returns the exit status."""

    def fail_if_called(data: Path | None, sandbox: bool) -> int:
        raise AssertionError("a window was opened")

    return program.run(arguments, fail_if_called)
