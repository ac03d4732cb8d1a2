"""Until when the texts of a row stay the same while its job does."""

from __future__ import annotations

import math
from datetime import datetime, time, timedelta
from typing import assert_never

from sora_desktop.domain.forecast import Forecast
from sora_desktop.domain.job import (
    Abandoned,
    Cancelled,
    Failed,
    Job,
    Ready,
    Removed,
    Rendering,
    Saving,
    Trashed,
    Unconfirmed,
    Unsaved,
    Waiting,
)
from sora_desktop.state.row_text import ANSWER_OVERDUE


def text_changes_at(job: Job, now: float) -> float:
    """The moment until which `row_text` of an unchanged job is the same; infinite if time does not change it.

    `now` itself for texts that may change at any moment: an estimate, or the place in a queue that other jobs leave.
    All in unix seconds.
    """
    match job.phase:
        case Waiting() | Rendering(forecast=Forecast()):
            return now
        case Unconfirmed(reason="") if now - job.changed_at < ANSWER_OVERDUE:
            return job.changed_at + ANSWER_OVERDUE
        case Ready() | Trashed():
            return age_changes_at(job.changed_at, now)
        case Unconfirmed() | Rendering() | Saving() | Unsaved() | Failed() | Abandoned() | Cancelled() | Removed():
            return math.inf
        case _:
            assert_never(job.phase)


def age_changes_at(moment: float, now: float) -> float:
    """The moment until which `age` is the same: the end of a minute, of an hour, or of the day."""
    seconds = max(now - moment, 0.0)
    if seconds < 3600:
        return moment + (seconds // 60 + 1) * 60
    today = datetime.fromtimestamp(now).date()
    end_of_day = datetime.combine(today + timedelta(days=1), time()).timestamp()
    if datetime.fromtimestamp(moment).date() < today:
        return end_of_day
    return min(moment + (seconds // 3600 + 1) * 3600, end_of_day)
