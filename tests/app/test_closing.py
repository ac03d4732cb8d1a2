"""The window closes in order when the session ends."""

from __future__ import annotations

import asyncio

from PySide6.QtCore import QObject, QTimer, Signal
from waiting import until

from sora_desktop.app.event_loop import close_with_session


class Session(QObject):
    """Emits what `QGuiApplication` emits when the user logs out."""

    ends = Signal(object)


async def test_the_session_waits_until_the_program_is_closed() -> None:
    session, events, closed = Session(), list[str](), asyncio.Event()

    def log_out() -> None:
        session.ends.emit(None)
        events.append("the session goes on")

    with close_with_session(session.ends, closed.set):
        QTimer.singleShot(0, log_out)
        QTimer.singleShot(10, lambda: session.ends.emit(None))  # asked again during the wait
        await closed.wait()
        await asyncio.sleep(0.05)  # the answer to a create comes
        events.append("closed")
    await until(lambda: len(events) == 2)
    assert events == ["closed", "the session goes on"]
    session.ends.emit(None)
    assert len(events) == 2
