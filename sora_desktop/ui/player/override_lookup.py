"""Keeps PySide from asking a question in a thread of FFmpeg that can hang the window."""

from __future__ import annotations

from PySide6.QtCore import QObject


def cache_override_lookup(qt_object: QObject) -> None:
    """Make PySide look up now whether Python overrides the object's `disconnectNotify`; it caches the result.

    Otherwise an FFmpeg thread looks it up at the end of a clip: that thread holds Qt's lock of the object and waits for
    the GIL, while the main thread, in `stop()`, holds the GIL and waits for Qt's lock. The window would hang forever.
    """
    qt_object.objectNameChanged.connect(_ignore)
    qt_object.objectNameChanged.disconnect(_ignore)


def _ignore(*_: object) -> None:
    return None
