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
#: Make Qt abort at any warning.
_FATAL = ("QT_FATAL_WARNINGS", "QT_FATAL_CRITICALS")
#: The plugin that needs nothing unless it has options, and those whose screen can be looked for without Qt.
_WITHOUT_SCREEN = "offscreen"
_WITH_SERVER = ("xcb", "wayland")
_NATIVE = {"win32": "windows", "cygwin": "windows", "darwin": "cocoa"}
#: Libraries that the plugins "xcb" and "wayland" need and that PySide6 does not bring.
_X_LIBRARIES = ("libxcb.so.1", "libxcb-cursor.so.0")
_WAYLAND_LIBRARIES = ("libwayland-client.so.0", "libwayland-cursor.so.0")
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
    native = _NATIVE.get(platform)
    known = (native,) if native is not None else _WITH_SERVER
    plugins, is_usual = [], True
    for plugin in setting.split(";") if setting else []:
        plugins.append(plugin.partition(":")[0])
        is_usual = is_usual and (plugin == _WITHOUT_SCREEN or plugins[-1] in known)
    unusual = [name for name in (*_PLUGIN_PATHS, *_FATAL) if environ.get(name)]
    if not is_usual:
        unusual.insert(0, _PLATFORM)
    elif native is None and _WITHOUT_SCREEN not in plugins:
        problem = _problem_with_server(plugins, environ, opens_window, timeout)
        if problem:
            return problem
    return "" if not unusual or opens_window() else _about_variables(unusual, environ, native)


def _problem_with_server(
    plugins: list[str], environ: Mapping[str, str], opens_window: Callable[[], bool], timeout: float
) -> str:
    display, session = environ.get("DISPLAY", ""), _wayland_session(environ, is_asked_for="wayland" in plugins)
    wanted = plugins or _WITH_SERVER
    if session and "wayland" in wanted and _has_wayland_server(session, timeout):
        return _about_libraries(_WAYLAND_LIBRARIES, opens_window)
    if display and "xcb" in wanted and _has_x_server(display, timeout):
        return _about_libraries(_X_LIBRARIES, opens_window)
    return _about_screen(plugins, environ)


def _about_libraries(names: tuple[str, ...], opens_window: Callable[[], bool]) -> str:
    if _has_libraries(names) or opens_window():
        return ""
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
    display, session = _printable(environ.get("DISPLAY", "")), _printable(environ.get("WAYLAND_DISPLAY", ""))
    chosen = (
        f" {_PLATFORM}={_printable(environ[_PLATFORM])} allows no other kind of screen; unset it if there is one."
        if plugins
        else ""
    )
    if "xcb" not in plugins and ("wayland" in plugins or (session and not display)):
        name = f"The Wayland session {session}" if session else "A Wayland session"
        return f"{name} cannot be reached.{chosen} Check WAYLAND_DISPLAY and XDG_RUNTIME_DIR, {_OTHERWISE}"
    if display:
        access = " and XAUTHORITY" if environ.get("XAUTHORITY") else ""
        return f"The screen {display} cannot be reached or lets nobody in.{chosen} Check DISPLAY{access}, {_OTHERWISE}"
    return f"There is no screen for the window.{chosen} Set DISPLAY, {_OTHERWISE}"


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)[:100]


def _has_libraries(names: tuple[str, ...]) -> bool:
    try:
        for name in names:
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
    number = ctypes.byref(ctypes.c_int())  # only if it is asked for, a number that no screen has is an error
    connection = xcb.xcb_connect(os.fsencode(display), number)
    try:
        return int(xcb.xcb_connection_has_error(connection)) == 0
    finally:
        xcb.xcb_disconnect(connection)


def _wayland_session(environ: Mapping[str, str], *, is_asked_for: bool) -> str:
    """The socket of the session that Qt tries to reach; empty if it tries none."""
    is_usual = is_asked_for or environ.get("XDG_SESSION_TYPE") == "wayland"
    name = environ.get("WAYLAND_DISPLAY", "") or ("wayland-0" if is_usual else "")
    return str(Path(environ.get("XDG_RUNTIME_DIR", "/")) / name) if name else ""


def _has_wayland_server(session: str, timeout: float) -> bool:
    """True if a compositor answers."""
    if sys.platform == "win32":
        return False
    import socket  # late: every start imports this module, and few sessions have Wayland

    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(timeout)
        try:
            connection.connect(session)
            # the request wl_display.sync of 12 bytes: object 1, opcode 0, answered as object 2
            connection.sendall(b"".join(word.to_bytes(4, sys.byteorder) for word in (1, 12 << 16, 2)))
            return connection.recv(1) != b""
        except OSError:
            return False
