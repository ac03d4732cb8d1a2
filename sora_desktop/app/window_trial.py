"""Tries in a process of its own whether Qt opens a window, since Qt aborts the process if it cannot."""

from __future__ import annotations

import sys


def main() -> int:
    """Exit status 0 if a window with text can be created. Also if Qt cannot be loaded, which is reported elsewhere."""
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # an abort leaves no file behind
    try:
        from PySide6.QtWidgets import QApplication, QWidget

        from sora_desktop.ui.widgets.icons import IconFont
    except ImportError:
        return 0
    QApplication(["sora-desktop"])
    if QApplication.primaryScreen() is None:
        return 1
    try:
        IconFont()
    except RuntimeError:  # some plugins have no fonts
        return 1
    QWidget().winId()  # creates the window, which is not shown
    return 0
