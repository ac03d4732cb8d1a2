"""What the user is told about unfinished jobs before the program closes."""

from __future__ import annotations

from dataclasses import replace

from sora_desktop.domain.job import (
    Abandoned,
    Failed,
    Job,
    Phase,
    RemoteId,
    Rendering,
    Saving,
    Unconfirmed,
    Waiting,
    new_job,
)
from sora_desktop.domain.request import VideoRequest
from sora_desktop.state.closing_text import closing_text


def job(phase: Phase, on_hold: bool = False) -> Job:
    return replace(new_job(VideoRequest("a sailboat at dusk"), "test", 1.0), phase=phase, on_hold=on_hold)


def test_closing_says_what_happens_to_each_job() -> None:
    id = RemoteId("task_1")
    sentences = closing_text(
        [
            job(Rendering(id)),
            job(Rendering(id)),
            job(Saving(id)),
            job(Unconfirmed()),
            job(Unconfirmed("outcome unknown")),
            job(Waiting()),
            job(Waiting(), on_hold=True),
            job(Failed("no")),
            job(Abandoned(id)),
        ]
    )
    assert [sentence.split(".")[0] for sentence in sentences] == [
        "2 videos are rendering",
        "One request has just been sent",
        "One download continues at the next start",
        "One video is waiting in the queue, not sent and not paid for",
    ]
    assert "finish at the service and will be downloaded at the next start" in sentences[0]


def test_closing_says_nothing_when_it_changes_nothing() -> None:
    assert closing_text([job(Failed("no"))]) == ()


def test_closing_a_paused_queue_says_when_it_is_sent() -> None:
    assert "when the queue is resumed" in closing_text([job(Waiting())], paused=True)[0]
