"""The view of the compose panel and the composer that holds the request."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from builders import an_image
from engine_models import ENGINE, LTX

from sora_desktop.api.sora.capabilities import CAPABILITIES, SANDBOX_CAPABILITIES
from sora_desktop.domain.job import JobId
from sora_desktop.domain.money import Balance, Price, PriceTable
from sora_desktop.domain.request import VideoRequest
from sora_desktop.state.compose_view import ComposeView, compose_view
from sora_desktop.state.composer import Composer
from sora_desktop.state.job_services import JobService
from sora_desktop.state.service_menu import ServiceRow
from sora_desktop.state.submit_guard import SubmitGuard
from sora_desktop.state.tone import Tone

PRICES = PriceTable((Price(Decimal(100), "sora2"), Price(Decimal(200), "sora2-pro")))
BOAT = VideoRequest("A paper boat")
PRO = VideoRequest("A paper boat", model="sora2-pro", aspect_ratio="9:16", duration=15, quality="high")
WAN_BOAT = ENGINE.default_request("A paper boat")
IMAGE = an_image()


def balance(credits: int) -> Balance:
    return Balance(Decimal(credits), 0.0)


class Clock:
    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        return self.time


@pytest.mark.parametrize(
    ("request_", "submit_attempted", "can_submit", "hint_start"),
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
def test_what_can_be_submitted_and_which_hint_is_shown(
    request_: VideoRequest, submit_attempted: bool, can_submit: bool, hint_start: str
) -> None:
    view = compose_view(request_, 1, None, PRICES, CAPABILITIES, submit_attempted=submit_attempted)
    assert view.can_submit is can_submit
    assert view.hint.startswith(hint_start)
    assert bool(view.hint) is bool(hint_start)


@pytest.mark.parametrize(
    ("model", "takes", "prices", "price", "button"),
    [
        ("sora2", 1, PRICES, "100 credits", "Generate"),
        ("sora2", 2, PRICES, "200 credits", "Generate 2"),
        ("sora2-pro", 10, PRICES, "2\u202f000 credits", "Generate 10"),
        ("sora2", 2, PriceTable(), "price unknown", "Generate 2"),
        ("sora2", 1, PriceTable((Price(Decimal(1)),)), "1 credit", "Generate"),
    ],
)
def test_the_price_is_on_the_button(model: str, takes: int, prices: PriceTable, price: str, button: str) -> None:
    view = compose_view(VideoRequest("a", model=model), takes, None, prices, CAPABILITIES, submit_attempted=False)
    assert (view.price_text, view.button_text) == (price, button)


def test_a_balance_below_the_price_warns_and_does_not_forbid() -> None:
    view = compose_view(BOAT, 3, balance(250), PRICES, CAPABILITIES, submit_attempted=False)
    assert view.hint == "This costs 300 credits, and the balance is 250."
    assert view.can_submit
    assert compose_view(BOAT, 3, balance(300), PRICES, CAPABILITIES, submit_attempted=False).hint == ""


def test_the_counter_shows_length_and_limit() -> None:
    assert compose_view(BOAT, 1, None, PRICES, CAPABILITIES, submit_attempted=False).counter == "12 / 2000"
    assert not compose_view(VideoRequest("x" * 2000), 1, None, PRICES, CAPABILITIES, submit_attempted=False).over_limit
    assert compose_view(VideoRequest("x" * 2001), 1, None, PRICES, CAPABILITIES, submit_attempted=False).over_limit


def test_every_edit_emits_the_whole_view() -> None:
    composer = Composer(CAPABILITIES, prices=PRICES)
    views: list[ComposeView] = []
    composer.view_changed.connect(views.append)
    edited = VideoRequest("A cat", "dogs", "sora2-pro", "9:16", 15, "high")
    composer.set_request(edited)
    composer.set_takes(99)
    composer.set_image(IMAGE)
    assert [view.request for view in views] == [edited, edited, replace(edited, image=IMAGE)]
    assert [view.takes for view in views] == [1, 20, 20]
    assert (composer.request, composer.takes) == (replace(edited, image=IMAGE), 20)


def test_a_balance_or_price_that_changes_nothing_in_the_form_emits_nothing() -> None:
    """A balance arrives with each job. The form would be painted, and the draft saved, each time."""
    composer = Composer(CAPABILITIES, BOAT, 3, prices=PRICES)
    views: list[ComposeView] = []
    composer.view_changed.connect(views.append)
    composer.set_balance(balance(5000))
    composer.set_balance(balance(4900))
    composer.set_prices(PRICES)
    composer.set_capabilities(CAPABILITIES)
    assert views == []
    composer.set_balance(balance(250))
    composer.set_prices(PriceTable())
    assert [view.hint for view in views] == ["This costs 300 credits, and the balance is 250.", composer.view.hint]
    composer.set_takes(3)
    assert len(views) == 3, "an edit is always answered: the form may show something else"


def test_an_edit_keeps_the_image() -> None:
    """The image arrives while the user types; the form may have been edited before it was shown."""
    composer = Composer(CAPABILITIES, VideoRequest("A cat"))
    composer.set_image(IMAGE)
    composer.set_request(VideoRequest("A cat purrs"))
    assert composer.request == VideoRequest("A cat purrs", image=IMAGE)
    composer.set_image(None)
    composer.set_request(VideoRequest("A cat purrs", image=IMAGE))
    assert composer.request == VideoRequest("A cat purrs")


def test_an_empty_form_shows_what_is_missing_and_submits_nothing() -> None:
    composer = Composer(CAPABILITIES, prices=PRICES)
    submitted: list[tuple[VideoRequest, int]] = []
    composer.request_submitted.connect(lambda request, takes, _: submitted.append((request, takes)))
    assert composer.view.hint == ""
    composer.submit()
    assert submitted == []
    assert composer.view.hint.startswith("Describe the video")
    composer.set_request(VideoRequest("\u200b\u2800"))
    composer.submit()
    assert submitted == [] and composer.view.hint.startswith("Describe the video")
    composer.set_request(VideoRequest("A cat"))
    assert composer.view.hint == ""


def test_a_double_click_submits_once_and_a_later_click_submits_again() -> None:
    clock = Clock()
    composer = Composer(CAPABILITIES, BOAT, 2, prices=PRICES, guard=SubmitGuard(clock))
    submitted: list[tuple[VideoRequest, int]] = []
    composer.request_submitted.connect(lambda request, takes, _: submitted.append((request, takes)))
    repeated: list[bool] = []
    composer.repeated.connect(lambda: repeated.append(True))
    composer.submit()
    for presses in range(1, 4):
        clock.time = 0.9 * presses
        composer.submit()
        assert submitted == [(BOAT, 2)]
    assert len(repeated) == 3
    clock.time += 3.1
    composer.submit()
    assert submitted == [(BOAT, 2), (BOAT, 2)]
    composer.set_takes(1)
    composer.submit()
    assert submitted[2:] == [(BOAT, 1)], "a different request is not a double click"
    assert composer.request == BOAT, "the form keeps its content"


def test_a_held_key_submits_once() -> None:
    """X11 repeats a held key after 0.66 s and then continuously. Qt does not always recognize the repetition."""
    now = 100.0
    composer = Composer(CAPABILITIES, BOAT, prices=PRICES, guard=SubmitGuard(lambda: now))
    submitted: list[object] = []
    composer.request_submitted.connect(lambda *request: submitted.append(request))
    composer.submit()
    now += 0.66
    for _ in range(100):
        composer.submit()
        now += 0.04
    assert len(submitted) == 1
    now += 3.1
    composer.submit()
    assert len(submitted) == 2


def test_nothing_is_submitted_while_an_image_is_loading() -> None:
    composer, submitted = Composer(CAPABILITIES, VideoRequest("A cat"), prices=PRICES), list[VideoRequest]()
    composer.request_submitted.connect(lambda request, *_: submitted.append(request))
    composer.begin_image()
    composer.begin_image()
    composer.submit()
    composer.set_image(IMAGE)
    composer.end_image()
    composer.submit()
    assert not submitted and "still loading" in composer.view.hint
    composer.end_image()
    assert not composer.view.hint
    composer.submit()
    assert [request.image for request in submitted] == [IMAGE]


def test_a_rejected_image_is_reported_until_the_next_one_and_the_old_image_stays() -> None:
    composer = Composer(CAPABILITIES, VideoRequest(image=IMAGE), prices=PRICES)
    composer.set_image_error("This file is not an image.")
    assert composer.view.image_error == "This file is not an image."
    assert composer.request.image == IMAGE
    composer.set_image(None)
    assert composer.view.image_error == ""
    assert composer.request.image is None


def test_load_request_replaces_the_whole_form() -> None:
    composer = Composer(CAPABILITIES, prices=PRICES)
    composer.submit()
    composer.load_request(BOAT, 4)
    assert (composer.request, composer.takes, composer.view.hint) == (BOAT, 4, "")
    composer.set_balance(balance(50))
    assert "the balance is 50" in composer.view.hint


def test_ending_an_edit_restores_the_draft() -> None:
    composer = Composer(CAPABILITIES, VideoRequest("a draft"), 3)
    edits: list[tuple[str, VideoRequest]] = []
    submitted: list[VideoRequest] = []
    composer.edit_submitted.connect(lambda id, request: edits.append((id, request)))
    composer.request_submitted.connect(lambda request, *_: submitted.append(request))
    composer.edit_job(JobId("job1"), VideoRequest("queued"))
    assert (composer.view.editing, composer.view.button_text) == (True, "Save changes")
    assert composer.draft == (VideoRequest("a draft"), 3, "")
    composer.set_request(VideoRequest("queued, better"))
    composer.submit()
    assert edits == [("job1", VideoRequest("queued, better"))]
    assert submitted == []
    composer.end_edit()
    assert (composer.request.prompt, composer.takes, composer.view.editing) == ("a draft", 3, False)


def test_an_edit_that_came_too_late_stays_in_the_form_as_a_new_request() -> None:
    composer = Composer(CAPABILITIES, VideoRequest("a draft"), 3)
    composer.edit_job(JobId("job1"), VideoRequest("queued"))
    composer.set_request(VideoRequest("queued, better"))
    composer.end_edit(keep_request=True)
    assert (composer.request.prompt, composer.view.editing) == ("queued, better", False)


def test_editing_a_second_queued_job_keeps_the_draft() -> None:
    composer = Composer(CAPABILITIES, VideoRequest("a draft"), 2)
    composer.edit_job(JobId("job1"), VideoRequest("one"))
    composer.edit_job(JobId("job2"), VideoRequest("two"))
    composer.end_edit()
    assert composer.request.prompt == "a draft"


def test_a_service_of_the_same_kind_keeps_the_request_and_reports_what_it_cannot_do() -> None:
    request = VideoRequest("A cat", model="sora2-pro", seed=7)
    composer = Composer(SANDBOX_CAPABILITIES, request)
    assert composer.view.can_submit and composer.view.capabilities is SANDBOX_CAPABILITIES
    composer.set_capabilities(CAPABILITIES)
    assert composer.request == request and composer.view.capabilities is CAPABILITIES
    composer.submit()
    assert not composer.view.can_submit
    assert composer.view.hint == "Sora 2 Pro takes no seed. Remove the seed."


def test_a_model_that_is_gone_is_replaced_and_said() -> None:
    composer = Composer(ENGINE, replace(WAN_BOAT, model="ltx-2", frames=121, fps=24))
    composer.set_capabilities(replace(ENGINE, models=ENGINE.models[:1]))
    assert (composer.request.model, composer.request.duration, composer.request.frames) == ("wan-2.2", 5, None)
    assert composer.view.can_submit and composer.view.hint.startswith("The model is Wan 2.2 instead of LTX-2.")


def test_choosing_a_service_converts_the_request_and_going_back_restores_it() -> None:
    composer = Composer(CAPABILITIES, replace(PRO, image=IMAGE), 2, "live", prices=PRICES)
    assert composer.view.price_text == "400 credits"
    composer.set_service("cluster", ENGINE)
    view = composer.view
    assert view.hint == (
        "The model is Wan 2.2 instead of Sora 2 Pro. The length is 8 s instead of 15 s. "
        "The quality “High” is not carried over."
    )
    assert (view.request.size, view.request.image, view.takes) == ("720x1280", IMAGE, 2)
    assert view.can_submit and view.price_text == "free" and view.capabilities is ENGINE
    composer.set_request(replace(composer.request, prompt="A tin boat"))
    assert "15 s" in composer.view.hint, "what was lost is said while the user types"
    composer.set_request(replace(composer.request, steps=20))
    assert composer.view.hint == "" and composer.draft[2] == "cluster"
    composer.set_service("live", CAPABILITIES)
    assert composer.request == replace(PRO, prompt="A tin boat", image=IMAGE)
    composer.set_service("cluster", ENGINE)
    assert (composer.request.steps, composer.request.size, composer.view.hint) == (20, "720x1280", "")


def test_a_form_in_which_nothing_was_chosen_gets_the_other_services_defaults() -> None:
    composer = Composer(CAPABILITIES, BOAT, service="live")
    composer.set_service("cluster", ENGINE)
    assert (composer.request, composer.view.hint) == (WAN_BOAT, "")
    fresh = Composer(ENGINE, VideoRequest())
    fresh.set_service("cluster", ENGINE)
    assert (fresh.request, fresh.view.hint) == (ENGINE.default_request(), "")


def test_the_draft_of_another_service_is_converted_when_the_service_is_known() -> None:
    composer = Composer(CAPABILITIES, WAN_BOAT, 1, "cluster")
    composer.set_service("live", CAPABILITIES)
    assert composer.request == BOAT and composer.draft == (BOAT, 1, "live")


def test_what_the_user_added_stays_in_the_form_and_is_reported_at_once() -> None:
    composer = Composer(CAPABILITIES, replace(BOAT, image=IMAGE, negative_prompt="rain"), service="live")
    composer.set_service("cluster", replace(ENGINE, models=(LTX,)))
    assert (composer.request.image, composer.request.negative_prompt) == (IMAGE, "rain")
    assert composer.view.hint.startswith("LTX-2 cannot start from an image. Remove the reference image.")
    assert not composer.view.can_submit
    composer.set_image(None)
    assert composer.view.hint.startswith("LTX-2 takes no negative prompt. Remove it.")
    composer.set_request(replace(composer.request, negative_prompt=""))
    assert composer.view.can_submit


def test_a_service_that_is_chosen_during_an_edit_leaves_the_queued_job_alone() -> None:
    composer = Composer(CAPABILITIES, BOAT, 3, "live", prices=PRICES)
    composer.edit_job(JobId("job1"), PRO)
    composer.set_service("cluster", ENGINE)
    assert (composer.request, composer.view.capabilities, composer.view.editing) == (PRO, CAPABILITIES, True)
    assert composer.draft == (WAN_BOAT, 3, "cluster")
    composer.end_edit()
    assert (composer.request, composer.takes, composer.view.capabilities) == (WAN_BOAT, 3, ENGINE)
    composer.edit_job(JobId("job2"), PRO, "live", JobService("Live", CAPABILITIES, PRICES))
    assert composer.view.can_submit and composer.view.price_text == "200 credits"
    composer.end_edit(keep_request=True)
    assert (composer.request.model, composer.request.size) == ("wan-2.2", "720x1280")


def test_a_queued_job_has_the_prices_of_its_own_service_wherever_the_form_is() -> None:
    """Two services of one kind have the same capabilities, and prices of their own."""
    dear = PriceTable((Price(Decimal(900)),))
    composer = Composer(CAPABILITIES, BOAT, service="live", prices=PRICES)
    composer.set_balance(Balance(Decimal(100), 0.0))
    composer.edit_job(JobId("job1"), PRO, "reseller", JobService("Reseller", CAPABILITIES, dear))
    assert composer.view.price_text == "900 credits"
    assert composer.view.hint == "", "the balance is that of another service"
    composer.set_service("reseller", CAPABILITIES)
    composer.set_prices(dear)
    assert composer.view.price_text == "900 credits"
    composer.set_service("live", CAPABILITIES)
    composer.set_prices(PRICES)
    assert composer.view.price_text == "900 credits"
    composer.end_edit()
    assert composer.view.price_text == composer.price_text_of(composer.request, 1) != "900 credits"
    composer.edit_job(JobId("job2"), PRO, "live", JobService("Live", CAPABILITIES, PRICES))
    before = composer.view.price_text
    composer.set_prices(dear)  # published before the service is
    composer.set_service("reseller", CAPABILITIES)
    assert composer.view.price_text == before


def test_reuse_of_another_services_request_is_converted() -> None:
    composer = Composer(ENGINE, WAN_BOAT, service="cluster")
    composer.load_request(replace(PRO, quality="standard"))
    assert composer.request.model == "wan-2.2" and "8 s instead of 15 s" in composer.view.hint


def test_another_model_gets_what_it_can_render() -> None:
    composer = Composer(ENGINE, replace(WAN_BOAT, steps=40, fps=16, duration=3), service="cluster")
    composer.set_request(replace(composer.request, model="ltx-2"))
    request = composer.request
    assert (request.model, request.frames, request.fps, request.steps, request.guidance) == ("ltx-2", 73, 24, 8, None)
    assert composer.view.can_submit and composer.view.hint == ""
    composer.set_request(replace(request, frames=121))
    assert composer.request.duration == 5, "whole seconds, for lists and estimates"


def rolling(*seeds: int, request: VideoRequest | None = None) -> tuple[Composer, list[VideoRequest], Clock]:
    clock, left = Clock(), list(seeds)
    composer = Composer(
        ENGINE, request or WAN_BOAT, guard=SubmitGuard(clock), service="cluster", roll=lambda _: left.pop(0)
    )
    submitted = list[VideoRequest]()
    composer.request_submitted.connect(lambda request, *_: submitted.append(request))
    return composer, submitted, clock


def test_each_submission_takes_a_new_seed_and_shows_it_until_it_is_locked() -> None:
    composer, submitted, clock = rolling(11, 22, 33)
    for expected in (11, 22):
        composer.submit()
        composer.submit()
        composer.submit()
        assert submitted[-1].seed == expected == composer.request.seed and not composer.view.seed_locked
        clock.time += 10
    assert len(submitted) == 2, "a double click submits once, although the seed in the form has changed"
    assert composer.draft[0].seed is None
    composer.lock_seed(True)
    composer.submit()
    assert submitted[-1].seed == 22 and composer.draft[0].seed == 22
    clock.time += 10
    composer.lock_seed(False)
    composer.submit()
    assert submitted[-1].seed == 33


def test_a_rolled_seed_is_taken_by_the_next_submission() -> None:
    composer, submitted, clock = rolling(11, 22, 33)
    composer.roll_seed()
    assert composer.request.seed == 11
    composer.submit()
    clock.time += 10
    composer.submit()
    clock.time += 10
    composer.lock_seed(True)
    composer.roll_seed()
    composer.submit()
    assert [request.seed for request in submitted] == [11, 22, 33] and composer.view.seed_locked


def test_a_typed_or_loaded_seed_is_locked() -> None:
    composer, submitted, clock = rolling(11)
    composer.set_request(replace(composer.request, seed=5))
    assert composer.view.seed_locked
    composer.submit()
    clock.time += 10
    composer.load_request(replace(WAN_BOAT, seed=6))
    composer.submit()
    clock.time += 10
    composer.set_request(replace(composer.request, seed=None))
    assert not composer.view.seed_locked
    composer.submit()
    assert [request.seed for request in submitted] == [5, 6, 11]


def test_locking_without_a_seed_rolls_one_and_a_service_that_charges_chooses_its_own() -> None:
    composer, _, _ = rolling(11)
    composer.lock_seed(True)
    assert (composer.request.seed, composer.view.seed_locked) == (11, True)
    sandbox = Composer(SANDBOX_CAPABILITIES, BOAT)
    sandbox.submit()
    assert sandbox.request.seed is None


def test_the_services_are_shown_once_they_are_known() -> None:
    composer, views = Composer(CAPABILITIES, BOAT), list[ComposeView]()
    composer.view_changed.connect(views.append)
    rows = (ServiceRow("live", "Live", "1 240 credits", Tone.OK, True), ServiceRow("b", "B", "free", Tone.OK, False))
    composer.set_services(rows)
    composer.set_services(list(rows))
    assert [view.services for view in views] == [rows]
