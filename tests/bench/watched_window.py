"""The program itself, started as a person starts it; says when its window could be used, what it had computed
until then and how many rows it showed, and closes it.

Usable is: the library's rows are painted, and a key that was pressed after that stands in the prompt.
"""

from __future__ import annotations

import importlib.util
import sys
import time
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

ROWS = "sora_desktop.ui.library.job_list_view"


class Watch:
    """Stands among the finders of modules until the program itself loads its list of rows, so that everything is
    loaded in the program's own order; from then on the list tells of its first paint."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The module as it is, with its class watched."""
        if name != ROWS:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        assert spec is not None and spec.loader is not None
        load = spec.loader.exec_module

        def load_and_watch(module: ModuleType) -> None:
            load(module)
            watch(module)

        spec.loader.exec_module = load_and_watch  # type: ignore[method-assign]
        return spec


def watch(module: ModuleType) -> None:
    """When the rows are painted, press a key; when it stands in the prompt, say so."""
    from PySide6.QtCore import QCoreApplication, QEvent, Qt, QTimer
    from PySide6.QtGui import QKeyEvent, QPaintEvent
    from PySide6.QtWidgets import QApplication, QPlainTextEdit, QTreeView

    shown = 0

    def paint(rows: QTreeView, event: QPaintEvent) -> None:
        nonlocal shown
        QTreeView.paintEvent(rows, event)
        if not shown:
            shown = rows.model().rowCount()
            QTimer.singleShot(0, press)

    def press() -> None:
        window = next(w for w in QApplication.topLevelWidgets() if w.objectName() == "mainWindow")
        prompt = window.findChild(QPlainTextEdit, "promptEdit")
        assert isinstance(prompt, QPlainTextEdit), "the prompt has another name now"
        prompt.textChanged.connect(usable, Qt.ConnectionType.SingleShotConnection)
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            QCoreApplication.postEvent(prompt, QKeyEvent(kind, Qt.Key.Key_A, Qt.KeyboardModifier.NoModifier, "a"))

    def usable() -> None:
        print(time.time_ns(), time.process_time_ns(), shown, flush=True)
        QTimer.singleShot(0, QApplication.closeAllWindows)

    module.JobListView.paintEvent = paint


if __name__ == "__main__":
    sys.meta_path.insert(0, Watch())
    from sora_desktop.__main__ import main

    raise SystemExit(main())
