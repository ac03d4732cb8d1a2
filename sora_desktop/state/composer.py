"""The request being written in the form."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

from PySide6.QtCore import QObject, Signal

from sora_desktop.domain.capabilities import SEED, Capabilities, NumericOption, problems_in, seconds_of
from sora_desktop.domain.job import JobId
from sora_desktop.domain.money import Balance, PriceTable
from sora_desktop.domain.request import ReferenceImage, VideoRequest
from sora_desktop.domain.takes import rolled_seed, rolls_seeds
from sora_desktop.state.compose_view import ComposeView, compose_view, shown_price, total_price
from sora_desktop.state.fitted_request import bare, chosen_options, fitted_request, with_content
from sora_desktop.state.job_services import JobService
from sora_desktop.state.service_menu import ServiceRow
from sora_desktop.state.submit_guard import SubmitGuard


class _Form(NamedTuple):
    """The content of the form."""

    request: VideoRequest
    takes: int
    seed_locked: bool
    lost: tuple[str, ...] = ()  # of the request, when the service or the model was chosen last


class _EditedAt(NamedTuple):
    """The service of an edited job, as it was when the edit began."""

    name: str
    capabilities: Capabilities
    prices: PriceTable


class FormContent(NamedTuple):
    """Everything that the user has put into the form, to be restored."""

    service: str  # that the request is written for; empty: not known
    form: _Form
    edited_job: JobId | None
    edited_at: _EditedAt | None
    before_edit: _Form


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
        service: str = "",
        *,
        prices: PriceTable | None = None,
        guard: SubmitGuard | None = None,
        roll: Callable[[NumericOption], int] = rolled_seed,
    ) -> None:
        """`service` is the one that the request was written for; empty: not known.

        `guard` keeps a double click from submitting twice. A submission is (request, takes, edited job or None).
        `roll` chooses a seed.
        """
        super().__init__()
        self._service = service
        self._capabilities = capabilities
        self._request = request or capabilities.default_request()
        self._takes = self._within_limits(takes)
        self._prices = prices or PriceTable()
        self._balance: Balance | None = None
        self._services: tuple[ServiceRow, ...] = ()
        self._submit_attempted = False
        self._image_error = ""
        self._images_loading = 0
        self._submitted_before_image = False
        self._lost: tuple[str, ...] = ()  # of the request, when the service or the model was chosen last
        self._guard = guard or SubmitGuard()
        self._roll = roll
        self._seed_locked = self._request.seed is not None
        self._seed_is_new = False  # rolled by the user, and not submitted yet
        self._kept: dict[str, _Form] = {}  # of each service that was left
        self._edited_job: JobId | None = None
        self._edited_at: _EditedAt | None = None
        self._before_edit = self._form

    @property
    def draft(self) -> tuple[VideoRequest, int, str]:
        """What is saved for the next start: the form, or what it held before a queued job was edited; and for whom."""
        form = self._draft
        request = form.request if form.seed_locked else replace(form.request, seed=None)
        return request, form.takes, self._service

    @property
    def request(self) -> VideoRequest:
        return self._request

    @property
    def takes(self) -> int:
        return self._takes

    def price_text_of(self, request: VideoRequest, takes: int) -> str:
        """What the button would show for a request at this moment."""
        return shown_price(total_price(request, takes, self._prices), self._capabilities)

    @property
    def view(self) -> ComposeView:
        elsewhere = self._elsewhere
        view = compose_view(
            self._request,
            self._takes,
            self._balance if elsewhere is None else None,
            self._prices if elsewhere is None else elsewhere.prices,
            self._offered,
            submit_attempted=self._submit_attempted,
            image_error=self._image_error,
            editing=self._edited_job is not None,
            submitted_before_image=self._submitted_before_image,
            lost=self._lost,
        )
        return view._replace(seed_locked=self._seed_locked, services=self._services)

    def set_request(self, request: VideoRequest) -> None:
        """Take over an edit made in the form.

        The image stays: it arrives while the user types, and only `set_image` and `load_request` change it. Another
        model gets the request as near to the old one as it can render. A seed that the user typed is locked.
        """
        before, request = self._request, replace(request, image=self._request.image)
        if request.seed != before.seed:
            self._seed_locked = request.seed is not None
        if request.model != before.model:
            request = self._with_model(replace(request, model=before.model), request.model)
        elif chosen_options(request) != chosen_options(before):
            self._lost = ()
        if request.frames is not None:
            request = replace(request, duration=seconds_of(request.frames, request.fps))
        self._replace_request(request)

    def set_takes(self, takes: int) -> None:
        self._takes = self._within_limits(takes)
        self._emit_view()

    def roll_seed(self) -> None:
        """Show a new seed. The next submission takes it, whether it is locked or not."""
        option = self._seed_option
        if option is not None:
            self._seed_is_new = True
            self._replace_request(replace(self._request, seed=self._roll(option)))

    def lock_seed(self, locked: bool) -> None:
        """Locked: the seed stays for the next submissions. Else each of them takes a new one."""
        self._seed_locked = locked
        if locked and self._request.seed is None:
            self.roll_seed()
        else:
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
        """Replace the whole form, as Reuse does. Ends the edit of a queued job.

        A request with a model that the service does not have is converted: it was made for another service.
        """
        self._edited_job, self._edited_at = None, None
        self._load(request, takes)
        self._fit()
        self._emit_view()

    @property
    def content(self) -> FormContent:
        """What `restore` brings back."""
        return FormContent(self._service, self._form, self._edited_job, self._edited_at, self._before_edit)

    def restore(self, content: FormContent) -> None:
        """Bring back what the form held. A request for a service that is not current is converted if necessary."""
        self._load(content.form.request, content.form.takes)
        self._seed_locked, self._lost = content.form.seed_locked, content.form.lost
        self._edited_job, self._edited_at = content.edited_job, content.edited_at
        self._before_edit = content.before_edit
        self._fit()
        self._emit_view()

    def edit_job(self, id: JobId, request: VideoRequest, name: str = "", service: JobService | None = None) -> None:
        """Put a waiting job's request into the form. `end_edit` restores what the form held before.

        `name` and `service`: where the job is sent; the current service, unless given.
        """
        draft = self._draft
        self._load(request, 1)
        self._edited_job, self._before_edit = id, draft
        if service is None:
            self._edited_at = _EditedAt(self._service, self._capabilities, self._prices)
        else:
            self._edited_at = _EditedAt(name, service.capabilities, service.prices)
        self._emit_view()

    def end_edit(self, *, keep_request: bool = False) -> None:
        """End the edit of a queued job and restore the form.

        `keep_request`: the edit could not be saved; its request stays in the form as a new one.
        """
        if self._edited_job is None:
            return
        self._edited_job, self._edited_at = None, None
        if not keep_request:
            form = self._before_edit
            self._load(form.request, form.takes)
            self._seed_locked, self._lost = form.seed_locked, form.lost
        self._fit()
        self._emit_view()

    def set_capabilities(self, capabilities: Capabilities) -> None:
        """The service, or another one of the same kind, is connected.

        The request stays; what the service cannot do is reported as a problem. If the service no longer has the model,
        the request is converted.
        """
        before, source = self.view, self._capabilities
        self._capabilities = capabilities
        self._fit(source)
        self._emit_view(unless=before)

    def set_service(self, name: str, capabilities: Capabilities) -> None:
        """Another service is chosen. Its last request comes back, with the text and image of the present one.

        The first time, the present request is converted. A queued job that is edited stays as it is in the form.
        """
        if self._service in ("", name):
            self._service = name
            self.set_capabilities(capabilities)
            return
        source, form = self._capabilities, self._draft
        self._kept[self._service] = form
        self._service, self._capabilities = name, capabilities
        form = self._for_service(form, source)
        if self._edited_job is not None:
            self._before_edit = form
        else:
            self._request, self._takes, self._seed_locked, self._lost = form
            self._submit_attempted = False
        self._emit_view()

    def _for_service(self, form: _Form, source: Capabilities) -> _Form:
        """The form for the current service; `source` are the capabilities that it was written for."""
        written, lost = form.request, tuple[str, ...]()
        kept = self._kept.get(self._service)
        if kept is not None and self._capabilities.model(kept.request.model) is not None:
            request, locked = replace(kept.request, prompt=written.prompt), kept.seed_locked
            request = replace(request, negative_prompt=written.negative_prompt, image=written.image)
        else:
            request, lost = fitted_request(written, self._capabilities, source)
            locked = form.seed_locked and request.seed is not None
        return _Form(request, self._within_limits(form.takes), locked, lost)

    def set_services(self, services: Sequence[ServiceRow]) -> None:
        """Set the services to choose from; none: the form shows no choice."""
        before = self.view
        self._services = tuple(services)
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
        if problems_in(self._request, self._offered):
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
        self._lost = ()
        if self._edited_job is not None:
            self._emit_view()
            self.edit_submitted.emit(self._edited_job, self._request)
            return
        self._renew_seed()
        self._guard.admits((self._request, self._takes, None))  # what a second click will submit
        self._emit_view()
        self.request_submitted.emit(self._request, self._takes, self.view.price_text)

    def _renew_seed(self) -> None:
        """Before a submission: take a new seed, unless it is locked or was just rolled."""
        option = self._seed_option
        recorded = self._request.seed is not None or rolls_seeds(self._request, self._capabilities)
        if option is not None and recorded and not self._seed_locked and not self._seed_is_new:
            self._request = replace(self._request, seed=self._roll(option))
        self._seed_is_new = False

    @property
    def _seed_option(self) -> NumericOption | None:
        model = self._offered.model(self._request.model)
        return None if model is None else model.number(SEED)

    @property
    def _offered(self) -> Capabilities:
        """The capabilities that the form offers."""
        return self._capabilities if self._elsewhere is None else self._elsewhere.capabilities

    @property
    def _elsewhere(self) -> _EditedAt | None:
        """The service of the edited job, if it is not the current one."""
        edited_at = self._edited_at
        return None if edited_at is None or edited_at.name in ("", self._service) else edited_at

    @property
    def _form(self) -> _Form:
        return _Form(self._request, self._takes, self._seed_locked, self._lost)

    @property
    def _draft(self) -> _Form:
        """The form, or what it held before a queued job was edited."""
        return self._form if self._edited_job is None else self._before_edit

    def _load(self, request: VideoRequest, takes: int) -> None:
        self._request = request
        self._takes = self._within_limits(takes)
        self._seed_locked, self._seed_is_new = request.seed is not None, False
        self._lost = ()
        self._image_error = ""
        self._submit_attempted = False

    def _fit(self, source: Capabilities | None = None) -> None:
        """Convert the request if it has a model that the service does not have."""
        if self._offered.model(self._request.model) is None:
            self._request, self._lost = fitted_request(self._request, self._offered, source)

    def _with_model(self, request: VideoRequest, name: str) -> VideoRequest:
        model = self._offered.model(name)
        if model is None:
            return replace(request, model=name)
        from sora_desktop.domain.conversion import for_model  # late: the first paint needs none

        nearest, self._lost = for_model(bare(request), model, self._offered.model(request.model))
        return with_content(nearest, request)

    def _replace_request(self, request: VideoRequest) -> None:
        self._request = request
        self._emit_view()

    def _emit_view(self, unless: ComposeView | None = None) -> None:
        view = self.view
        if view != unless:
            self.view_changed.emit(view)

    def _within_limits(self, takes: int) -> int:
        return max(1, min(self._capabilities.takes_limit, takes))
