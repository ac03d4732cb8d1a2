"""The window's time with an event loop of asyncio's: from its first painting to its end."""

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
    """Do what the window wishes until it is closed; the exit status. Raises StoreProblem, OSError."""
    with (
        log_to(panels.records.data_folder.logs),
        asyncio.Runner(loop_factory=lambda: QEventLoop(app)) as runner,
    ):
        return runner.run(_run(panels, sandbox))


async def _run(panels: Panels, sandbox: bool) -> int:
    over = asyncio.Event()
    controller = WindowController(panels, closed=over.set, sandbox=sandbox)
    release = _end_on_signals(over)
    try:
        await _opened_or_left(controller, over)
        with collect_on_this_thread():
            await over.wait()
    finally:
        release()
        await controller.aclose()
    return 0


async def _opened_or_left(controller: WindowController, over: asyncio.Event) -> None:
    """Return when the desk is open, or is wanted no more. Raises what keeps it from opening."""
    opening = asyncio.create_task(controller.open(), name="open")
    leaving = asyncio.create_task(over.wait(), name="leave")
    try:
        await asyncio.wait({opening, leaving}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        leaving.cancel()
        opening.cancel()
        await asyncio.gather(opening, leaving, return_exceptions=True)
    if not opening.cancelled():
        opening.result()


def _end_on_signals(over: asyncio.Event) -> Callable[[], None]:
    """Let Ctrl-C and SIGTERM end the program in order; Qt alone would not notice them while it idles."""
    ours, qts = socket.socketpair()
    for end in (ours, qts):
        end.setblocking(False)
    notifier = QSocketNotifier(ours.fileno(), QSocketNotifier.Type.Read)
    notifier.activated.connect(lambda *_: over.set())
    before = signal.set_wakeup_fd(qts.fileno(), warn_on_full_buffer=False)
    numbers = (signal.SIGINT, signal.SIGTERM)
    handlers = [signal.signal(number, lambda *_: None) for number in numbers]

    def release() -> None:
        signal.set_wakeup_fd(before)
        for number, handler in zip(numbers, handlers, strict=True):
            signal.signal(number, handler)
        notifier.setEnabled(False)
        ours.close()
        qts.close()

    return release
