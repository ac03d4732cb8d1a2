"""Hands over: to a worker, the sandbox, or the program."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path


def main() -> int:
    """Exit status of whatever was asked for."""
    _fill_standard_streams()
    try:
        return _handed_over(sys.argv[1:])
    except ModuleNotFoundError as missing:
        if (missing.name or "sora_desktop").split(".")[0] == "sora_desktop":
            raise
        print(
            f"sora-desktop: {missing.name} is not installed for {sys.executable}. "
            "`python3 packaging/bootstrap.py run` sets everything up and starts the program.",
            file=sys.stderr,
        )
        return 2


def _handed_over(arguments: list[str]) -> int:
    match arguments[:1]:
        case ["media-worker"]:
            from sora_desktop.media.worker import main as work

            return work()
        case ["sandbox"]:
            from sora_desktop.cli.program import serve_sandbox

            return serve_sandbox(arguments[1:])
        case _:
            status = _opened_at_once(arguments)
            if status is not None:
                return status
            from sora_desktop.cli.program import run

            return run(arguments, _open_window)


def _opened_at_once(arguments: list[str]) -> int | None:
    """The window's exit status; None where `cli` must read what was asked, or say why there is no window."""
    from sora_desktop.app.window_arguments import parse_window_arguments
    from sora_desktop.system.display import has_screen

    asked = parse_window_arguments(arguments)
    if asked is None or not has_screen(os.environ):
        return None
    return _open_window(*asked)


def _open_window(data: Path | None, sandbox: bool) -> int:
    gc.disable()  # hardly any of what is loaded is garbage; looking for it would take a tenth of the start
    from sora_desktop.app.start import QtMissing, open_window
    from sora_desktop.store.data_folder import DataFolder

    try:
        return open_window(DataFolder.at(data), sandbox=sandbox)
    except QtMissing as missing:
        print(f"sora-desktop: {missing}", file=sys.stderr)
        return 2


def _fill_standard_streams() -> None:
    """Where a standard stream was closed, the next file opened would take its place and get what is printed."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)


if __name__ == "__main__":
    raise SystemExit(main())
