"""Runs the window on an asyncio event loop, from the first paint until it is closed."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any

import qasync
from PySide6.QtCore import QEventLoop, QSocketNotifier, SignalInstance
from PySide6.QtWidgets import QApplication

from sora_desktop.api.http.download_process import DownloadProcess
from sora_desktop.app.garbage_collection import collect_on_this_thread
from sora_desktop.controllers.panels import Panels
from sora_desktop.controllers.window import WindowController
from sora_desktop.system.desktop_notifications import DesktopNotifications
from sora_desktop.system.end_signals import EndSignals
from sora_desktop.system.logs import log_to
from sora_desktop.system.motion import wants_reduced_motion
from sora_desktop.ui.app_theme import AppTheme

log = logging.getLogger(__name__)

#: Threads for work that would hold up the event loop, at most.
THREADS = 10
#: Seconds between two runs of Qt's event loop that it has ended by itself. Without an X server each run ends at once.
PAUSE_AFTER_QUIT = 0.01


def run_until_closed(panels: Panels, app: QApplication, *, sandbox: bool) -> int:
    """Run the window until it is closed. Returns the exit status. Raises StoreError, OSError."""
    with (
        log_to(panels.records.data_folder.logs),
        asyncio.Runner(loop_factory=lambda: LastingLoop(app)) as runner,
    ):
        return runner.run(_run(panels, app, sandbox))


class LastingLoop(qasync.QEventLoop):  # type: ignore[misc]
    """An event loop that Qt cannot end: it goes on until the engine is closed, whose last answer may be paid for.

    Qt ends its event loop when the X server dies, or the desktop asks the program to quit.
    """

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        # started one by one, as needed; qasync would start ten threads of Qt at the first use
        self.set_default_executor(ThreadPoolExecutor(THREADS, "worker"))

    def run_until_complete(self, future: Any) -> Any:
        """Run until the future is done. `QCoreApplication.aboutToQuit` tells that Qt has ended its loop before."""
        future = asyncio.ensure_future(future, loop=self)

        def stop(_: object) -> None:
            self.stop()

        future.add_done_callback(stop)
        self.run_forever()
        if not future.done():
            log.warning("Qt has ended its event loop; the program is closed")
        while not future.done():
            time.sleep(PAUSE_AFTER_QUIT)
            self.run_forever()
        future.remove_done_callback(stop)
        return super().run_until_complete(future)


async def _run(panels: Panels, app: QApplication, sandbox: bool) -> int:
    closed = asyncio.Event()
    desktop = DesktopNotifications(app.applicationDisplayName(), app.desktopFileName())
    controller = WindowController(
        panels, closed=closed.set, sandbox=sandbox, desktop=desktop, download_process=DownloadProcess()
    )
    app.aboutToQuit.connect(closed.set)
    with _close_on_signals(closed.set), close_with_session(app.commitDataRequest, closed.set):
        try:
            await open_unless_closed(controller, closed)
            motion = asyncio.create_task(_follow_motion(panels.theme), name="motion")
            with collect_on_this_thread(lambda: panels.player.is_playing or controller.compare_controller.is_playing):
                await closed.wait()
            motion.cancel()
        finally:  # a second signal must not cut this: the answer to a create may be on its way
            await controller.aclose()
    return 0


async def _follow_motion(theme: AppTheme) -> None:
    theme.set_animates(not await wants_reduced_motion())


async def open_unless_closed(controller: WindowController, closed: asyncio.Event) -> None:
    """Open the controller; stop opening it if the window is closed. Raises what opening raises."""
    opening = asyncio.create_task(controller.open(), name="open")
    closing = asyncio.create_task(closed.wait(), name="wait for close")
    try:
        await asyncio.wait({opening, closing}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        closing.cancel()
        opening.cancel()
        await asyncio.gather(opening, closing, return_exceptions=True)
    if not opening.cancelled():
        opening.result()


@contextmanager
def close_with_session(session_ends: SignalInstance, close: Callable[[], None]) -> Iterator[None]:
    """While the block runs, the end of the user's session closes the program, and waits until the block has ended.

    `session_ends` is a signal such as `QGuiApplication.commitDataRequest`: the session goes on when its receivers
    return.
    """
    waiting = QEventLoop()

    def wait(*_: object) -> None:
        close()
        if not waiting.isRunning():
            waiting.exec()

    connection = session_ends.connect(wait)
    try:
        yield
    finally:
        session_ends.disconnect(connection)
        waiting.quit()


@contextmanager
def _close_on_signals(close: Callable[[], None]) -> Iterator[None]:
    """While the block runs, signals such as Ctrl-C close the program. Qt alone does not notice signals while idle."""
    read_end, write_end = socket.socketpair()
    for end in (read_end, write_end):
        end.setblocking(False)
    notifier = QSocketNotifier(read_end.fileno(), QSocketNotifier.Type.Read)

    def wake(*_: object) -> None:
        with suppress(BlockingIOError):
            while read_end.recv(64):
                pass
        close()

    notifier.activated.connect(wake)
    before = signal.set_wakeup_fd(write_end.fileno(), warn_on_full_buffer=False)
    try:
        with EndSignals(lambda: None):  # the notifier closes: a handler may run in the middle of a task
            yield
    finally:
        signal.set_wakeup_fd(before)
        notifier.setEnabled(False)
        read_end.close()
        write_end.close()
