"""Checks whether there is a screen for a window. Without one, Qt would abort the process."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Mapping
from pathlib import Path


def has_screen(environ: Mapping[str, str], platform: str = sys.platform) -> bool:
    """True if a window can be opened. Windows and macOS always have a screen."""
    if platform in ("win32", "darwin", "cygwin"):
        return True
    plugin = environ.get("QT_QPA_PLATFORM", "").split(";")[0].split(":")[0]
    if plugin not in ("", "xcb", "wayland"):
        return True
    return (plugin != "wayland" and _has_x_server(environ.get("DISPLAY", ""))) or (
        plugin != "xcb" and _has_wayland_server(environ)
    )


def _has_x_server(display: str) -> bool:
    """Connect as Qt will, so that a refused connection counts as no screen."""
    if not display:
        return False
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:
        return True  # Qt will report what is missing
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connect.argtypes = [ctypes.c_char_p, ctypes.c_void_p]
    xcb.xcb_connection_has_error.argtypes = [ctypes.c_void_p]
    xcb.xcb_disconnect.argtypes = [ctypes.c_void_p]
    connection = xcb.xcb_connect(display.encode(), None)
    try:
        return int(xcb.xcb_connection_has_error(connection)) == 0
    finally:
        xcb.xcb_disconnect(connection)


def _has_wayland_server(environ: Mapping[str, str]) -> bool:
    name = environ.get("WAYLAND_DISPLAY", "")
    if not name or sys.platform == "win32":
        return False
    import socket  # late: every start imports this module, and few sessions have Wayland alone

    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        try:
            connection.connect(str(Path(environ.get("XDG_RUNTIME_DIR", "/")) / name))
        except OSError:
            return False
    return True
