"""Whether there is a screen to open a window on. Qt itself would end the program where there is none."""

from __future__ import annotations

import ctypes
import socket
import sys
from collections.abc import Mapping
from pathlib import Path


def has_screen(environ: Mapping[str, str], platform: str = sys.platform) -> bool:
    """True where a window can be opened. Elsewhere than on Linux and its kin there always is a screen."""
    if platform in ("win32", "darwin", "cygwin"):
        return True
    chosen = environ.get("QT_QPA_PLATFORM", "").split(";")[0].split(":")[0]
    if chosen not in ("", "xcb", "wayland"):
        return True
    return (chosen != "wayland" and _x_answers(environ.get("DISPLAY", ""))) or (
        chosen != "xcb" and _wayland_answers(environ)
    )


def _x_answers(display: str) -> bool:
    """Connects as Qt will, so that a refused one counts too."""
    if not display:
        return False
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:
        return True  # Qt knows better
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connect.argtypes = [ctypes.c_char_p, ctypes.c_void_p]
    xcb.xcb_connection_has_error.argtypes = [ctypes.c_void_p]
    xcb.xcb_disconnect.argtypes = [ctypes.c_void_p]
    connection = xcb.xcb_connect(display.encode(), None)
    try:
        return int(xcb.xcb_connection_has_error(connection)) == 0
    finally:
        xcb.xcb_disconnect(connection)


def _wayland_answers(environ: Mapping[str, str]) -> bool:
    name = environ.get("WAYLAND_DISPLAY", "")
    if not name or sys.platform == "win32":
        return False
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        try:
            connection.connect(str(Path(environ.get("XDG_RUNTIME_DIR", "/")) / name))
        except OSError:
            return False
    return True
