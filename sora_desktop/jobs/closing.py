"""What happens to each job when the program is closed now."""

from __future__ import annotations

from collections.abc import Iterable

from sora_desktop.domain.job import Job, Rendering, Saving, Unconfirmed, Unsaved, Waiting


def closing_messages(jobs: Iterable[Job], *, paused: bool = False) -> tuple[str, ...]:
    """Sentences for a person, those about paid jobs first; none when closing changes nothing."""
    rendering = downloading = unsaved = unheard = waiting = 0
    for job in jobs:
        match job.phase:
            case Rendering():
                rendering += 1
            case Saving():
                downloading += 1
            case Unsaved():
                unsaved += 1
            case Unconfirmed(reason=""):
                unheard += 1
            case Waiting() if not job.on_hold:
                waiting += 1
            case _:
                pass
    words: list[str] = []
    if rendering:
        are, they = ("is", "It is") if rendering == 1 else ("are", "They are")
        finish = "finishes" if rendering == 1 else "finish"
        words.append(
            f"{_videos(rendering)} {are} being made. {they} paid for, {finish} at the service, and will be fetched at "
            "the next start. Do not wait too long: the service keeps finished videos for a limited time."
        )
    if unheard:
        one = unheard == 1
        words.append(
            f"{'One request has' if one else f'{unheard} requests have'} just been sent. The answer is waited for "
            "for up to half a minute; if none comes, the next start finds out from the balance whether it was charged."
        )
    if downloading:
        goes = "goes" if downloading == 1 else "go"
        words.append(f"{_downloads(downloading)} {goes} on at the next start where it stopped.")
    if unsaved:
        are, will = ("is", "It") if unsaved == 1 else ("are", "They")
        words.append(f"{_videos(unsaved)} {are} paid for and not on this disk yet. {will} will be fetched again.")
    if waiting:
        one = waiting == 1
        then = "when the queue is no longer paused" if paused else "at the next start"
        words.append(
            f"{_videos(waiting)} {'waits' if one else 'wait'} in the queue, not sent and not paid for. "
            f"{'It is' if one else 'They are'} sent {then}."
        )
    return tuple(words)


def _videos(number: int) -> str:
    return "One video" if number == 1 else f"{number} videos"


def _downloads(number: int) -> str:
    return "One download" if number == 1 else f"{number} downloads"
