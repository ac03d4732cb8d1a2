"""The row of a rendering job between two polls: an estimate, labeled as one."""

from __future__ import annotations

from builders import a_job

from sora_desktop.api.sora.capabilities import CAPABILITIES
from sora_desktop.domain.forecast import Forecast
from sora_desktop.domain.job import Job, RemoteId, Rendering
from sora_desktop.state.row_text import row_text

USUAL = ((10, 120.0), (50, 170.0), (90, 240.0), (95, 280.0))
FORECAST = Forecast(0.0, 0.0, 200.0, usual=USUAL)


def rendering(warning: str = "") -> Job:
    return a_job(Rendering(RemoteId("t"), 10, warning, FORECAST))


def test_a_forecast_shows_about_how_far_and_how_long() -> None:
    text = row_text(rendering(), CAPABILITIES, now=140.0)
    assert text.text == "Generating about 66 %" and text.aside == "about 60 s left"
    assert text.progress is not None and text.progress < row_text(rendering(), CAPABILITIES, now=150.0).progress  # type: ignore[operator]


def test_a_rendering_that_has_just_started_shows_no_percentage() -> None:
    text = row_text(rendering(), CAPABILITIES, now=0.2)
    assert text.text == "Generating" and text.aside.startswith("about")


def test_a_slow_rendering_is_called_slow_and_a_warning_replaces_the_estimate() -> None:
    slow = row_text(rendering(), CAPABILITIES, now=300.0)
    assert slow.aside == "usually 2–4 min, this one is slower than 95 %" and slow.text != "Generating about 100 %"
    assert row_text(rendering("The network is down."), CAPABILITIES, now=300.0).aside == "The network is down."
