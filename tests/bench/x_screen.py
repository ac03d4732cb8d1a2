"""An X display seen from outside the programs that use it: reads its pixels, presses its keys and moves its pointer."""

from __future__ import annotations

import ctypes
import ctypes.util
from dataclasses import dataclass

_Z_PIXMAP, _ALL_PLANES = 2, ctypes.c_ulong(0xFFFFFFFF)
_NO_DELAY = ctypes.c_ulong(0)


class _Image(ctypes.Structure):
    """The beginning of Xlib's XImage."""

    _fields_ = (
        ("width", ctypes.c_int),
        ("height", ctypes.c_int),
        ("offset", ctypes.c_int),
        ("format", ctypes.c_int),
        ("data", ctypes.POINTER(ctypes.c_char)),
        ("byte_order", ctypes.c_int),
        ("bitmap_unit", ctypes.c_int),
        ("bitmap_bit_order", ctypes.c_int),
        ("bitmap_pad", ctypes.c_int),
        ("depth", ctypes.c_int),
        ("bytes_per_line", ctypes.c_int),
    )


@dataclass(frozen=True, slots=True)
class Rectangle:
    """A part of the screen, in pixels."""

    x: int
    y: int
    width: int
    height: int


class Screen:
    """The whole screen of a display. A read sees what all programs have painted until then."""

    def __init__(self, display: str) -> None:
        self._x11, self._test = _library("X11"), _library("Xtst")
        self._x11.XOpenDisplay.restype = ctypes.c_void_p
        self._x11.XDefaultRootWindow.restype = ctypes.c_ulong
        self._x11.XGetImage.restype = ctypes.POINTER(_Image)
        self._x11.XStringToKeysym.restype = ctypes.c_ulong
        opened = self._x11.XOpenDisplay(display.encode())
        if not opened:
            raise SystemExit(f"The display {display} cannot be opened.")
        self._display = ctypes.c_void_p(opened)
        self._root = ctypes.c_ulong(self._x11.XDefaultRootWindow(self._display))

    def read(self, part: Rectangle) -> bytes:
        """Its pixels, four bytes each, blue first."""
        image = self._x11.XGetImage(
            self._display, self._root, part.x, part.y, part.width, part.height, _ALL_PLANES, _Z_PIXMAP
        )
        if not image:
            raise SystemExit(f"{part} cannot be read from the screen.")
        pixels = ctypes.string_at(image.contents.data, image.contents.bytes_per_line * part.height)
        self._x11.XFree(image.contents.data)
        self._x11.XFree(image)
        return pixels

    def press(self, key: str) -> None:
        """Press and release a key, named as in X: `period`, `space`, `a`."""
        symbol = ctypes.c_ulong(self._x11.XStringToKeysym(key.encode()))
        code = self._x11.XKeysymToKeycode(self._display, symbol)
        for is_down in (1, 0):
            self._test.XTestFakeKeyEvent(self._display, code, is_down, _NO_DELAY)
        self._x11.XSync(self._display, 0)

    def move_pointer(self, x: int, y: int) -> None:
        """Move the pointer to a pixel."""
        self._test.XTestFakeMotionEvent(self._display, 0, x, y, _NO_DELAY)
        self._x11.XSync(self._display, 0)

    def press_button(self, *, is_down: bool) -> None:
        """Press or release the left button."""
        self._test.XTestFakeButtonEvent(self._display, 1, int(is_down), _NO_DELAY)
        self._x11.XSync(self._display, 0)

    def close(self) -> None:
        """Close the connection."""
        self._x11.XCloseDisplay(self._display)


def _library(name: str) -> ctypes.CDLL:
    file = ctypes.util.find_library(name)
    if file is None:
        raise SystemExit(f"lib{name} is not installed (Debian: apt-get install libx11-6 libxtst6).")
    return ctypes.CDLL(file)
