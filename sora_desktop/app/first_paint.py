"""Opens the window, has the rest loaded behind it, and runs it."""

from __future__ import annotations

import importlib
import os
import sys
import threading

from sora_desktop.store.records import Records

# before Qt: once it is there, it reads the source of every module that is loaded
from sora_desktop.system.resources import resources

# isort: split
os.environ.setdefault("QT_DISABLE_HW_TEXTURES_CONVERSION", "1")

from PySide6.QtCore import QEventLoop, QObject, QTimer, Signal
from PySide6.QtWidgets import QApplication

from sora_desktop.controllers.panels import Panels
from sora_desktop.ui.theme import Theme

#: Milliseconds for which the rest waits for the window to be painted; one that starts out of sight may never be.
PAINT_LIMIT = 1000
#: What takes longest to load of that which is not Qt's: Qt's own must not be loaded beside the window's thread.
_BEHIND = ("asyncio", "sora_desktop.engine.engine")


def run_window(records: Records, *, sandbox: bool) -> int:
    """Run the window until it is closed; the exit status. Raises StoreProblem, OSError."""
    app = _application()
    theme = Theme(resources(), app, styled=False)
    panels = Panels(theme, records, app.primaryScreen().availableSize())
    panels.show()
    _Loading(panels).wait()
    from sora_desktop.app.event_loop import run_until_closed

    return run_until_closed(panels, app, sandbox=sandbox)


def show_refusal(sentence: str) -> None:
    """Say in a window of its own why there is no other."""
    app = QApplication.instance() or _application()  # kept to the end of the dialog
    if app and QApplication.platformName() not in ("offscreen", "minimal"):
        from PySide6.QtWidgets import QMessageBox

        QMessageBox.critical(None, "Sora Desktop", sentence)


def _application() -> QApplication:
    app = QApplication(sys.argv[:1])
    app.setApplicationName("sora-desktop")
    app.setApplicationDisplayName("Sora Desktop")
    app.setDesktopFileName("sora-desktop")
    app.setQuitOnLastWindowClosed(False)
    return app


class _Loading(QObject):
    """Loads what is needed next, in a thread, while the window can be typed into."""

    ended = Signal()

    def __init__(self, panels: Panels) -> None:
        super().__init__()
        self._loop = QEventLoop()
        self._thread = threading.Thread(target=self._load, name="loading")
        self.ended.connect(self._loop.quit)
        panels.window.painted.connect(self._begin)
        QTimer.singleShot(PAINT_LIMIT, self._begin)

    def wait(self) -> None:
        """Return when it is loaded."""
        self._loop.exec()
        self._thread.join()

    def _begin(self) -> None:
        if self._thread.ident is None:
            self._thread.start()

    def _load(self) -> None:
        try:
            for name in _BEHIND:
                importlib.import_module(name)
        except ImportError:
            pass  # it is met again, and said, where it is needed
        finally:
            self.ended.emit()
