"""Estimates of a rendering between two polls."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sora_desktop.domain.forecast import MAX_FRACTION, Forecast, continued, outlook_of, remaining_text

USUAL = ((10, 120.0), (50, 170.0), (75, 200.0), (90, 240.0), (95, 280.0), (99, 400.0))


@given(
    st.lists(st.tuples(st.floats(-50, 400), st.floats(0, 300)), min_size=1, max_size=8),
    st.lists(st.floats(-30, 200), min_size=1, max_size=6),
)
def test_the_fraction_never_falls_and_never_reaches_the_end(
    polls: list[tuple[float, float]], pauses: list[float]
) -> None:
    now, shown = 1000.0, 0.0
    forecast: Forecast | None = None
    for left, between in polls:
        forecast = continued(forecast, Forecast(1000.0, now, now + left))
        for pause in pauses:  # negative: the clock is set back
            fraction = outlook_of(forecast, now + pause).fraction
            assert 0 <= fraction <= MAX_FRACTION < 1
        fraction = outlook_of(forecast, now).fraction
        assert fraction >= shown - 1e-9
        now += between
        shown = outlook_of(forecast, now).fraction
        assert shown >= fraction - 1e-9


def test_half_of_the_likely_time_is_about_half_of_the_fraction() -> None:
    outlook = outlook_of(Forecast(0.0, 0.0, 200.0), 100.0)
    assert 0.4 < outlook.fraction < 0.55 and outlook.seconds_left == 100


def test_there_is_no_remaining_time_after_the_likely_end() -> None:
    assert outlook_of(Forecast(0.0, 0.0, 200.0), 230.0).seconds_left is None


def test_there_is_no_remaining_time_that_contradicts_the_fraction() -> None:
    later = Forecast(0.0, 10.0, 30.0, fraction=0.93)  # the service has shown that the first estimate was too short
    assert outlook_of(later, 10.0).seconds_left is None
    assert outlook_of(later, 25.0).seconds_left == 5, "both say that little is left"


def test_the_text_gives_the_usual_time_and_a_slow_rendering() -> None:
    forecast = Forecast(0.0, 0.0, 200.0, usual=USUAL)
    assert outlook_of(forecast, 60.0).usual_text == "usually 2–4 min"
    assert outlook_of(forecast, 290.0).usual_text == "usually 2–4 min, this one is slower than 95 %"
    assert outlook_of(Forecast(0.0, 0.0, 200.0), 290.0).usual_text == ""


def test_the_remaining_time_is_rounded() -> None:
    assert remaining_text(43) == "about 40 s left"
    assert remaining_text(3) == "a few seconds left"
    assert remaining_text(170) == "about 3 min left"
