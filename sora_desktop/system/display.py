"""Finds out why no window can be opened. Qt would abort the process without a sentence."""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

#: The argument with which the program starts itself to try whether Qt opens a window (`app/window_trial.py`).
TRIAL = "window-trial"
#: Seconds for a screen to answer, and for a trial to end.
_SCREEN_TIMEOUT, _TRIAL_TIMEOUT = 5.0, 30.0
_PLATFORM = "QT_QPA_PLATFORM"
#: Where else Qt looks for its plugins, which may be those of another version.
_PLUGIN_PATHS = ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_PLUGIN_PATH")
#: Plugins that need nothing, and those whose screen can be looked for without Qt.
_WITHOUT_SCREEN = ("offscreen", "minimal")
_WITH_SERVER = ("xcb", "wayland")
_NATIVE = {"win32": "windows", "cygwin": "windows", "darwin": "cocoa"}
#: Libraries that the plugin "xcb" needs and that PySide6 does not bring.
_X_LIBRARIES = ("libxcb.so.1", "libxcb-cursor.so.0")
_OTHERWISE = "or use `sora-desktop generate PROMPT`. See `sora-desktop --help` for all commands."


def opens_window() -> bool:
    """Try in a process of its own whether Qt opens a window: it may abort there. Takes as long as loading Qt."""
    import subprocess  # late: few environments need it

    from sora_desktop.system.subprocesses import child_environment, creation_flags, own_command

    try:
        return (
            subprocess.run(
                own_command(TRIAL),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=child_environment(),
                creationflags=creation_flags(),
                timeout=_TRIAL_TIMEOUT,
            ).returncode
            == 0
        )
    except (OSError, subprocess.TimeoutExpired):
        return False


def screen_problem(
    environ: Mapping[str, str],
    platform: str = sys.platform,
    opens_window: Callable[[], bool] = opens_window,
    timeout: float = _SCREEN_TIMEOUT,
) -> str:
    """Why no window can be opened and what to do, for the user; empty if one can.

    `opens_window` is asked only if the environment is unusual. `timeout`: seconds for a screen to answer.
    """
    setting = environ.get(_PLATFORM, "")
    plugins = [plugin.partition(":")[0] for plugin in setting.split(";")] if setting else []
    native = _NATIVE.get(platform)
    known = (*_WITHOUT_SCREEN, native) if native is not None else (*_WITHOUT_SCREEN, *_WITH_SERVER)
    unusual = [name for name in _PLUGIN_PATHS if environ.get(name)]
    if any(plugin not in known for plugin in plugins):
        unusual.insert(0, _PLATFORM)
    if unusual:
        return "" if opens_window() else _about_variables(unusual, environ, native)
    if native is not None or any(plugin in _WITHOUT_SCREEN for plugin in plugins):
        return ""
    display = environ.get("DISPLAY", "")
    if (not plugins or "wayland" in plugins) and _has_wayland_server(environ, is_asked_for="wayland" in plugins):
        return ""
    if (not plugins or "xcb" in plugins) and display and _has_x_server(display, timeout):
        return "" if _has_x_libraries() or opens_window() else _about_libraries()
    return _about_screen(plugins, environ)


def _about_libraries() -> str:
    from sora_desktop.system.installation import checkout, installation, missing_library_text  # late: for errors only

    advice = missing_library_text(installation(), root=checkout())
    return (
        f"Qt cannot open a window: system packages are missing. {advice} You can also {_OTHERWISE.removeprefix('or ')}"
    )


def _about_variables(names: list[str], environ: Mapping[str, str], native: str | None) -> str:
    shown = " and ".join(f"{name}={_printable(environ[name])}" for name in names)
    usual = f"“{native}”" if native is not None else "“xcb” (X11) or “wayland”"
    advice = f"or set it to {usual}, " if names == [_PLATFORM] else ""
    return f"Qt cannot open a window with {shown}. Unset {'it' if len(names) == 1 else 'them'}, {advice}{_OTHERWISE}"


def _about_screen(plugins: list[str], environ: Mapping[str, str]) -> str:
    display = _printable(environ.get("DISPLAY", ""))
    chosen = (
        f" {_PLATFORM}={_printable(environ[_PLATFORM])} asks for it; unset it if another screen is there."
        if plugins
        else ""
    )
    if plugins and "xcb" not in plugins:
        return f"No Wayland session can be reached.{chosen} Check WAYLAND_DISPLAY and XDG_RUNTIME_DIR, {_OTHERWISE}"
    if display:
        access = " and XAUTHORITY" if environ.get("XAUTHORITY") else ""
        return f"The screen {display} cannot be reached or lets nobody in.{chosen} Check DISPLAY{access}, {_OTHERWISE}"
    return f"There is no screen for the window.{chosen} Set DISPLAY, {_OTHERWISE}"


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)[:100]


def _has_x_libraries() -> bool:
    try:
        for name in _X_LIBRARIES:
            ctypes.CDLL(name)
    except OSError:
        return False
    return True


def _has_x_server(display: str, timeout: float) -> bool:
    """Connect as Qt will, so that a refused connection counts as no screen; for at most `timeout` seconds."""
    answers: list[bool] = []
    # a host that is gone, or a server that is stopped, lets xcb wait for minutes
    thread = threading.Thread(target=lambda: answers.append(_connects(display)), name="screen", daemon=True)
    thread.start()
    thread.join(timeout)
    return answers == [True]


def _connects(display: str) -> bool:
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:
        return True  # that the library is missing is found later
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connect.argtypes = [ctypes.c_char_p, ctypes.c_void_p]
    xcb.xcb_connection_has_error.argtypes = [ctypes.c_void_p]
    xcb.xcb_disconnect.argtypes = [ctypes.c_void_p]
    connection = xcb.xcb_connect(os.fsencode(display), None)
    try:
        return int(xcb.xcb_connection_has_error(connection)) == 0
    finally:
        xcb.xcb_disconnect(connection)


def _has_wayland_server(environ: Mapping[str, str], *, is_asked_for: bool) -> bool:
    name = environ.get("WAYLAND_DISPLAY", "") or ("wayland-0" if is_asked_for else "")
    if not name or sys.platform == "win32":
        return False
    import socket  # late: every start imports this module, and few sessions have Wayland alone

    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        try:
            connection.connect(str(Path(environ.get("XDG_RUNTIME_DIR", "/")) / name))
        except OSError:
            return False
    return True
