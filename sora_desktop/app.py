"""Opens the window, has the rest loaded behind it, and runs it."""

from __future__ import annotations

import importlib
import os
import sys
import threading
from pathlib import Path

# before Qt: once it is there, it reads the source of every module that is loaded
from sora_desktop.store.inbox import Inbox
from sora_desktop.store.lock import DataLock, OwnerFile
from sora_desktop.store.places import Places
from sora_desktop.store.problems import StoreProblem
from sora_desktop.store.records import Records

# isort: split
os.environ.setdefault("QT_DISABLE_HW_TEXTURES_CONVERSION", "1")

from PySide6.QtCore import QEventLoop, QObject, QTimer, Signal
from PySide6.QtWidgets import QApplication

from sora_desktop.bundle import resources
from sora_desktop.desk.front import Front
from sora_desktop.ui.theme import Theme

#: Milliseconds for which the rest waits for the window to be painted; one that starts out of sight may never be.
PAINT_LIMIT = 1000
#: What takes longest to load of that which is not Qt's: Qt's own must not be loaded beside the window's thread.
_BEHIND = ("asyncio", "sora_desktop.engine")


def open_window(places: Places, *, sandbox: bool) -> int:
    """Run the window until it is closed; the exit status."""
    app = QApplication(sys.argv[:1])
    app.setApplicationName("sora-desktop")
    app.setApplicationDisplayName("Sora Desktop")
    app.setDesktopFileName("sora-desktop")
    app.setQuitOnLastWindowClosed(False)
    try:
        places.make()
        lock = DataLock(places.lock_file, OwnerFile(places.owner_file))
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
        records = Records(places, resources() / "prices.json")
        records.database.begin()
        theme = Theme(resources(), app, dressed=False)
        front = Front(theme, records, app.primaryScreen().availableSize())
        front.show()
        _Loading(front).wait()
        from sora_desktop.session import run_behind

        return run_behind(front, app, sandbox=sandbox)
    except (StoreProblem, OSError) as problem:
        return _refuse(_why(problem, places.root))
    finally:
        lock.release()


class _Loading(QObject):
    """Loads what is needed next, in a thread, while the window can be typed into."""

    ended = Signal()

    def __init__(self, front: Front) -> None:
        super().__init__()
        self._loop = QEventLoop()
        self._thread = threading.Thread(target=self._load, name="loading")
        self.ended.connect(self._loop.quit)
        front.window.painted.connect(self._begin)
        QTimer.singleShot(PAINT_LIMIT, self._begin)

    def wait(self) -> None:
        """Return when it is loaded."""
        self._loop.exec()
        self._thread.join()

    def _begin(self) -> None:
        if self._thread.ident is None:
            self._thread.start()

    def _load(self) -> None:
        for name in _BEHIND:
            importlib.import_module(name)
        self.ended.emit()


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
