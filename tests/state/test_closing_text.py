"""What the user is told about unfinished jobs before the program closes."""

from __future__ import annotations

from builders import a_job

from sora_desktop.domain.job import (
    Abandoned,
    Failed,
    RemoteId,
    Rendering,
    Saving,
    Unconfirmed,
    Unsaved,
    Waiting,
)
from sora_desktop.state.closing_text import closing_text


def test_closing_says_what_happens_to_each_job() -> None:
    id = RemoteId("task_1")
    sentences = closing_text(
        [
            a_job(Rendering(id)),
            a_job(Rendering(id)),
            a_job(Saving(id)),
            a_job(Unconfirmed()),
            a_job(Unconfirmed("outcome unknown")),
            a_job(Waiting()),
            a_job(Waiting(), on_hold=True),
            a_job(Failed("no")),
            a_job(Abandoned(id)),
        ],
        answer_within=129.2,
    )
    assert [sentence.split(".")[0] for sentence in sentences] == [
        "2 videos are rendering",
        "One request has just been sent",
        "One download continues at the next start",
        "One video is waiting in the queue, not sent and not paid for",
    ]
    assert "finish at the service and will be downloaded at the next start" in sentences[0]


def test_closing_says_how_long_it_waits_for_an_answer() -> None:
    (sentence,) = closing_text([a_job(Unconfirmed())], answer_within=129.2)
    assert "waits up to 130 s for the answer" in sentence
    (sentence,) = closing_text([a_job(Unconfirmed()), a_job(Unconfirmed())])
    assert sentence == (
        "2 requests have got no answer yet; the next start checks the balance to find out whether they were charged."
    )


def test_closing_promises_no_look_at_a_balance_that_the_service_does_not_have() -> None:
    for answer_within in (None, 30.0):
        (sentence,) = closing_text([a_job(Unconfirmed())], answer_within=answer_within, has_balance=False)
        assert "checks the balance" not in sentence
        assert sentence.endswith("it may have been charged, and this service has no balance that could show it.")
        (sentence,) = closing_text([a_job(Unconfirmed())] * 2, answer_within=answer_within, has_balance=False)
        assert "they may have been charged" in sentence


def test_closing_says_nothing_when_it_changes_nothing() -> None:
    assert closing_text([a_job(Failed("no"))]) == ()


def test_closing_a_paused_queue_says_when_it_is_sent() -> None:
    assert "when the queue is resumed" in closing_text([a_job(Waiting())], paused=True)[0]


def test_closing_speaks_of_no_money_where_a_service_does_not_charge() -> None:
    id = RemoteId("task_1")
    phases = (Rendering(id), Saving(id), Unconfirmed(), Unsaved(id, "cut"), Waiting())
    sentences = closing_text([a_job(phase, service="engine") for phase in phases], is_free=lambda _: True)
    assert [sentence.split(".")[0] for sentence in sentences] == [
        "One video is rendering at an engine",
        "One request has got no answer yet; the next start asks the engine whether it took it",
        "One download continues at the next start",
        "One video is rendered and not saved yet",
        "One video is waiting in the queue, not sent",
    ]
    text = " ".join(sentences)
    assert not [word for word in ("paid", "charged", "billed", "balance", "credit") if word in text]


def test_closing_names_paid_jobs_first() -> None:
    id = RemoteId("task_1")
    jobs = [a_job(Rendering(id), 1, service="engine"), a_job(Rendering(id), 2)]
    paid, free = closing_text(jobs, is_free=lambda job: job.service == "engine")
    assert "paid for" in paid and "paid for" not in free
