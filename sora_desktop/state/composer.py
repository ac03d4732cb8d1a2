"""The request being composed, and what the compose panel shows of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Signal

from sora_desktop.domain.job import JobId
from sora_desktop.domain.money import Balance, PriceTable, format_amount
from sora_desktop.domain.request import (
    PROMPT_LIMIT,
    TAKES_LIMIT,
    AspectRatio,
    Duration,
    Model,
    Quality,
    ReferenceImage,
    VideoRequest,
    problems_in,
)

#: The same wish this soon after the last one is the same click: a double click, or keys held down. Seconds; longer
#: than the time after which systems begin to repeat a key.
SAME_CLICK = 0.75


@dataclass(frozen=True, slots=True)
class ComposeView:
    """Everything the compose panel shows."""

    request: VideoRequest
    takes: int
    can_submit: bool
    hint: str  # what is wrong or worth knowing before the click; empty when nothing is
    image_error: str  # why the last image offered was not taken
    price_text: str  # "200 credits"; empty when no price is known
    button_text: str
    counter: str
    over_limit: bool
    editing: bool  # the form holds a job that waits in the queue, not a new request


def compose_view(
    request: VideoRequest,
    takes: int,
    balance: Balance | None,
    prices: PriceTable,
    *,
    touched: bool,
    image_error: str = "",
    editing: bool = False,
    hasty: bool = False,
) -> ComposeView:
    """What the panel shows. A prompt that is too long is said at once, an empty one only once `touched`.

    Too small a balance warns and does not forbid: what the service charges is the service's to say. `hasty`: it was
    asked for before the image was there.
    """
    problems = problems_in(request)
    price = prices.price_of(request)
    total = None if price is None else price * takes
    length = len(request.prompt)
    too_long = max(length, len(request.negative_prompt)) > PROMPT_LIMIT
    hint = problems[0] if problems and (touched or too_long) else ""
    if not problems and total is not None and balance is not None and total > balance.credits:
        hint = f"This costs {format_amount(total)} credits and {format_amount(balance.credits)} are left."
    if hasty:
        hint = "The image is still being read. Press once more when it is shown."
    return ComposeView(
        request=request,
        takes=takes,
        can_submit=not problems,
        hint=hint,
        image_error=image_error,
        price_text="" if total is None else f"{format_amount(total)} {'credit' if total == 1 else 'credits'}",
        button_text="Save the change" if editing else "Generate" if takes == 1 else f"Generate {takes}",
        counter=f"{length} / {PROMPT_LIMIT}",
        over_limit=length > PROMPT_LIMIT,
        editing=editing,
    )


class Composer(QObject):
    """Holds the request that is being written. Every change is announced with the whole new view."""

    view_changed = Signal(object)  # ComposeView
    submitted_request = Signal(object, int)  # VideoRequest, takes
    submitted_edit = Signal(str, object)  # id of a waiting job, its new VideoRequest

    def __init__(
        self,
        request: VideoRequest | None = None,
        takes: int = 1,
        *,
        prices: PriceTable | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self._request = request or VideoRequest()
        self._takes = _within(takes)
        self._prices = prices or PriceTable()
        self._balance: Balance | None = None
        self._touched = False
        self._image_error = ""
        self._images_expected = 0
        self._was_hasty = False
        self._now = now
        #: The last wish, and when it came.
        self._asked: tuple[tuple[VideoRequest, int, JobId | None], float] | None = None
        self._edited: JobId | None = None
        self._set_aside = (self._request, self._takes)

    @property
    def draft(self) -> tuple[VideoRequest, int]:
        """What is kept for the next start: the form, or what it held before a queued job was edited."""
        return (self._request, self._takes) if self._edited is None else self._set_aside

    @property
    def request(self) -> VideoRequest:
        return self._request

    @property
    def takes(self) -> int:
        return self._takes

    @property
    def view(self) -> ComposeView:
        """What the panel shows now."""
        return compose_view(
            self._request,
            self._takes,
            self._balance,
            self._prices,
            touched=self._touched,
            image_error=self._image_error,
            editing=self._edited is not None,
            hasty=self._was_hasty,
        )

    def set_prompt(self, text: str) -> None:
        self._change(replace(self._request, prompt=text))

    def set_negative_prompt(self, text: str) -> None:
        self._change(replace(self._request, negative_prompt=text))

    def set_model(self, value: str) -> None:
        self._change(replace(self._request, model=Model(value)))

    def set_aspect_ratio(self, value: str) -> None:
        self._change(replace(self._request, aspect_ratio=AspectRatio(value)))

    def set_duration(self, seconds: int) -> None:
        self._change(replace(self._request, duration=Duration(seconds)))

    def set_quality(self, value: str) -> None:
        self._change(replace(self._request, quality=Quality(value)))

    def set_takes(self, takes: int) -> None:
        self._takes = _within(takes)
        self._announce()

    def set_image(self, image: ReferenceImage | None) -> None:
        """Take a checked image, or none; either way the last trouble with one is over."""
        self._image_error = ""
        self._change(replace(self._request, image=image))

    def expect_image(self) -> None:
        """An image was offered and is being looked at: until `expect_no_image` what is asked for lacks it."""
        self._images_expected += 1

    def expect_no_image(self) -> None:
        """An image that was expected is in the form, or is known not to come."""
        self._images_expected -= 1
        if self._was_hasty and not self._images_expected:
            self._was_hasty = False
            self._announce()

    def set_image_error(self, sentence: str) -> None:
        """Say why an image was not taken. The image that was there stays."""
        self._image_error = sentence
        self._announce()

    def load_request(self, request: VideoRequest, takes: int = 1) -> None:
        """Put a whole request into the form, as Reuse does. An edit of a queued job is given up."""
        self._edited = None
        self._takes = _within(takes)
        self._image_error = ""
        self._touched = False
        self._change(request)

    def edit_job(self, id: JobId, request: VideoRequest) -> None:
        """Put a waiting job's request into the form, to be changed there; what the form held comes back afterwards."""
        aside = self.draft
        self.load_request(request, 1)
        self._edited, self._set_aside = id, aside
        self._announce()

    def leave_edit(self, *, keep: bool = False) -> None:
        """The edit is saved or given up. `keep`: it could not be saved; its words stay in the form as a new request."""
        if self._edited is None:
            return
        if keep:
            self._edited = None
            self._announce()
        else:
            self.load_request(*self._set_aside)

    def set_balance(self, balance: Balance | None) -> None:
        self._balance = balance
        self._announce()

    def set_prices(self, prices: PriceTable) -> None:
        self._prices = prices
        self._announce()

    def submit(self) -> None:
        """Ask for the videos, or say what is missing. The form stays as it is, for the second try."""
        if problems_in(self._request):
            self._touched = True
            self._announce()
            return
        if self._images_expected:
            self._was_hasty = True
            self._announce()
            return
        wish, now = (self._request, self._takes, self._edited), self._now()
        same = self._asked is not None and self._asked[0] == wish and now - self._asked[1] < SAME_CLICK
        self._asked = (wish, now)
        if same:
            return
        self._touched = False
        self._announce()
        if self._edited is not None:
            self.submitted_edit.emit(self._edited, self._request)
        else:
            self.submitted_request.emit(self._request, self._takes)

    def _change(self, request: VideoRequest) -> None:
        self._request = request
        self._announce()

    def _announce(self) -> None:
        self.view_changed.emit(self.view)


def _within(takes: int) -> int:
    return max(1, min(TAKES_LIMIT, takes))
