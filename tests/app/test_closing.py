"""The window closes in order when the session ends, or Qt its event loop."""

from __future__ import annotations

import asyncio

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QApplication
from waiting import until

from sora_desktop.app.event_loop import LastingLoop, close_with_session


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


def test_what_ends_qts_event_loop_cuts_nothing(qapp: QApplication) -> None:
    """As when the X server dies: from then on, Qt asks for its end in each run."""
    told = list[bool]()

    async def closes() -> str:
        closed = asyncio.Event()
        qapp.aboutToQuit.connect(closed.set)
        qapp.aboutToQuit.connect(lambda: told.append(True))
        qapp.exit(1)
        await closed.wait()
        for _ in range(3):
            qapp.exit(1)
            await asyncio.create_task(asyncio.sleep(0.001), name="a last write")
        return "closed"

    with asyncio.Runner(loop_factory=lambda: LastingLoop(qapp)) as runner:
        assert runner.run(closes()) == "closed" and told
    qapp.aboutToQuit.disconnect()
