"""Keeps Qt and its FFmpeg from writing to the terminal what only their developers can use."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

#: QT_LOGGING_RULES before Qt is loaded: nothing about the player, and no warnings without a category, such as those
#: about the sound of this machine. What prevents a window from opening has a category.
QUIET_RULES = "qt.multimedia.*=false;default.warning=false;default.info=false"
#: FFmpeg's level at which it writes nothing.
_AV_LOG_QUIET = -8
#: Where a wheel of PySide6 has the library with FFmpeg's log, on Linux, macOS and Windows.
_LIBRARIES = ("Qt/lib/libavutil.so.*", "Qt/lib/libavutil.*.dylib", "avutil-*.dll")


def folder_of_qt() -> Path:
    """The folder of PySide6, which need not be loaded."""
    spec = importlib.util.find_spec("PySide6")
    return Path((spec and spec.origin) or "").parent


def quiet_ffmpeg(pyside: Path, environ: Mapping[str, str] = os.environ, platform: str = sys.platform) -> bool:
    """Silence the FFmpeg of Qt's player, which would write several lines for each damaged frame.

    Call this when a player exists: the library is never loaded here, since it needs others that the player loads.
    `pyside`: see `folder_of_qt`. Returns True if FFmpeg is silent. A QT_FFMPEG_DEBUG that is set stays in force.
    """
    if environ.get("QT_FFMPEG_DEBUG"):
        return False
    is_quiet = False
    for file in (file for pattern in _LIBRARIES for file in pyside.glob(pattern)):
        with suppress(OSError, AttributeError):
            # Windows finds a loaded library by its name; elsewhere a flag keeps it from being loaded
            loaded = ctypes.CDLL(file.name if platform == "win32" else str(file), mode=_no_load(platform))
            loaded.av_log_set_level(_AV_LOG_QUIET)
            is_quiet = True
    return is_quiet


def _no_load(platform: str) -> int:
    return ctypes.DEFAULT_MODE if platform == "win32" else os.RTLD_NOLOAD | os.RTLD_LAZY
