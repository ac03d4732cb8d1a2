"""What a row and its menu say in every phase: honest about money, silent about what is not known."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import get_args

import pytest

from sora_desktop.api.sora.profile import CAPABILITIES
from sora_desktop.domain.clip import Clip, VideoFacts
from sora_desktop.domain.job import (
    Abandoned,
    Failed,
    Job,
    JobId,
    Phase,
    Ready,
    RemoteId,
    Removed,
    Rendering,
    Saving,
    Unconfirmed,
    Unsaved,
    Waiting,
    is_billed,
)
from sora_desktop.domain.request import VideoRequest
from sora_desktop.state.row_text import (
    RowAction,
    RowText,
    Tone,
    age,
    clip_summary,
    length_text,
    ordinal,
    row_actions,
    row_text,
)

NOW = datetime(2026, 5, 20, 15, 0).timestamp()
TASK = RemoteId("task_1")
FACTS = VideoFacts(5.2, 1280, 720, 24.0, 125, True, "h264", "mp4", "00", 1000)
CLIP = Clip(Path("/library/cat.mp4"), FACTS)


def job(phase: Phase, *, changed: float = NOW, starred: bool = False, on_hold: bool = False) -> Job:
    return Job(JobId("1"), VideoRequest("A cat"), phase, NOW - 9000, changed, 1.0, starred, on_hold)


ON_HOLD = RowText("On hold: not sent until you say so", Tone.MUTED, action=RowAction("release", "Release"))
ROWS: list[tuple[Job, int | None, RowText]] = [
    (job(Waiting()), None, RowText("Queued", Tone.MUTED, progress=0.0)),
    (job(Waiting()), 2, RowText("Queued · 2nd in line", Tone.MUTED, progress=0.0)),
    (
        job(Waiting("Not enough credits.")),
        1,
        RowText("Cannot be sent yet · 1st in line", Tone.WARN, reason="Not enough credits."),
    ),
    (
        job(Waiting(), on_hold=True),
        None,
        ON_HOLD,
    ),
    (
        job(Waiting("No network."), on_hold=True),
        None,
        ON_HOLD,
    ),
    (job(Unconfirmed(), changed=NOW - 299), None, RowText("Sending…", Tone.MUTED, progress=0.0)),
    (
        job(Unconfirmed(), changed=NOW - 300),
        None,
        RowText("Outcome unknown: may have been charged", Tone.WARN, action=RowAction("resolve", "Resolve"), long=True),
    ),
    (
        job(Unconfirmed("The balance fell by the price.")),
        None,
        RowText("The balance fell by the price.", Tone.WARN, action=RowAction("resolve", "Resolve"), long=True),
    ),
    (
        job(Unconfirmed("Not charged.", safe_to_send=True)),
        None,
        RowText("Not charged.", Tone.WARN, action=RowAction("send_again", "Send again"), long=True),
    ),
    (job(Rendering(TASK)), None, RowText("Generating", Tone.ACCENT, progress=0.0)),
    (job(Rendering(TASK, 63)), None, RowText("Generating 63 %", Tone.ACCENT, progress=0.63)),
    (
        job(Rendering(TASK, 63, "No network.")),
        None,
        RowText("Generating 63 %", Tone.ACCENT, aside="No network.", progress=0.63),
    ),
    (job(Saving(TASK)), None, RowText("Downloading 0.0 MB", Tone.OK, progress=0.0)),
    (job(Saving(TASK, 1_500_000)), None, RowText("Downloading 1.5 MB", Tone.OK, progress=0.0)),
    (
        job(Saving(TASK, 1_500_000, 6_000_000)),
        None,
        RowText("Downloading 1.5 / 6.0 MB", Tone.OK, progress=0.25),
    ),
    (job(Saving(TASK, 9, 0)), None, RowText("Downloading 0.0 / 0.0 MB", Tone.OK, progress=1.0)),
    (
        job(Unsaved(TASK, "The link has expired.")),
        None,
        RowText(
            "Paid, not on disk yet: The link has expired.",
            Tone.WARN,
            action=RowAction("fetch", "Fetch again"),
            long=True,
        ),
    ),
    (job(Ready(CLIP), changed=NOW - 120), None, RowText("Sora 2  16:9  2 min ago", Tone.MUTED)),
    (
        job(Ready(replace(CLIP, warning="9.0 s long; 5 s were asked for."))),
        None,
        RowText("Sora 2  16:9  just now", Tone.MUTED, aside="9.0 s long; 5 s were asked for."),
    ),
    (job(Failed("It broke.")), None, RowText("It broke.", Tone.ERROR, action=RowAction("retry", "Retry"), long=True)),
    (
        job(Failed("")),
        None,
        RowText(
            "It failed, and the service did not say why", Tone.ERROR, action=RowAction("retry", "Retry"), long=True
        ),
    ),
    (
        job(Failed("Rejected by content policy. A face.", by_policy=True)),
        None,
        RowText(
            "Rejected by content policy. A face.", Tone.ERROR, action=RowAction("edit", "Edit and retry"), long=True
        ),
    ),
    (
        job(Failed("", by_policy=True)),
        None,
        RowText("Rejected by content policy", Tone.ERROR, action=RowAction("edit", "Edit and retry"), long=True),
    ),
    (
        job(Abandoned(TASK)),
        None,
        RowText("Stopped waiting (still billed)", Tone.WARN, action=RowAction("resume", "Resume watching"), long=True),
    ),
    (job(Removed()), None, RowText("Removed", Tone.MUTED)),
]


@pytest.mark.parametrize(("job", "place", "words"), ROWS)
def test_a_row_says_where_its_job_stands(job: Job, place: int | None, words: RowText) -> None:
    assert row_text(job, CAPABILITIES, now=NOW, queue_place=place) == words


@pytest.mark.parametrize(
    ("service", "phase", "words"),
    [
        ("sandbox", Waiting(), "Meant for the sandbox: not sent while another service is connected"),
        (
            "https://a.org/api/v1",
            Waiting("No."),
            "Meant for a.org: not sent while another service is connected",
        ),
        ("sandbox", Rendering(TASK, 40), "Paid at the sandbox: fetched when that is connected again"),
        ("sandbox", Unsaved(TASK, "cut"), "Paid at the sandbox: fetched when that is connected again"),
    ],
)
def test_a_row_of_another_service_says_what_it_waits_for(service: str, phase: Phase, words: str) -> None:
    other = replace(job(phase), service=service)
    assert row_text(other, CAPABILITIES, now=NOW, connected="https://live.example/api/v1").text == words
    for connected in ("", service):
        assert row_text(other, CAPABILITIES, now=NOW, connected=connected) == row_text(
            job(phase), CAPABILITIES, now=NOW
        )


def test_what_is_settled_says_the_same_whichever_service_is_connected() -> None:
    for phase in (Ready(CLIP), Failed("no"), Abandoned(TASK)):
        other = replace(job(phase), service="sandbox")
        assert row_text(other, CAPABILITIES, now=NOW, connected="https://live.example/api/v1") == row_text(
            job(phase), CAPABILITIES, now=NOW
        )


QUEUED = ["edit_queued", "to_front", "up", "down"]
MENUS: list[tuple[Job, list[str]]] = [
    (job(Waiting()), [*QUEUED, "hold", "edit", "star", "report", "remove"]),
    (replace(job(Waiting()), on_hold=True), [*QUEUED, "release", "edit", "star", "report", "remove"]),
    (job(Unconfirmed()), ["settle", "send_again", "edit", "star", "report", "remove"]),
    (job(Rendering(TASK)), ["edit", "star", "report", "stop_watching"]),
    (job(Saving(TASK)), ["edit", "star", "report", "stop_watching"]),
    (job(Unsaved(TASK, "cut")), ["fetch", "edit", "star", "report", "stop_watching"]),
    (job(Ready(CLIP)), ["open", "export", "show_in_folder", "reuse", "retry", "star", "report", "remove"]),
    (job(Failed("no")), ["edit", "retry", "star", "report", "remove"]),
    (job(Failed("no", remote_id=TASK)), ["edit", "retry", "resume", "star", "report", "remove"]),
    (job(Abandoned(TASK)), ["resume", "edit", "star", "report", "remove"]),
    (job(Removed()), []),
]


def test_the_tables_know_every_phase() -> None:
    phases = set(get_args(Phase))
    assert {type(row[0].phase) for row in ROWS} == phases
    assert {type(menu[0].phase) for menu in MENUS} == phases


@pytest.mark.parametrize(("job", "ids"), MENUS)
def test_a_menu_offers_what_can_be_done(job: Job, ids: list[str]) -> None:
    offered = [action.id for action in row_actions(job)]
    assert offered == ids
    starred = [action.id for action in row_actions(replace(job, starred=True))]
    assert starred == ["unstar" if id == "star" else id for id in ids]


@pytest.mark.parametrize("job", [menu[0] for menu in MENUS])
def test_a_verb_that_costs_says_so_and_one_that_gives_up_a_paid_video_says_that(job: Job) -> None:
    labels = {action.id: action.label for action in row_actions(job)}
    if "retry" in labels:
        assert "costs" in labels["retry"]
    if "stop_watching" in labels:
        assert "billed" in labels["stop_watching"]
    if labels.get("remove", "").endswith("(free)"):
        assert not is_billed(job.phase)


@pytest.mark.parametrize(
    ("phase", "price", "id", "label"),
    [
        (Unconfirmed("found", True), 100, "send_again", "Send again (was not charged)"),
        (Unconfirmed("found"), 100, "send_again", "Send again (may cost 100 credits a second time)"),
        (Unconfirmed("found"), None, "send_again", "Send again (may cost credits a second time)"),
        (Failed("no"), 100, "retry", "Retry (costs 100 credits again)"),
        (Failed("no"), None, "retry", "Retry (costs again)"),
        (Ready(CLIP), 200, "retry", "Make another take (costs 200 credits again)"),
    ],
)
def test_what_costs_again_names_its_price(phase: Phase, price: int | None, id: str, label: str) -> None:
    credits = None if price is None else Decimal(price)
    assert {action.id: action.label for action in row_actions(job(phase), credits)}[id] == label


def test_the_link_that_buys_again_names_its_price() -> None:
    words = row_text(job(Failed("no")), CAPABILITIES, now=NOW, price=Decimal(100))
    assert words.action == RowAction("retry", "Retry (100 credits)")


@pytest.mark.parametrize(
    ("then", "words"),
    [
        (datetime(2026, 5, 20, 15, 0, 5), "just now"),  # a clock set back
        (datetime(2026, 5, 20, 14, 59, 1), "just now"),
        (datetime(2026, 5, 20, 14, 59), "1 min ago"),
        (datetime(2026, 5, 20, 14, 0, 1), "59 min ago"),
        (datetime(2026, 5, 20, 14, 0), "1 h ago"),
        (datetime(2026, 5, 20, 0, 0), "15 h ago"),
        (datetime(2026, 5, 19, 23, 59), "Yesterday"),
        (datetime(2026, 5, 19, 0, 0), "Yesterday"),
        (datetime(2026, 5, 18, 23, 59), "18 May"),
        (datetime(2026, 1, 2), "02 Jan"),
        (datetime(2025, 12, 31), "31 Dec 2025"),
    ],
)
def test_an_age_is_said_as_people_say_it(then: datetime, words: str) -> None:
    assert age(then.timestamp(), NOW) == words


def test_two_minutes_over_midnight_are_two_minutes() -> None:
    assert age(datetime(2026, 5, 19, 23, 59).timestamp(), datetime(2026, 5, 20, 0, 1).timestamp()) == "2 min ago"


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (1, "1st"),
        (2, "2nd"),
        (3, "3rd"),
        (4, "4th"),
        (10, "10th"),
        (11, "11th"),
        (12, "12th"),
        (13, "13th"),
        (20, "20th"),
        (21, "21st"),
        (22, "22nd"),
        (101, "101st"),
        (111, "111th"),
        (112, "112th"),
        (123, "123rd"),
    ],
)
def test_ordinals(number: int, words: str) -> None:
    assert ordinal(number) == words


def test_a_clip_says_what_it_is() -> None:
    request = VideoRequest("A cat", "", "sora2-pro", "9:16", 15, "high")
    assert clip_summary(request, CAPABILITIES, NOW - 7200, NOW) == "Sora 2 Pro  9:16  High  2 h ago"


@pytest.mark.parametrize(
    ("seconds", "words"), [(5.2, "0:05"), (59.4, "0:59"), (59.6, "1:00"), (75.0, "1:15"), (0.0, "0:00")]
)
def test_the_length_of_a_clip_is_what_it_is(seconds: float, words: str) -> None:
    assert length_text(job(Ready(Clip(CLIP.file, replace(FACTS, seconds=seconds))))) == words


def test_the_length_of_what_is_not_there_is_what_was_asked_for() -> None:
    assert length_text(job(Rendering(TASK))) == "5 s"


def test_a_row_leaves_the_reason_to_the_line_over_the_library_and_keeps_it_where_there_is_room() -> None:
    reason = "Not enough credits: this needs 100, 50 are left."
    words = row_text(job(Waiting(reason)), CAPABILITIES, now=NOW, queue_place=1)
    assert reason not in (words.text, words.aside)
    assert words.all == ("Cannot be sent yet · 1st in line", reason)
