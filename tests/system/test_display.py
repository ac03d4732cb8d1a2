"""Why no window can be opened, found out before Qt aborts."""

from __future__ import annotations

import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sora_desktop.system import display
from sora_desktop.system.display import TRIAL, opens_window, screen_problem
from sora_desktop.system.subprocesses import child_environment, own_command

only_x11 = pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="a screen is assumed on these platforms")


def never() -> bool:
    raise AssertionError("a usual environment needs no trial")


def fails() -> bool:
    return False


def works() -> bool:
    return True


@contextmanager
def wayland_session(answer: bytes = struct.pack("=3I", 2, 12 << 16, 0)) -> Iterator[dict[str, str]]:
    """A compositor that answers the first request, by default with wl_callback.done."""
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"{folder}/wayland-0")
        listener.listen()

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    assert connection.recv(64)
                    connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield {"WAYLAND_DISPLAY": "wayland-0", "XDG_RUNTIME_DIR": folder}
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({}, "There is no screen for the window. Set DISPLAY"),
        ({"QT_QPA_PLATFORM": ""}, "There is no screen"),
        ({"DISPLAY": ":48213"}, "The screen :48213 cannot be reached"),
        ({"DISPLAY": "not a display"}, "The screen not a display cannot be reached"),
        ({"DISPLAY": "\udcff\n:1"}, "The screen ??:1 cannot be reached"),
        ({"DISPLAY": ":48213", "XAUTHORITY": "/nowhere"}, "Check DISPLAY and XAUTHORITY"),
        ({"WAYLAND_DISPLAY": "wayland-none", "XDG_RUNTIME_DIR": "/nowhere"}, "The Wayland session wayland-none"),
        ({"WAYLAND_DISPLAY": "none", "DISPLAY": ":48213"}, "The screen :48213 cannot be reached"),
        ({"QT_QPA_PLATFORM": "xcb"}, "There is no screen for the window. QT_QPA_PLATFORM=xcb allows no other"),
        ({"QT_QPA_PLATFORM": "xcb", "WAYLAND_DISPLAY": "none"}, "There is no screen"),
        ({"QT_QPA_PLATFORM": "xcb:x=1", "DISPLAY": ":48213"}, "The screen :48213 cannot be reached"),
        ({"QT_QPA_PLATFORM": "wayland"}, "A Wayland session cannot be reached. QT_QPA_PLATFORM=wayland allows"),
        ({"QT_QPA_PLATFORM": "wayland;xcb", "DISPLAY": ":48213"}, "The screen :48213 cannot be reached"),
        ({"QT_PLUGIN_PATH": "/opt/qt5", "QT_FATAL_WARNINGS": "1"}, "There is no screen for the window. Set DISPLAY"),
    ],
)
@only_x11
def test_a_screen_that_cannot_be_reached_is_named(environ: dict[str, str], said: str) -> None:
    problem = screen_problem(environ, opens_window=never)
    assert said in problem and "sora-desktop generate" in problem


@pytest.mark.parametrize("value", ["offscreen", "xcb;offscreen", "offscreen;wayland"])
@only_x11
def test_a_plugin_without_a_screen_needs_no_trial(value: str) -> None:
    assert screen_problem({"QT_QPA_PLATFORM": value}, opens_window=never) == ""


@pytest.mark.parametrize(
    "value",
    [
        *("gtk3", "minimal", "minimalegl", "eglfs", "linuxfb", "vnc", " xcb", ";", "xcb;nonsense", "\n"),
        *("offscreen:configfile=/none", "xcb;offscreen:size=1"),
    ],
)
@pytest.mark.parametrize("platform", ["linux", "win32", "darwin"])
def test_any_other_plugin_is_tried(value: str, platform: str) -> None:
    environ = {"QT_QPA_PLATFORM": value, "DISPLAY": ":48213"}
    assert screen_problem(environ, platform, works) == ""
    usual = {"linux": "“xcb” (X11) or “wayland”", "win32": "“windows”", "darwin": "“cocoa”"}[platform]
    shown = value.replace("\n", "?")
    assert f"with QT_QPA_PLATFORM={shown}. Unset it, or set it to {usual}" in screen_problem(environ, platform, fails)


@pytest.mark.parametrize(
    "variable", ["QT_QPA_PLATFORM_PLUGIN_PATH", "QT_PLUGIN_PATH", "QT_FATAL_WARNINGS", "QT_FATAL_CRITICALS"]
)
@pytest.mark.parametrize("platform", ["linux", "win32", "darwin"])
def test_what_else_can_make_qt_abort_is_tried(variable: str, platform: str) -> None:
    screen = {variable: "/opt/qt5", "QT_QPA_PLATFORM": "offscreen"}
    assert screen_problem(screen, platform, works) == ""
    assert f"Qt cannot open a window with {variable}=/opt/qt5. Unset it, or use" in screen_problem(
        screen, platform, fails
    )
    both = screen_problem({variable: "/opt/qt5", "QT_QPA_PLATFORM": "gtk3"}, platform, fails)
    assert f"QT_QPA_PLATFORM=gtk3 and {variable}=/opt/qt5. Unset them" in both


@pytest.mark.parametrize(("platform", "native"), [("win32", "windows"), ("darwin", "cocoa"), ("cygwin", "windows")])
def test_windows_and_macos_always_have_a_screen(platform: str, native: str) -> None:
    assert screen_problem({}, platform, never) == screen_problem({"QT_QPA_PLATFORM": native}, platform, never) == ""


@only_x11
def test_a_wayland_session_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(display, "_WAYLAND_LIBRARIES", ())  # this machine may lack them
    with wayland_session() as environ:
        assert screen_problem(environ, opens_window=never) == ""
        assert screen_problem({**environ, "QT_QPA_PLATFORM": "wayland"}, opens_window=never) == ""
        runtime = {"XDG_RUNTIME_DIR": environ["XDG_RUNTIME_DIR"]}
        assert screen_problem({**runtime, "QT_QPA_PLATFORM": "wayland"}, opens_window=never) == ""
        assert "No screen" not in screen_problem({**runtime, "QT_QPA_PLATFORM": "xcb"}, opens_window=never)
        assert screen_problem({**environ, "QT_QPA_PLATFORM": "xcb"}, opens_window=never) != ""
        assert screen_problem({**runtime, "XDG_SESSION_TYPE": "wayland"}, opens_window=never) == ""
        assert screen_problem({"WAYLAND_DISPLAY": f"{environ['XDG_RUNTIME_DIR']}/wayland-0"}, opens_window=never) == ""


@only_x11
def test_a_socket_without_a_compositor_is_no_screen() -> None:
    with wayland_session(answer=b"") as environ:
        assert "The Wayland session wayland-0 cannot be reached" in screen_problem(environ, opens_window=never)


@pytest.mark.skipif(shutil.which("Xvfb") is None, reason="needs Xvfb")
@only_x11
def test_a_number_that_the_server_has_no_screen_for_is_no_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XAUTHORITY", raising=False)
    reading, writing = os.pipe()
    with subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-nolisten", "tcp", "-noreset"],  # a reset refuses the next connection
        pass_fds=[writing],
        stderr=subprocess.DEVNULL,
    ) as server:
        os.close(writing)
        with os.fdopen(reading) as opened:
            number = opened.readline().strip()
        try:
            for display in (f":{number}", f"unix/:{number}", f":{number}.0"):
                assert screen_problem({"DISPLAY": display}, opens_window=never) == ""
            assert f"The screen :{number}.7 cannot" in screen_problem({"DISPLAY": f":{number}.7"}, opens_window=never)
        finally:
            server.terminate()


@only_x11
def test_a_screen_that_stays_silent_is_not_waited_for_long() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        number = silent.getsockname()[1] - 6000
        assert "cannot be reached" in screen_problem(
            {"DISPLAY": f"127.0.0.1:{number}"}, opens_window=never, timeout=0.2
        )


@pytest.mark.parametrize(("trial", "said"), [(works, ""), (fails, "packages are missing. Run `python3 ")])
@only_x11
def test_missing_libraries_are_found_by_a_trial(
    trial: Callable[[], bool], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for system, environ in (("x", {"DISPLAY": ":0"}), ("wayland", {"WAYLAND_DISPLAY": "wayland-0"})):
        monkeypatch.setattr(display, f"_has_{system}_server", lambda *_: True)
        monkeypatch.setattr(display, f"_{system.upper()}_LIBRARIES", ("libnothing-of-this-name.so.7",))
        assert said in screen_problem(environ, opens_window=trial)
        monkeypatch.setattr(display, f"_{system.upper()}_LIBRARIES", ())
        assert screen_problem(environ, opens_window=never) == ""


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("gtk3", False),
        ("nonsense;offscreen", True),
        ("linuxfb:fb=/x", False),
        ("offscreen:configfile=/none", False),
        ("minimal", False),
    ],
)
@only_x11
def test_a_trial_shows_whether_qt_aborts(
    value: str, expected: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", value)
    monkeypatch.chdir(tmp_path)
    assert opens_window() is expected
    assert list(tmp_path.iterdir()) == []  # no core file


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"QT_QPA_PLATFORM": "gtk3"}, "Qt cannot open a window with QT_QPA_PLATFORM=gtk3."),
        (
            {"QT_QPA_PLATFORM": "", "DISPLAY": "", "WAYLAND_DISPLAY": "", "XDG_SESSION_TYPE": ""},
            "There is no screen for the window.",
        ),
    ],
)
@only_x11
def test_a_window_that_cannot_be_opened_ends_with_a_sentence_and_status_2(
    environ: dict[str, str], said: str, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    for arguments in (["--data", str(data)], [f"--data={data}"]):  # the latter is parsed by the command line
        done = subprocess.run(
            own_command(*arguments), env={**child_environment(), **environ}, capture_output=True, text=True
        )
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith(f"sora-desktop: {said}") and done.stderr.count("\n") == 1
    assert not data.exists()


def test_a_trial_works_here() -> None:
    environ = {**child_environment(), "QT_QPA_PLATFORM": "offscreen"}
    assert subprocess.run(own_command(TRIAL), env=environ, cwd=tempfile.gettempdir()).returncode == 0
