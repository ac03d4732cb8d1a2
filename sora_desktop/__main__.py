"""Entry point: starts the window, a command, a worker process, the sandbox or a trial of Qt."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path


def main() -> int:
    """Run the program with the arguments of the process. Returns the exit status."""
    _open_closed_standard_streams()
    try:
        return _run(sys.argv[1:])
    except ModuleNotFoundError as error:
        if (error.name or "sora_desktop").split(".")[0] == "sora_desktop":
            raise
        from sora_desktop.system.installation import checkout, installation, repair_text

        advice = repair_text(installation(), root=checkout())
        print(f"sora-desktop: {error.name} is not installed for {sys.executable}. {advice}", file=sys.stderr)
        return 2


def _run(arguments: list[str]) -> int:
    match arguments[:2]:
        case ["media-worker", *_]:
            from sora_desktop.media.worker import main as work

            return work()
        case ["frame-reader", marks]:
            from sora_desktop.media.frames.frame_reader import main as read_frames

            return read_frames(marks)
        case ["sound-output", counters]:
            from sora_desktop.app.sound_output import main as play_sound

            return play_sound(counters)
        case ["download-worker", *_]:
            from sora_desktop.api.http.download_worker import main as download

            return download()
        case ["window-trial", *_]:
            from sora_desktop.app.window_trial import main as try_window

            return try_window()
        case ["sandbox", *_]:
            from sora_desktop.cli.program import serve_sandbox

            return serve_sandbox(arguments[1:])
        case _:
            status = _open_window_directly(arguments)
            if status is not None:
                return status
            try:
                from sora_desktop.cli.program import run
            except KeyboardInterrupt:
                print("sora-desktop: Interrupted. This command sent nothing.", file=sys.stderr)
                return 3
            return run(arguments, _open_window)


def _open_window_directly(arguments: list[str]) -> int | None:
    """Open the window without loading `cli`. None if `cli` has to parse the arguments."""
    from sora_desktop.app.window_arguments import parse_window_arguments

    parsed = parse_window_arguments(arguments)
    return None if parsed is None else _open_window(*parsed)


def _open_window(data: Path | None, sandbox: bool) -> int:
    gc.disable()  # little of what is loaded is garbage; collecting would take a tenth of the start
    from sora_desktop.app.start import QtMissing, open_window
    from sora_desktop.store.data_folder import DataFolder
    from sora_desktop.store.errors import StoreError
    from sora_desktop.system.display import screen_problem

    if problem := screen_problem(os.environ):
        from sora_desktop.system.installation import as_typed

        print(f"sora-desktop: {as_typed(problem)}", file=sys.stderr)
        return 2
    try:
        return open_window(DataFolder.at(data), sandbox=sandbox)
    except (QtMissing, StoreError) as error:
        print(f"sora-desktop: {error}", file=sys.stderr)
        return 2


def _open_closed_standard_streams() -> None:
    """Replace closed standard streams by the null device. Otherwise the next file opened would get their output."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)


if __name__ == "__main__":
    raise SystemExit(main())
