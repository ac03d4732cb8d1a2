"""The row of a rendering between two looks: an estimate, called one."""

from __future__ import annotations

from sora_desktop.api.sora.profile import CAPABILITIES
from sora_desktop.domain.forecast import Forecast
from sora_desktop.domain.job import Job, JobId, RemoteId, Rendering
from sora_desktop.domain.request import VideoRequest
from sora_desktop.state.row_text import row_text

USUAL = ((10, 120.0), (50, 170.0), (90, 240.0), (95, 280.0))
FORECAST = Forecast(0.0, 0.0, 200.0, usual=USUAL)


def rendering(trouble: str = "") -> Job:
    return Job(JobId("a"), VideoRequest("a sailboat"), Rendering(RemoteId("t"), 10, trouble, FORECAST), 0.0, 0.0, 0.0)


def test_it_says_about_how_far_and_how_long_still() -> None:
    words = row_text(rendering(), CAPABILITIES, now=140.0)
    assert words.text == "Generating about 66 %" and words.aside == "about 60 s left"
    assert words.progress is not None and words.progress < row_text(rendering(), CAPABILITIES, now=150.0).progress  # type: ignore[operator]


def test_what_has_just_begun_names_no_share() -> None:
    words = row_text(rendering(), CAPABILITIES, now=0.2)
    assert words.text == "Generating" and words.aside.startswith("about")


def test_a_slow_one_is_called_slow_and_trouble_goes_first() -> None:
    slow = row_text(rendering(), CAPABILITIES, now=300.0)
    assert slow.aside == "usually 2–4 min, this one is slower than 95 %" and slow.text != "Generating about 100 %"
    assert row_text(rendering("The network is down."), CAPABILITIES, now=300.0).aside == "The network is down."
