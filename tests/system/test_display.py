"""Detection of a screen."""

from __future__ import annotations

import sys

import pytest

from sora_desktop.system.display import has_screen


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, False),
        ({"DISPLAY": ":48213"}, False),
        ({"DISPLAY": "not a display"}, False),
        ({"WAYLAND_DISPLAY": "wayland-none", "XDG_RUNTIME_DIR": "/nowhere"}, False),
        ({"QT_QPA_PLATFORM": "offscreen"}, True),
        ({"QT_QPA_PLATFORM": "xcb"}, False),
    ],
)
@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="a screen is assumed on these platforms")
def test_a_screen_is_detected(environ: dict[str, str], expected: bool) -> None:
    assert has_screen(environ) is expected
    assert has_screen(environ, "win32") and has_screen(environ, "darwin")
