"""The end of a command that the user interrupts: once, in order, and with a true account of what is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Container, Coroutine, Iterable
from contextlib import suppress

from sora_desktop.domain.job import Job, Rendering, Saving, Unconfirmed, Unsaved, Waiting

#: The end of a command that has neither sent a request nor queued one.
INTERRUPTED_EARLY = "Interrupted. This command sent nothing."


class Interruption:
    """Cancels a command when the user asks for its end.

    Only the first time counts: a second Ctrl-C must not cut the wait for an answer that names a paid video.
    """

    def __init__(self) -> None:
        self._was_asked = False
        self._task: asyncio.Task[int] | None = None
        self._was_cancelled = False

    def ask(self) -> None:
        """End the command in order. May be called by a signal handler, also before the command runs."""
        self._was_asked = True
        if self._task is not None:
            with suppress(RuntimeError):  # the loop is closed: the command has ended
                self._task.get_loop().call_soon_threadsafe(self._cancel)

    async def supervise(self, work: Coroutine[object, object, int]) -> int:
        """Run the command. Returns its exit status, or raises what it raises."""
        self._task = asyncio.ensure_future(work)
        if self._was_asked:
            self._cancel()
        await asyncio.wait({self._task})
        return self._task.result()

    def _cancel(self) -> None:
        if self._task is not None and not self._was_cancelled:
            self._was_cancelled = True
            self._task.cancel()


def interrupted_text(jobs: Iterable[Job], *, free: Container[str] = ()) -> str:
    """What is on disk after a command was interrupted, for the user.

    `jobs`: all unsettled jobs, as saved. `free`: the names of the services that charge nothing.
    """
    waiting = paid = kept = unanswered = 0
    for job in jobs:
        match job.phase:
            case Waiting():
                waiting += 1
            case Rendering() | Saving() | Unsaved() if job.service in free:
                kept += 1
            case Rendering() | Saving() | Unsaved():
                paid += 1
            case Unconfirmed(reason=""):
                unanswered += 1
            case _:
                pass
    sentences = ["Interrupted."]
    if waiting:
        sentences.append(f"{_videos(waiting)} {'is' if waiting == 1 else 'are'} queued and not sent.")
    if paid:
        sentences.append(f"{_videos(paid)} {'is' if paid == 1 else 'are'} paid for and kept.")
    if kept:
        sentences.append(f"{_videos(kept)} {'is' if kept == 1 else 'are'} sent and kept.")
    if unanswered:
        one = unanswered == 1
        requests, its = ("1 request", "its") if one else (f"{unanswered} requests", "their")
        sentences.append(f"{requests} without an answer on disk: {its} outcome is unknown.")
    if waiting or paid or kept or unanswered:
        sentences.append("Run `sora-desktop resume` to continue.")
    return " ".join(sentences)


def _videos(number: int) -> str:
    return "1 video" if number == 1 else f"{number} videos"
