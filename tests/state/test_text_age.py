"""Until when the texts of a row stay the same."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from datetime import datetime

import pytest
from builders import NOW, a_clip, a_job

from sora_desktop.domain.forecast import Forecast
from sora_desktop.domain.job import Failed, Phase, Ready, RemoteId, Rendering, Unconfirmed, Waiting
from sora_desktop.state.row_text import ANSWER_OVERDUE, age
from sora_desktop.state.text_age import age_changes_at, text_changes_at


@pytest.fixture(params=["UTC", "Asia/Kolkata", "Europe/Berlin"])
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    if not hasattr(time, "tzset"):
        pytest.skip("The time zone of the process cannot be set here.")
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("zone")
@pytest.mark.parametrize("made", ["2026-03-28 09:10:11", "2026-10-24 23:59:30", "2026-12-31 12:00:00"])
def test_an_age_is_the_same_until_it_is_said_to_change(made: str) -> None:
    """The first two are before a day that has 23 and one that has 25 hours in Berlin."""
    moment = datetime.fromisoformat(made).timestamp()
    changes, now = 0, moment - 5.0
    while now < moment + 3 * 86_400:
        until = age_changes_at(moment, now)
        assert until > now
        assert age(moment, until - 0.01) == age(moment, now), f"{now - moment:.0f} s after"
        changes += age(moment, until + 0.01) != age(moment, now)
        now = until + 0.01
    assert changes >= 61, "each minute of the first hour, and then the hours or days"


@pytest.mark.parametrize(
    ("phase", "until"),
    [
        (Waiting(), NOW),
        (Rendering(RemoteId("r"), forecast=Forecast(NOW, NOW, NOW + 60)), NOW),
        (Rendering(RemoteId("r"), 40), math.inf),
        (Failed("No."), math.inf),
        (Unconfirmed(), NOW + ANSWER_OVERDUE),
        (Unconfirmed("Lost."), math.inf),
        (Ready(a_clip()), NOW + 60),
    ],
)
def test_texts_change_by_time_where_they_tell_one(phase: Phase, until: float) -> None:
    assert text_changes_at(a_job(phase, changed=NOW), NOW) == until
