"""Shows the window, and loads the rest of the program after the first paint."""

from __future__ import annotations

import importlib
import os
import sys
import threading

from sora_desktop.store.records import Records

# Import this before Qt: from then on Qt reads the source of every module that is loaded.
from sora_desktop.system.library_output import QUIET_RULES
from sora_desktop.system.resources import resources

# isort: split
os.environ.setdefault("QT_LOGGING_RULES", QUIET_RULES)

from PySide6.QtCore import QEventLoop, QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QApplication

from sora_desktop.controllers.panels import Panels
from sora_desktop.ui.app_theme import AppTheme

#: Milliseconds to wait for the first paint. A window that starts out of sight may never be painted.
PAINT_TIMEOUT = 1000
#: The slowest imports besides Qt. Modules of Qt must not be loaded in another thread than the window's.
_LOADED_AFTER_PAINT = ("asyncio", "sora_desktop.engine.engine")


def run_window(records: Records, *, sandbox: bool) -> int:
    """Run the window until it is closed. Returns the exit status. Raises StoreError, OSError."""
    app = _create_application()
    theme = AppTheme(resources(), app, styled=False)
    panels = Panels(theme, records, app.primaryScreen().availableSize())
    panels.show()
    _BackgroundImports(panels).wait()
    panels.window.fit_frame()
    from sora_desktop.app.event_loop import run_until_closed
    from sora_desktop.ui.widgets.spoken_parts import describe_parts

    describe_parts(panels.window)
    return run_until_closed(panels, app, sandbox=sandbox)


def show_error(message: str) -> None:
    """Show in a message box why the window cannot open."""
    app = QApplication.instance() or _create_application()  # must live as long as the message box
    if app and QApplication.platformName() not in ("offscreen", "minimal"):
        from PySide6.QtWidgets import QMessageBox

        box = QMessageBox(QMessageBox.Icon.Critical, "Sora Desktop", "")
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setText(message)
        box.exec()


def _create_application() -> QApplication:
    app = QApplication(sys.argv[:1])
    app.setApplicationName("sora-desktop")
    app.setApplicationDisplayName("Sora Desktop")
    app.setDesktopFileName("sora-desktop")
    app.setQuitOnLastWindowClosed(False)
    return app


class _BackgroundImports(QObject):
    """Imports modules in a thread after the first paint, while the user can already type."""

    finished = Signal()

    def __init__(self, panels: Panels) -> None:
        super().__init__()
        self._loop = QEventLoop()
        self._thread = threading.Thread(target=self._import, name="loading")
        self.finished.connect(self._loop.quit)
        panels.window.painted.connect(self._start)
        QTimer.singleShot(PAINT_TIMEOUT, self._start)

    def wait(self) -> None:
        """Run the window until the modules are imported."""
        self._loop.exec()
        self._thread.join()

    def _start(self) -> None:
        if self._thread.ident is None:
            self._thread.start()

    def _import(self) -> None:
        try:
            for name in _LOADED_AFTER_PAINT:
                importlib.import_module(name)
        except ImportError:
            pass  # the import that needs the module raises again and is reported
        finally:
            self.finished.emit()
