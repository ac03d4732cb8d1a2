"""What is said of a rendering between two looks."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sora_desktop.domain.forecast import NEVER_BEYOND, Forecast, outlook_of, remaining_text, renewed

USUAL = ((10, 120.0), (50, 170.0), (75, 200.0), (90, 240.0), (95, 280.0), (99, 400.0))


@given(
    st.lists(st.tuples(st.floats(-50, 400), st.floats(0, 300)), min_size=1, max_size=8),
    st.lists(st.floats(-30, 200), min_size=1, max_size=6),
)
def test_the_bar_never_runs_backwards_and_never_claims_the_end(
    polls: list[tuple[float, float]], pauses: list[float]
) -> None:
    now, shown = 1000.0, 0.0
    forecast: Forecast | None = None
    for left, between in polls:
        forecast = renewed(forecast, Forecast(1000.0, now, now + left))
        for pause in pauses:  # some run the clock back
            fraction = outlook_of(forecast, now + pause).fraction
            assert 0 <= fraction <= NEVER_BEYOND < 1
        fraction = outlook_of(forecast, now).fraction
        assert fraction >= shown - 1e-9
        now += between
        shown = outlook_of(forecast, now).fraction
        assert shown >= fraction - 1e-9


def test_half_the_time_is_about_half_the_bar() -> None:
    outlook = outlook_of(Forecast(0.0, 0.0, 200.0), 100.0)
    assert 0.4 < outlook.fraction < 0.55 and outlook.left == 100


def test_past_the_likely_end_nothing_is_promised_any_more() -> None:
    assert outlook_of(Forecast(0.0, 0.0, 200.0), 230.0).left is None


def test_it_says_what_is_usual_and_that_this_one_is_slow() -> None:
    forecast = Forecast(0.0, 0.0, 200.0, usual=USUAL)
    assert outlook_of(forecast, 60.0).words == "usually 2–4 min"
    assert outlook_of(forecast, 290.0).words == "usually 2–4 min, this one is slower than 95 %"
    assert outlook_of(Forecast(0.0, 0.0, 200.0), 290.0).words == ""


def test_the_time_left_is_rounded_as_people_say_it() -> None:
    assert remaining_text(43) == "about 40 s left"
    assert remaining_text(3) == "a few seconds left"
    assert remaining_text(170) == "about 3 min left"
