"""What happens to each unfinished job if the program is closed now."""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil

from sora_desktop.domain.job import Job, Rendering, Saving, Unconfirmed, Unsaved, Waiting


def closing_text(
    jobs: Iterable[Job], *, paused: bool = False, answer_within: float | None = None, has_balance: bool = True
) -> tuple[str, ...]:
    """Sentences for the user, those about paid jobs first; none if closing changes nothing.

    `answer_within`: seconds for which closing waits for the answer to a request, at most; None: it does not wait.
    `has_balance`: the service has a balance, which can show whether a request was charged.
    """
    rendering = downloading = unsaved = unanswered = waiting = 0
    for job in jobs:
        match job.phase:
            case Rendering():
                rendering += 1
            case Saving():
                downloading += 1
            case Unsaved():
                unsaved += 1
            case Unconfirmed(reason=""):
                unanswered += 1
            case Waiting() if not job.on_hold:
                waiting += 1
            case _:
                pass
    sentences: list[str] = []
    if rendering:
        are, they = ("is", "It is") if rendering == 1 else ("are", "They are")
        finish = "finishes" if rendering == 1 else "finish"
        sentences.append(
            f"{_videos(rendering)} {are} rendering. {they} paid for, {finish} at the service and will be downloaded at "
            "the next start. Do not wait too long: the service keeps finished videos for a limited time."
        )
    if unanswered:
        one = unanswered == 1
        have, it, was = ("One request has", "it", "was") if one else (f"{unanswered} requests have", "they", "were")
        checks = (
            f"the next start checks the balance to find out whether {it} {was} charged."
            if has_balance
            else f"{it} may have been charged, and this service has no balance that could show it."
        )
        if answer_within is None:
            sentences.append(f"{have} got no answer yet; {checks}")
        else:
            sentences.append(
                f"{have} just been sent. The program waits up to {ceil(answer_within)} s for the answer; if none "
                f"comes, {checks}"
            )
    if downloading:
        continues = "continues" if downloading == 1 else "continue"
        sentences.append(f"{_downloads(downloading)} {continues} at the next start.")
    if unsaved:
        are, will = ("is", "It") if unsaved == 1 else ("are", "They")
        sentences.append(f"{_videos(unsaved)} {are} paid for and not saved yet. {will} will be downloaded again.")
    if waiting:
        one = waiting == 1
        then = "when the queue is resumed" if paused else "at the next start"
        sentences.append(
            f"{_videos(waiting)} {'is' if one else 'are'} waiting in the queue, not sent and not paid for. "
            f"{'It is' if one else 'They are'} sent {then}."
        )
    return tuple(sentences)


def _videos(number: int) -> str:
    return "One video" if number == 1 else f"{number} videos"


def _downloads(number: int) -> str:
    return "One download" if number == 1 else f"{number} downloads"
