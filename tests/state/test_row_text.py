"""The texts of a row in every phase."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import get_args

import pytest
from builders import a_job, video_facts

from sora_desktop.api.sora.capabilities import CAPABILITIES
from sora_desktop.domain.clip import Clip
from sora_desktop.domain.job import (
    Abandoned,
    Cancelled,
    Failed,
    Job,
    Phase,
    Ready,
    RemoteId,
    Removed,
    Rendering,
    Saving,
    Trashed,
    Unconfirmed,
    Unsaved,
    Waiting,
)
from sora_desktop.domain.ledger import Charge, Refund
from sora_desktop.domain.overrides import Override
from sora_desktop.domain.request import VideoRequest
from sora_desktop.state.actions import PAID, Action
from sora_desktop.state.job_services import JobService, JobServices
from sora_desktop.state.row_text import (
    RowLink,
    RowText,
    age,
    charge_text,
    clip_summary,
    length_text,
    ordinal,
    row_text,
)
from sora_desktop.state.tone import Tone

NOW = datetime(2026, 5, 20, 15, 0).timestamp()
TASK = RemoteId("task_1")
LIVE = "https://live.example/api/v1"
SERVICE = JobService("Live", CAPABILITIES)
CLIP = Clip(Path("/library/cat.mp4"), video_facts(seconds=5.2, frames=125))


def job(phase: Phase, *, changed: float = NOW, starred: bool = False, on_hold: bool = False) -> Job:
    return a_job(phase, made=NOW - 9000, changed=changed, starred=starred, on_hold=on_hold, prompt="A cat")


ON_HOLD = RowText("On hold, not sent", Tone.MUTED, link=RowLink("Release (price unknown)", Action.RELEASE))
ROWS: list[tuple[Job, int | None, RowText]] = [
    (job(Waiting()), None, RowText("Queued", Tone.MUTED, progress=0.0)),
    (job(Waiting()), 2, RowText("Queued · 2nd in line", Tone.MUTED, progress=0.0)),
    (
        job(Waiting("Not enough credits.")),
        1,
        RowText("Cannot be sent yet · next in line", Tone.WARN, reason="Not enough credits."),
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
        RowText("Outcome unknown: may have been charged", Tone.WARN, link=RowLink("Resolve", None), long=True),
    ),
    (
        job(Unconfirmed("The balance fell by the price.")),
        None,
        RowText("The balance fell by the price.", Tone.WARN, link=RowLink("Resolve", None), long=True),
    ),
    (
        job(Unconfirmed("Not charged.", safe_to_send=True)),
        None,
        RowText("Not charged.", Tone.WARN, link=RowLink("Send again (price unknown)", Action.SEND_AGAIN), long=True),
    ),
    (job(Rendering(TASK)), None, RowText("Generating", Tone.ACCENT, progress=0.0)),
    (job(Rendering(TASK, None, "In line.")), None, RowText("Sent", Tone.ACCENT, aside="In line.", progress=0.0)),
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
            "Paid, not downloaded yet: The link has expired.",
            Tone.WARN,
            link=RowLink("Download again", Action.FETCH),
            long=True,
        ),
    ),
    (job(Ready(CLIP), changed=NOW - 120), None, RowText("Sora 2  16:9  2 min ago", Tone.MUTED)),
    (
        job(Ready(replace(CLIP, warning="9.0 s long; 5 s were asked for."))),
        None,
        RowText("Sora 2  16:9  just now", Tone.MUTED, aside="9.0 s long; 5 s were asked for."),
    ),
    (
        job(Failed("It broke.")),
        None,
        RowText("It broke.", Tone.ERROR, link=RowLink("Retry (price unknown)", Action.RETRY), long=True),
    ),
    (
        job(Failed("")),
        None,
        RowText(
            "Failed; the service gave no reason",
            Tone.ERROR,
            link=RowLink("Retry (price unknown)", Action.RETRY),
            long=True,
        ),
    ),
    (
        job(Failed("Rejected by content policy. A face.", by_policy=True)),
        None,
        RowText(
            "Rejected by content policy. A face.",
            Tone.ERROR,
            link=RowLink("Edit and retry", Action.EDIT_AS_NEW),
            long=True,
        ),
    ),
    (
        job(Failed("", by_policy=True)),
        None,
        RowText(
            "Rejected by content policy", Tone.ERROR, link=RowLink("Edit and retry", Action.EDIT_AS_NEW), long=True
        ),
    ),
    (
        job(Abandoned(TASK)),
        None,
        RowText("Stopped waiting (still billed)", Tone.WARN, link=RowLink("Resume waiting", Action.RESUME), long=True),
    ),
    (
        job(Cancelled(TASK)),
        None,
        RowText("Cancelled", Tone.MUTED, link=RowLink("Retry (price unknown)", Action.RETRY)),
    ),
    (
        job(Trashed(Failed("The model crashed."), 1.0), changed=NOW - 120),
        None,
        RowText(
            "Moved to Trash 2 min ago",
            Tone.MUTED,
            link=RowLink("Restore", Action.RESTORE),
            note="The model crashed.",
        ),
    ),
    (job(Removed()), None, RowText("Deleted permanently", Tone.MUTED)),
]


def test_the_table_has_every_phase() -> None:
    assert {type(row[0].phase) for row in ROWS} == set(get_args(Phase))


@pytest.mark.parametrize(("job", "place", "text"), ROWS)
def test_a_row_shows_the_state_of_its_job(job: Job, place: int | None, text: RowText) -> None:
    assert row_text(job, CAPABILITIES, now=NOW, queue_place=place) == text


@pytest.mark.parametrize(
    ("service", "phase", "text"),
    [
        ("sandbox", Waiting(), "For the sandbox: sent when that service is connected"),
        (
            "https://a.org/api/v1",
            Waiting("No."),
            "For a.org: sent when that service is connected",
        ),
        ("sandbox", Rendering(TASK, 40), "Paid at the sandbox: downloads when that service is connected again"),
        ("sandbox", Unsaved(TASK, "cut"), "Paid at the sandbox: downloads when that service is connected again"),
    ],
)
def test_a_row_of_another_service_names_that_service(service: str, phase: Phase, text: str) -> None:
    other = replace(job(phase), service=service)
    services = JobServices(SERVICE, {LIVE: SERVICE}, LIVE)
    away = services.of(other).label
    assert services.is_away(other) and row_text(other, CAPABILITIES, now=NOW, away=away).text == text
    for current in ("", service):
        assert not JobServices(SERVICE, {}, current).is_away(other)


def test_a_settled_job_has_the_same_text_whichever_service_is_connected() -> None:
    for phase in (Ready(CLIP), Failed("no", by_policy=True), Abandoned(TASK), Unconfirmed("found")):
        other = replace(job(phase), service="sandbox")
        assert row_text(other, CAPABILITIES, now=NOW, away="the sandbox") == row_text(job(phase), CAPABILITIES, now=NOW)


@pytest.mark.parametrize("phase", [Waiting(), Failed("no"), Unconfirmed("found", safe_to_send=True)])
def test_no_link_of_another_services_row_spends(phase: Phase) -> None:
    other = replace(job(phase, on_hold=isinstance(phase, Waiting)), service="sandbox")
    link = row_text(other, CAPABILITIES, now=NOW, price=Decimal(100), away="the sandbox").link
    assert link is None or link.action not in PAID


@pytest.mark.parametrize(
    ("row", "link"),
    [
        (job(Failed("no")), RowLink("Retry (100 credits)", Action.RETRY)),
        (job(Unconfirmed("found", safe_to_send=True)), RowLink("Send again (100 credits)", Action.SEND_AGAIN)),
        (job(Waiting(), on_hold=True), RowLink("Release (100 credits)", Action.RELEASE)),
    ],
)
def test_a_link_that_spends_names_its_price(row: Job, link: RowLink) -> None:
    assert row_text(row, CAPABILITIES, now=NOW, price=Decimal(100)).link == link


def test_a_service_that_does_not_charge_has_no_price_in_links() -> None:
    free = replace(CAPABILITIES, unit=None)
    assert row_text(job(Failed("no")), free, now=NOW, price=Decimal(100)).link == RowLink("Retry", Action.RETRY)


@pytest.mark.parametrize(
    ("then", "text"),
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
def test_ages(then: datetime, text: str) -> None:
    assert age(then.timestamp(), NOW) == text


def test_two_minutes_across_midnight_are_two_minutes() -> None:
    assert age(datetime(2026, 5, 19, 23, 59).timestamp(), datetime(2026, 5, 20, 0, 1).timestamp()) == "2 min ago"


@pytest.mark.parametrize(
    ("number", "text"),
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
def test_ordinals(number: int, text: str) -> None:
    assert ordinal(number) == text


def test_the_summary_of_a_clip() -> None:
    request = VideoRequest("A cat", "", "sora2-pro", "9:16", 15, "high")
    assert clip_summary(request, CAPABILITIES, NOW - 7200, NOW) == "Sora 2 Pro  9:16  High  2 h ago"


@pytest.mark.parametrize(
    ("seconds", "text"), [(5.2, "0:05"), (59.4, "0:59"), (59.6, "1:00"), (75.0, "1:15"), (0.0, "0:00")]
)
def test_a_finished_clip_shows_its_real_length(seconds: float, text: str) -> None:
    assert length_text(job(Ready(Clip(CLIP.file, video_facts(seconds=seconds))))) == text


def test_an_unfinished_video_shows_the_requested_length() -> None:
    assert length_text(job(Rendering(TASK))) == "5 s"


def test_the_reason_of_a_blocked_job_is_not_in_its_row_but_in_all_its_texts() -> None:
    reason = "Not enough credits: this needs 100, and the balance is 50."
    text = row_text(job(Waiting(reason)), CAPABILITIES, now=NOW, queue_place=1)
    assert reason not in (text.text, text.aside)
    assert text.all == ("Cannot be sent yet · next in line", reason)


@pytest.mark.parametrize(
    ("charge", "note"),
    [
        (Charge(Decimal(0), Refund.NOT_NEEDED), "Not charged"),
        (Charge(Decimal(100), Refund.SEEN), "Charged 100 credits, refunded"),
        (Charge(None, Refund.SEEN), "Charged, refunded"),
        (Charge(Decimal(100), Refund.NOT_SEEN), "Refund not seen yet (charged 100 credits)"),
        (Charge(None, Refund.UNKNOWN), "May have been charged"),
        (None, ""),
    ],
)
@pytest.mark.parametrize("by_policy", [False, True])
@pytest.mark.parametrize("away", ["", "elsewhere"])
def test_a_failed_row_says_what_it_has_cost(charge: Charge | None, note: str, by_policy: bool, away: str) -> None:
    failed = a_job(Failed("no", by_policy=by_policy), service="here")
    shown = row_text(failed, CAPABILITIES, now=NOW, charge=charge, away=away)
    assert shown.note == note
    assert note in " ".join(shown.all)


def test_a_service_that_does_not_charge_has_no_costs() -> None:
    assert charge_text(Charge(Decimal(0), Refund.NOT_NEEDED), None) == ""


def test_each_text_with_advice_about_settings_names_the_variable_that_counts_instead() -> None:
    advice, key = "Enter the API key in Settings.", Override("SORA_API_KEY", "API key")
    row = RowText("A", Tone.WARN, aside="B", mark="C", note="D", reason="E")
    assert row.with_overrides([key]) == row
    advised = row._replace(text=advice, aside=advice, note=advice, reason=advice)
    noted = f"{advice} {key.text}"
    assert advised.with_overrides([]) == advised
    assert advised.with_overrides([key]) == row._replace(text=noted, aside=noted, note=noted, reason=noted)
