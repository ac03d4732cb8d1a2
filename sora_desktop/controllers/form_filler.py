"""Fills the form with the request of a job, so that it can be undone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from sora_desktop.controllers.background_tasks import BackgroundTasks
from sora_desktop.controllers.panels import Panels
from sora_desktop.controllers.undoable import UndoableController
from sora_desktop.domain.job import Job
from sora_desktop.engine.engine import Engine
from sora_desktop.state.undo_steps import FormStep
from sora_desktop.state.window_view import CONNECTION


class FormFiller:
    """Puts requests into the form. Nothing is sent."""

    def __init__(self, engine: Engine, panels: Panels, tasks: BackgroundTasks, undoable: UndoableController) -> None:
        self._engine = engine
        self._panels = panels
        self._tasks = tasks
        self._undoable = undoable

    def fill(self, job: Job) -> None:
        """Replace the form by the request of the job, at the service that the job was made with.

        That service becomes the current one if the user can choose it; else the request is converted.
        """
        with self.filling(job):
            self._choose(job.service)
            self._load(job)

    @contextmanager
    def filling(self, job: Job) -> Iterator[None]:
        """Whatever is put into the form meanwhile, of this job, is one step to undo. At the end, the form is shown."""
        composer = self._panels.composer
        kept = composer.content
        yield

        def exchange() -> None:
            nonlocal kept
            present = composer.content
            self._choose(kept.service)
            composer.restore(kept)
            kept = present
            self._panels.window.show_compose()

        self._panels.window.show_compose()  # before the step is noted: in a text field, undo is about what comes after
        is_other = composer.content != kept
        self._undoable.note_filled_form(FormStep((job.id,), exchange) if is_other else None, job)

    def _load(self, job: Job) -> None:
        """Load the request. An image that is gone is left out."""
        composer, request = self._panels.composer, job.request
        image = request.image
        if image is None or image.file.is_file():
            composer.load_request(request, 1)
            return
        composer.load_request(replace(request, image=None), 1)
        composer.set_image_error(f"The image “{image.name}” of this request is no longer stored here. Add it again.")

    def _choose(self, service: str) -> None:
        """Make a service the current one, if the user has a choice and it is in it. Its form is there at once."""
        composer = self._panels.composer
        can_be_chosen = any(row.name == service and not row.is_current for row in composer.view.services)
        known = self._panels.job_list.services.known.get(service)
        if can_be_chosen and known is not None:
            composer.set_service(service, known.capabilities)
            composer.set_prices(known.prices)
            work = self._engine.services.choose(service)
            self._tasks.start(work, "choose service", notice_key=CONNECTION)
