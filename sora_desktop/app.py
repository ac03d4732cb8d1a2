"""Builds the window program, runs it, puts everything away."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path

# before Qt: once it is there, it reads the source of every module that is loaded
import sora_desktop.engine  # noqa: F401

# isort: split
os.environ.setdefault("QT_DISABLE_HW_TEXTURES_CONVERSION", "1")

from PySide6.QtCore import QSocketNotifier
from PySide6.QtWidgets import QApplication
from qasync import QEventLoop

from sora_desktop.collector import collecting_on_this_thread
from sora_desktop.desk.desk import Desk
from sora_desktop.engine import resources
from sora_desktop.logs import logged_to
from sora_desktop.neighbours import lock_for
from sora_desktop.store.inbox import Inbox
from sora_desktop.store.lock import OwnerFile
from sora_desktop.store.places import Places
from sora_desktop.store.problems import StoreProblem
from sora_desktop.ui.theme import Theme


def open_window(places: Places, *, sandbox: bool) -> int:
    """Run the window until it is closed; the exit status."""
    app = QApplication(sys.argv[:1])
    app.setApplicationName("sora-desktop")
    app.setApplicationDisplayName("Sora Desktop")
    app.setDesktopFileName("sora-desktop")
    app.setQuitOnLastWindowClosed(False)
    try:
        places.make()
        lock = lock_for(places)
        if not lock.acquire():
            owner = OwnerFile(places.owner_file).read()
            if owner is not None and not owner.window:
                return _refuse(f"A command line is at work in {places.root}. Open the window when it has ended.")
            Inbox(places.inbox).post({"do": "raise"})
            print("Sora Desktop is open already; its window was brought to the front.", file=sys.stderr)
            return 0
    except (StoreProblem, OSError) as problem:
        return _refuse(_why(problem, places.root))
    try:
        theme = Theme(resources(), app, dressed=False)
        with logged_to(places), asyncio.Runner(loop_factory=lambda: QEventLoop(app)) as runner:
            return runner.run(_run(app, theme, places, sandbox))
    except (StoreProblem, OSError) as problem:
        return _refuse(_why(problem, places.root))
    finally:
        lock.release()


async def _run(app: QApplication, theme: Theme, places: Places, sandbox: bool) -> int:
    over = asyncio.Event()
    desk = Desk(app, theme, places, closed=over.set, sandbox=sandbox)
    release = _end_on_signals(over)
    try:
        await desk.open()
        with collecting_on_this_thread():
            await over.wait()
    finally:
        release()
        await desk.aclose()
    return 0


def _end_on_signals(over: asyncio.Event) -> Callable[[], None]:
    """Let Ctrl-C and SIGTERM end the program in order; Qt alone would not notice them while it idles."""
    ours, qts = socket.socketpair()
    for end in (ours, qts):
        end.setblocking(False)
    notifier = QSocketNotifier(ours.fileno(), QSocketNotifier.Type.Read)
    notifier.activated.connect(lambda *_: over.set())
    before = signal.set_wakeup_fd(qts.fileno(), warn_on_full_buffer=False)
    numbers = (signal.SIGINT, signal.SIGTERM)
    handlers = [signal.signal(number, lambda *_: None) for number in numbers]

    def release() -> None:
        signal.set_wakeup_fd(before)
        for number, handler in zip(numbers, handlers, strict=True):
            signal.signal(number, handler)
        notifier.setEnabled(False)
        ours.close()
        qts.close()

    return release


def _why(problem: StoreProblem | OSError, root: Path) -> str:
    """The sentence for a person; the system's own words alone would not say what to do."""
    if isinstance(problem, StoreProblem):
        return str(problem)
    place = problem.filename or root
    return (
        f"The data in {root} cannot be used: {place}: {problem.strerror or problem}. "
        "Mend that, or choose another folder with --data."
    )


def _refuse(sentence: str) -> int:
    """Say why the window cannot open."""
    print(f"sora-desktop: {sentence}", file=sys.stderr)
    if QApplication.platformName() not in ("offscreen", "minimal"):
        from PySide6.QtWidgets import QMessageBox

        QMessageBox.critical(None, "Sora Desktop", sentence)
    return 2
