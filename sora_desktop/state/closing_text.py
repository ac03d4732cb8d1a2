"""What happens to each unfinished job if the program is closed now."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import ceil

from sora_desktop.domain.job import Job, Rendering, Saving, Unconfirmed, Unsaved, Waiting


def closing_text(
    jobs: Iterable[Job],
    *,
    paused: bool = False,
    answer_within: float | None = None,
    has_balance: bool = True,
    is_free: Callable[[Job], bool] = lambda _: False,
) -> tuple[str, ...]:
    """Sentences for the user, those about paid jobs first; none if closing changes nothing.

    `answer_within`: seconds for which closing waits for the answer to a request, at most; None: it does not wait.
    `has_balance`: the services that charge have a balance, which can show whether a request was charged. `is_free`:
    True if the job's service does not charge.
    """
    charged, free = list[Job](), list[Job]()
    for job in jobs:
        (free if is_free(job) else charged).append(job)
    then = "when the queue is resumed" if paused else "at the next start"
    return (
        *_about_charged(charged, then, answer_within, has_balance=has_balance),
        *_about_free(free, then, answer_within),
    )


def unfinished_text(files: Sequence[str]) -> str:
    """What closing means for files that are being exported."""
    if len(files) == 1:
        return f"The export to “{files[0]}” is not finished. Closing stops it."
    return f"{len(files)} exports are not finished. Closing stops them."


class _Unfinished:
    """How many jobs are in each phase that closing concerns."""

    def __init__(self, jobs: Iterable[Job]) -> None:
        self.rendering = self.downloading = self.unsaved = self.unanswered = self.waiting = 0
        for job in jobs:
            match job.phase:
                case Rendering():
                    self.rendering += 1
                case Saving():
                    self.downloading += 1
                case Unsaved():
                    self.unsaved += 1
                case Unconfirmed(reason=""):
                    self.unanswered += 1
                case Waiting() if not job.on_hold:
                    self.waiting += 1
                case _:
                    pass


def _about_charged(jobs: list[Job], then: str, answer_within: float | None, *, has_balance: bool) -> list[str]:
    there = _Unfinished(jobs)
    sentences: list[str] = []
    if there.rendering:
        are, they = ("is", "It is") if there.rendering == 1 else ("are", "They are")
        finish = "finishes" if there.rendering == 1 else "finish"
        sentences.append(
            f"{_videos(there.rendering)} {are} rendering. {they} paid for, {finish} at the service and will be "
            "downloaded at the next start. Do not wait too long: the service keeps finished videos for a limited time."
        )
    if there.unanswered:
        it, was = ("it", "was") if there.unanswered == 1 else ("they", "were")
        checks = (
            f"the next start checks the balance to find out whether {it} {was} charged."
            if has_balance
            else f"{it} may have been charged, and this service has no balance that could show it."
        )
        sentences.append(_without_answer(there.unanswered, answer_within, checks))
    if there.downloading:
        sentences.append(_continues(there.downloading))
    if there.unsaved:
        are, will = ("is", "It") if there.unsaved == 1 else ("are", "They")
        sentences.append(f"{_videos(there.unsaved)} {are} paid for and not saved yet. {will} will be downloaded again.")
    if there.waiting:
        sentences.append(_waits(there.waiting, "not sent and not paid for", then))
    return sentences


def _about_free(jobs: list[Job], then: str, answer_within: float | None) -> list[str]:
    there = _Unfinished(jobs)
    sentences: list[str] = []
    if there.rendering:
        are, finish = ("is", "It finishes") if there.rendering == 1 else ("are", "They finish")
        sentences.append(
            f"{_videos(there.rendering)} {are} rendering at an engine. {finish} there and will be downloaded at the "
            "next start. An engine that is restarted before that forgets its videos."
        )
    if there.unanswered:
        them = "it" if there.unanswered == 1 else "them"
        asks = f"the next start asks the engine whether it took {them}."
        sentences.append(_without_answer(there.unanswered, answer_within, asks))
    if there.downloading:
        sentences.append(_continues(there.downloading))
    if there.unsaved:
        are, will = ("is", "It") if there.unsaved == 1 else ("are", "They")
        sentences.append(f"{_videos(there.unsaved)} {are} rendered and not saved yet. {will} will be downloaded again.")
    if there.waiting:
        sentences.append(_waits(there.waiting, "not sent", then))
    return sentences


def _without_answer(number: int, answer_within: float | None, then: str) -> str:
    have = "One request has" if number == 1 else f"{number} requests have"
    if answer_within is None:
        return f"{have} got no answer yet; {then}"
    return (
        f"{have} just been sent. The program waits up to {ceil(answer_within)} s for the answer; if none comes, {then}"
    )


def _continues(number: int) -> str:
    return (
        "One download continues at the next start."
        if number == 1
        else f"{number} downloads continue at the next start."
    )


def _waits(number: int, state: str, then: str) -> str:
    are, they = ("is", "It is") if number == 1 else ("are", "They are")
    return f"{_videos(number)} {are} waiting in the queue, {state}. {they} sent {then}."


def _videos(number: int) -> str:
    return "One video" if number == 1 else f"{number} videos"
