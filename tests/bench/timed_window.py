"""The program, started as the user starts it. Prints when its window became usable, the processor time until then and
the number of rows, and closes the window.

Usable: the rows of the library are painted, and a key pressed after that is in the prompt.
"""

from __future__ import annotations

import importlib.util
import sys
import time
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

ROWS = "sora_desktop.ui.library.job_list_view"


class PatchOnImport:
    """An import hook that patches the list of rows when the program imports it, so that the order of imports is the
    program's own. The patched list reports its first paint."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The module with its list patched."""
        if name != ROWS:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        assert spec is not None and spec.loader is not None
        load = spec.loader.exec_module

        def load_and_patch(module: ModuleType) -> None:
            load(module)
            patch(module)

        spec.loader.exec_module = load_and_patch  # type: ignore[method-assign]
        return spec


def patch(module: ModuleType) -> None:
    """Press a key after the first paint of the rows; print when the key is in the prompt."""
    from PySide6.QtCore import QCoreApplication, QEvent, Qt, QTimer
    from PySide6.QtGui import QKeyEvent, QPaintEvent
    from PySide6.QtWidgets import QApplication, QTextEdit, QTreeView

    shown = 0

    def paint(rows: QTreeView, event: QPaintEvent) -> None:
        nonlocal shown
        QTreeView.paintEvent(rows, event)
        if not shown:
            shown = rows.model().rowCount()
            QTimer.singleShot(0, press)

    def press() -> None:
        window = next(w for w in QApplication.topLevelWidgets() if w.objectName() == "mainWindow")
        prompt = window.findChild(QTextEdit, "promptEdit")
        assert isinstance(prompt, QTextEdit), "the prompt has a new object name"
        prompt.textChanged.connect(usable, Qt.ConnectionType.SingleShotConnection)
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            QCoreApplication.postEvent(prompt, QKeyEvent(kind, Qt.Key.Key_A, Qt.KeyboardModifier.NoModifier, "a"))

    def usable() -> None:
        print(time.time_ns(), time.process_time_ns(), shown, flush=True)
        QTimer.singleShot(0, QApplication.closeAllWindows)

    module.JobListView.paintEvent = paint


if __name__ == "__main__":
    sys.meta_path.insert(0, PatchOnImport())
    from sora_desktop.__main__ import main

    raise SystemExit(main())
