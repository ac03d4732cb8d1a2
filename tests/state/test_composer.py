"""What the form shows is decided by one pure function; the composer only carries."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from sora_desktop.domain.job import JobId
from sora_desktop.domain.money import Balance, Price, PriceTable
from sora_desktop.domain.request import Duration, Model, ReferenceImage, VideoRequest
from sora_desktop.state.composer import Composer, ComposeView, compose_view

PRICES = PriceTable((Price(Decimal(100), Model.SORA2), Price(Decimal(200), Model.SORA2_PRO)))
BOAT = VideoRequest("A paper boat")
IMAGE = ReferenceImage(Path("harbor.png"), "harbor.png", 1536, 1024, 2_100_000, "ab")


def balance(credits: int) -> Balance:
    return Balance(Decimal(credits), 0.0)


class Clock:
    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        return self.time


@pytest.mark.parametrize(
    ("request_", "touched", "can_submit", "hint_begins"),
    [
        (BOAT, False, True, ""),
        (BOAT, True, True, ""),
        (VideoRequest(), False, False, ""),
        (VideoRequest(), True, False, "Describe the video"),
        (VideoRequest("  \n"), True, False, "Describe the video"),
        (VideoRequest(image=IMAGE), True, True, ""),
        (VideoRequest("x" * 2000), False, True, ""),
        (VideoRequest("x" * 2001), False, False, "The prompt is 1 character too long"),
        (VideoRequest("x", negative_prompt="y" * 2100), False, False, "The negative prompt is 100"),
    ],
)
def test_what_can_be_sent_and_what_is_said(
    request_: VideoRequest, touched: bool, can_submit: bool, hint_begins: str
) -> None:
    view = compose_view(request_, 1, None, PRICES, touched=touched)
    assert view.can_submit is can_submit
    assert view.hint.startswith(hint_begins)
    assert bool(view.hint) is bool(hint_begins)


@pytest.mark.parametrize(
    ("model", "takes", "prices", "price", "button"),
    [
        (Model.SORA2, 1, PRICES, "100 credits", "Generate"),
        (Model.SORA2, 2, PRICES, "200 credits", "Generate 2"),
        (Model.SORA2_PRO, 10, PRICES, "2\u2009000 credits", "Generate 10"),
        (Model.SORA2, 2, PriceTable(), "", "Generate 2"),
        (Model.SORA2, 1, PriceTable((Price(Decimal(1)),)), "1 credit", "Generate"),
    ],
)
def test_the_price_is_on_the_button(model: Model, takes: int, prices: PriceTable, price: str, button: str) -> None:
    view = compose_view(VideoRequest("a", model=model), takes, None, prices, touched=False)
    assert (view.price_text, view.button_text) == (price, button)


def test_a_balance_that_is_too_small_warns_before_the_click_and_does_not_forbid() -> None:
    view = compose_view(BOAT, 3, balance(250), PRICES, touched=False)
    assert view.hint == "This costs 300 credits and 250 are left."
    assert view.can_submit
    assert compose_view(BOAT, 3, balance(300), PRICES, touched=False).hint == ""


def test_the_counter_counts_and_turns() -> None:
    assert compose_view(BOAT, 1, None, PRICES, touched=False).counter == "12 / 2000"
    assert not compose_view(VideoRequest("x" * 2000), 1, None, PRICES, touched=False).over_limit
    assert compose_view(VideoRequest("x" * 2001), 1, None, PRICES, touched=False).over_limit


def test_every_change_is_announced_with_the_whole_view() -> None:
    composer = Composer(prices=PRICES)
    views: list[ComposeView] = []
    composer.view_changed.connect(views.append)
    composer.set_prompt("A cat")
    composer.set_negative_prompt("dogs")
    composer.set_model("sora2-pro")
    composer.set_aspect_ratio("9:16")
    composer.set_duration(15)
    composer.set_quality("high")
    composer.set_takes(99)
    composer.set_image(IMAGE)
    assert len(views) == 8
    last = views[-1].request
    assert (last.prompt, last.negative_prompt, last.duration, last.image) == ("A cat", "dogs", Duration.LONG, IMAGE)
    assert (last.model.value, last.aspect_ratio.value, last.quality.value) == ("sora2-pro", "9:16", "high")
    assert views[-1].takes == composer.takes == 20
    assert composer.request == last


def test_an_empty_form_says_what_is_missing_and_sends_nothing() -> None:
    composer = Composer(prices=PRICES)
    sent: list[tuple[VideoRequest, int]] = []
    composer.submitted_request.connect(lambda request, takes: sent.append((request, takes)))
    assert composer.view.hint == ""
    composer.submit()
    assert sent == []
    assert composer.view.hint.startswith("Describe the video")
    composer.set_prompt("A cat")
    assert composer.view.hint == ""


def test_a_double_click_buys_once_and_a_later_click_buys_again() -> None:
    clock = Clock()
    composer = Composer(BOAT, 2, prices=PRICES, now=clock)
    sent: list[tuple[VideoRequest, int]] = []
    composer.submitted_request.connect(lambda request, takes: sent.append((request, takes)))
    composer.submit()
    clock.time = 0.74
    composer.submit()
    assert sent == [(BOAT, 2)]
    clock.time = 1.5
    composer.submit()
    assert sent == [(BOAT, 2), (BOAT, 2)]
    composer.set_takes(1)
    composer.submit()
    assert sent[2:] == [(BOAT, 1)], "another wish is another click, however quick"
    assert composer.request == BOAT, "the form stays as it is"


def test_keys_that_are_held_down_buy_once() -> None:
    """X11 repeats a held key after 0.66 s and then all the time, and Qt does not always see that it is a repetition."""
    now = 100.0
    composer = Composer(BOAT, prices=PRICES, now=lambda: now)
    sent: list[object] = []
    composer.submitted_request.connect(lambda *request: sent.append(request))
    composer.submit()
    now += 0.66
    for _ in range(100):
        composer.submit()
        now += 0.04
    assert len(sent) == 1
    now += 1.0
    composer.submit()
    assert len(sent) == 2


def test_nothing_is_asked_for_while_an_image_is_being_read() -> None:
    composer, asked = Composer(VideoRequest("A cat"), prices=PRICES), list[VideoRequest]()
    composer.submitted_request.connect(lambda request, _: asked.append(request))
    composer.expect_image()
    composer.expect_image()
    composer.submit()
    composer.set_image(IMAGE)
    composer.expect_no_image()
    composer.submit()
    assert not asked and "still being read" in composer.view.hint
    composer.expect_no_image()
    assert not composer.view.hint
    composer.submit()
    assert [request.image for request in asked] == [IMAGE]


def test_an_image_that_was_refused_is_said_until_the_next_one_and_the_old_one_stays() -> None:
    composer = Composer(VideoRequest(image=IMAGE), prices=PRICES)
    composer.set_image_error("This file is not an image.")
    assert composer.view.image_error == "This file is not an image."
    assert composer.request.image == IMAGE
    composer.set_image(None)
    assert composer.view.image_error == ""
    assert composer.request.image is None


def test_reuse_fills_the_whole_form() -> None:
    composer = Composer(prices=PRICES)
    composer.submit()
    composer.load_request(BOAT, 4)
    assert (composer.request, composer.takes, composer.view.hint) == (BOAT, 4, "")
    composer.set_balance(balance(50))
    assert "50 are left" in composer.view.hint


def test_a_queued_job_is_edited_in_the_form_and_the_draft_comes_back() -> None:
    composer = Composer(VideoRequest("a draft"), 3)
    edits: list[tuple[str, VideoRequest]] = []
    sent: list[VideoRequest] = []
    composer.submitted_edit.connect(lambda id, request: edits.append((id, request)))
    composer.submitted_request.connect(lambda request, _: sent.append(request))
    composer.edit_job(JobId("job1"), VideoRequest("queued"))
    assert (composer.view.editing, composer.view.button_text) == (True, "Save the change")
    assert composer.draft == (VideoRequest("a draft"), 3)
    composer.set_prompt("queued, better")
    composer.submit()
    assert edits == [("job1", VideoRequest("queued, better"))]
    assert sent == []
    composer.leave_edit()
    assert (composer.request.prompt, composer.takes, composer.view.editing) == ("a draft", 3, False)


def test_an_edit_that_came_too_late_stays_in_the_form_as_a_new_request() -> None:
    composer = Composer(VideoRequest("a draft"), 3)
    composer.edit_job(JobId("job1"), VideoRequest("queued"))
    composer.set_prompt("queued, better")
    composer.leave_edit(keep=True)
    assert (composer.request.prompt, composer.view.editing) == ("queued, better", False)


def test_editing_another_queued_job_keeps_the_first_draft() -> None:
    composer = Composer(VideoRequest("a draft"), 2)
    composer.edit_job(JobId("job1"), VideoRequest("one"))
    composer.edit_job(JobId("job2"), VideoRequest("two"))
    composer.leave_edit()
    assert composer.request.prompt == "a draft"
