"""Runs the window on an asyncio event loop, from the first paint until it is closed."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Callable

from PySide6.QtCore import QSocketNotifier
from PySide6.QtWidgets import QApplication
from qasync import QEventLoop

from sora_desktop.app.garbage_collection import collect_on_this_thread
from sora_desktop.controllers.panels import Panels
from sora_desktop.controllers.window import WindowController
from sora_desktop.system.logs import log_to


def run_until_closed(panels: Panels, app: QApplication, *, sandbox: bool) -> int:
    """Run the window until it is closed. Returns the exit status. Raises StoreError, OSError."""
    with (
        log_to(panels.records.data_folder.logs),
        asyncio.Runner(loop_factory=lambda: QEventLoop(app)) as runner,
    ):
        return runner.run(_run(panels, sandbox))


async def _run(panels: Panels, sandbox: bool) -> int:
    closed = asyncio.Event()
    controller = WindowController(panels, closed=closed.set, sandbox=sandbox)
    restore_signals = _close_on_signals(closed)
    try:
        await open_unless_closed(controller, closed)
        with collect_on_this_thread():
            await closed.wait()
    finally:
        restore_signals()
        await controller.aclose()
    return 0


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


def _close_on_signals(closed: asyncio.Event) -> Callable[[], None]:
    """Let Ctrl-C and SIGTERM close the program. Qt alone does not notice signals while idle.

    Returns a function that restores the previous handlers.
    """
    read_end, write_end = socket.socketpair()
    for end in (read_end, write_end):
        end.setblocking(False)
    notifier = QSocketNotifier(read_end.fileno(), QSocketNotifier.Type.Read)
    notifier.activated.connect(lambda *_: closed.set())
    before = signal.set_wakeup_fd(write_end.fileno(), warn_on_full_buffer=False)
    numbers = (signal.SIGINT, signal.SIGTERM)
    handlers = [signal.signal(number, lambda *_: None) for number in numbers]

    def restore() -> None:
        signal.set_wakeup_fd(before)
        for number, handler in zip(numbers, handlers, strict=True):
            signal.signal(number, handler)
        notifier.setEnabled(False)
        read_end.close()
        write_end.close()

    return restore
