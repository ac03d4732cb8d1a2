"""Faulty answers of the engines, in the form of each server."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus

from starlette.responses import Response

from sora_desktop.sandbox.fault_script import Fault
from sora_desktop.sandbox.openai.engine_error import EngineError, ErrorForm, error_response, unauthorized_response

_MESSAGES = {404: "Video not found", 409: "Cancellation in progress. Please try again later."}


def refusal_of(fault: Fault, form: ErrorForm) -> Response:
    """The answer of a fault whose name begins with an HTTP status."""
    status = int(fault.name[:3])
    if status == 401:
        return unauthorized_response(form)
    message = fault.text(_MESSAGES.get(status, HTTPStatus(status).phrase))
    headers = {"Retry-After": f"{fault.number(2):g}"} if fault.name == "429" else None
    return error_response(form, EngineError(status, message), headers)


def altered_job(fault: Fault, answer: dict[str, object]) -> dict[str, object]:
    """A correct answer with the fault applied to it."""
    return _ALTERATIONS[fault.name](fault, answer)


def _other_type(value: object) -> object:
    if isinstance(value, (int, float)):
        return str(value)
    return [value] if isinstance(value, str) else value


_ALTERATIONS: Mapping[str, Callable[[Fault, dict[str, object]], dict[str, object]]] = {
    "stuck_99": lambda fault, job: {**job, "status": "in_progress", "progress": 99, "completed_at": None},
    "progress": lambda fault, job: {**job, "progress": fault.value if fault.given else 57.5},
    "no_progress": lambda fault, job: {name: value for name, value in job.items() if name != "progress"},
    "unknown_status": lambda fault, job: {**job, "status": fault.text("reticulating")},
    "wrong_types": lambda fault, job: {name: _other_type(value) for name, value in job.items()},
}
