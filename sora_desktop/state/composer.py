"""The request being written in the form, and what the compose panel shows of it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import NamedTuple

from PySide6.QtCore import QObject, Signal

from sora_desktop.domain.capabilities import Capabilities, problems_in
from sora_desktop.domain.job import JobId
from sora_desktop.domain.money import Balance, PriceTable, format_amount, price_text
from sora_desktop.domain.request import ReferenceImage, VideoRequest
from sora_desktop.state.submit_guard import SubmitGuard


class ComposeView(NamedTuple):
    """Everything the compose panel shows."""

    request: VideoRequest
    takes: int
    can_submit: bool
    hint: str  # a problem, or a warning before the click; empty when there is none
    image_error: str  # why the last image offered was rejected
    price_text: str  # of all takes: "200 credits" or "price unknown"; empty if the service does not charge
    button_text: str
    counter: str
    over_limit: bool
    editing: bool  # the form holds the request of a queued job
    capabilities: Capabilities  # what the form offers


def compose_view(
    request: VideoRequest,
    takes: int,
    balance: Balance | None,
    prices: PriceTable,
    capabilities: Capabilities,
    *,
    submit_attempted: bool,
    image_error: str = "",
    editing: bool = False,
    submitted_before_image: bool = False,
) -> ComposeView:
    """What the panel shows.

    A prompt over the limit is reported at once, a missing one only after `submit_attempted`. A balance below the price
    warns but does not forbid: the service decides what it charges.
    """
    problems = problems_in(request, capabilities)
    total = _total(request, takes, prices)
    length = len(request.prompt)
    too_long = max(length, len(request.negative_prompt)) > capabilities.prompt_limit
    hint = problems[0] if problems and (submit_attempted or too_long) else ""
    if not problems and total is not None and balance is not None and total > balance.amount:
        cost = format_amount(total, capabilities.unit)
        hint = f"This costs {cost}, and the balance is {format_amount(balance.amount)}."
    if submitted_before_image:
        hint = "The image is still loading. Submit again when it is shown."
    return ComposeView(
        request=request,
        takes=takes,
        can_submit=not problems,
        hint=hint,
        image_error=image_error,
        price_text=price_text(total, capabilities.unit),
        button_text="Save changes" if editing else "Generate" if takes == 1 else f"Generate {takes}",
        counter=f"{length} / {capabilities.prompt_limit}",
        over_limit=length > capabilities.prompt_limit,
        editing=editing,
        capabilities=capabilities,
    )


def _total(request: VideoRequest, takes: int, prices: PriceTable) -> Decimal | None:
    price = prices.price_of(request)
    return None if price is None else price * takes


class Composer(QObject):
    """Holds the request being written. Every edit emits the whole new view, so that the form can be set back."""

    view_changed = Signal(object)  # ComposeView
    request_submitted = Signal(object, int, str)  # VideoRequest, takes, the price that the button showed
    edit_submitted = Signal(str, object)  # id of a waiting job, its new VideoRequest
    repeated = Signal()  # a submission was not carried out, since it repeats the last one

    def __init__(
        self,
        capabilities: Capabilities,
        request: VideoRequest | None = None,
        takes: int = 1,
        *,
        prices: PriceTable | None = None,
        guard: SubmitGuard | None = None,
    ) -> None:
        """`guard` keeps a double click from submitting twice. A submission is (request, takes, edited job or None)."""
        super().__init__()
        self._capabilities = capabilities
        self._request = request or capabilities.default_request()
        self._takes = self._within_limits(takes)
        self._prices = prices or PriceTable()
        self._balance: Balance | None = None
        self._submit_attempted = False
        self._image_error = ""
        self._images_loading = 0
        self._submitted_before_image = False
        self._guard = guard or SubmitGuard()
        self._edited_job: JobId | None = None
        self._draft_before_edit = (self._request, self._takes)

    @property
    def draft(self) -> tuple[VideoRequest, int]:
        """What is saved for the next start: the form, or what it held before a queued job was edited."""
        return (self._request, self._takes) if self._edited_job is None else self._draft_before_edit

    @property
    def request(self) -> VideoRequest:
        return self._request

    @property
    def takes(self) -> int:
        return self._takes

    def price_text_of(self, request: VideoRequest, takes: int) -> str:
        """What the button would show for a request at this moment."""
        return price_text(_total(request, takes, self._prices), self._capabilities.unit)

    @property
    def view(self) -> ComposeView:
        return compose_view(
            self._request,
            self._takes,
            self._balance,
            self._prices,
            self._capabilities,
            submit_attempted=self._submit_attempted,
            image_error=self._image_error,
            editing=self._edited_job is not None,
            submitted_before_image=self._submitted_before_image,
        )

    def set_request(self, request: VideoRequest) -> None:
        """Take over an edit made in the form.

        The image stays: it arrives while the user types, and only `set_image` and `load_request` change it.
        """
        self._replace_request(replace(request, image=self._request.image))

    def set_takes(self, takes: int) -> None:
        self._takes = self._within_limits(takes)
        self._emit_view()

    def set_image(self, image: ReferenceImage | None) -> None:
        """Set a checked image, or none. Clears the error of the last one."""
        self._image_error = ""
        self._replace_request(replace(self._request, image=image))

    def set_image_error(self, message: str) -> None:
        """Show why an image was rejected. The current image stays."""
        self._image_error = message
        self._emit_view()

    def begin_image(self) -> None:
        """The check of an image begins. Nothing can be submitted until `end_image`."""
        self._images_loading += 1

    def end_image(self) -> None:
        """The check of an image ends: the image is in the form now, or was rejected."""
        self._images_loading -= 1
        if self._submitted_before_image and not self._images_loading:
            self._submitted_before_image = False
            self._emit_view()

    def load_request(self, request: VideoRequest, takes: int = 1) -> None:
        """Replace the whole form, as Reuse does. Ends the edit of a queued job."""
        self._edited_job = None
        self._takes = self._within_limits(takes)
        self._image_error = ""
        self._submit_attempted = False
        self._replace_request(request)

    def edit_job(self, id: JobId, request: VideoRequest) -> None:
        """Put a waiting job's request into the form. `end_edit` restores what the form held before."""
        draft = self.draft
        self.load_request(request, 1)
        self._edited_job, self._draft_before_edit = id, draft
        self._emit_view()

    def end_edit(self, *, keep_request: bool = False) -> None:
        """End the edit of a queued job and restore the form.

        `keep_request`: the edit could not be saved; its request stays in the form as a new one.
        """
        if self._edited_job is None:
            return
        if keep_request:
            self._edited_job = None
            self._emit_view()
        else:
            self.load_request(*self._draft_before_edit)

    def set_capabilities(self, capabilities: Capabilities) -> None:
        """Another service is connected. The request stays; what the service cannot do is reported as a problem."""
        before = self.view
        self._capabilities = capabilities
        self._emit_view(unless=before)

    def set_balance(self, balance: Balance | None) -> None:
        before = self.view
        self._balance = balance
        self._emit_view(unless=before)

    def set_prices(self, prices: PriceTable) -> None:
        before = self.view
        self._prices = prices
        self._emit_view(unless=before)

    def submit(self) -> None:
        """Emit `request_submitted` or `edit_submitted`, or show what is missing. The form keeps its content."""
        if problems_in(self._request, self._capabilities):
            self._submit_attempted = True
            self._emit_view()
            return
        if self._images_loading:
            self._submitted_before_image = True
            self._emit_view()
            return
        submission = (self._request, self._takes, self._edited_job)
        if not self._guard.admits(submission):
            if not self._guard.is_pending(submission):  # otherwise a notice says already what it waits for
                self.repeated.emit()
            return
        self._submit_attempted = False
        self._emit_view()
        if self._edited_job is not None:
            self.edit_submitted.emit(self._edited_job, self._request)
        else:
            self.request_submitted.emit(self._request, self._takes, self.view.price_text)

    def _replace_request(self, request: VideoRequest) -> None:
        self._request = request
        self._emit_view()

    def _emit_view(self, unless: ComposeView | None = None) -> None:
        view = self.view
        if view != unless:
            self.view_changed.emit(view)

    def _within_limits(self, takes: int) -> int:
        return max(1, min(self._capabilities.takes_limit, takes))
