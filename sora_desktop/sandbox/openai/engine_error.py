"""Error answers of the engines: the same facts in the form of each server."""

from __future__ import annotations

import enum
from http import HTTPStatus

from starlette.responses import JSONResponse, Response


class ErrorForm(enum.Enum):
    """How a server writes an error."""

    VLLM = "vllm"
    DETAIL = "detail"
    FLAT = "flat"
    PROXY = "proxy"
    REFERENCE = "reference"


class EngineError(Exception):
    """An error answer. `field`: the field of the request that is wrong, if it is one."""

    def __init__(self, status: int, message: str, field: str = "") -> None:
        super().__init__(message)
        self.status, self.field = status, field


def error_response(form: ErrorForm, error: EngineError, headers: dict[str, str] | None = None) -> Response:
    """The answer in the form of a server."""
    status = error.status
    if form is ErrorForm.DETAIL and error.field:
        status = 422
    return JSONResponse(_content(form, error), status, headers)


def unauthorized_response(form: ErrorForm) -> Response:
    """The answer to a missing or wrong key."""
    message = "Authentication Error: the key is missing or invalid"
    match form:
        case ErrorForm.VLLM:
            return JSONResponse({"error": "Unauthorized"}, 401)
        case ErrorForm.PROXY:
            fields: dict[str, object] = {"message": message, "type": "auth_error", "param": "None", "code": "401"}
            return JSONResponse({"error": fields}, 401)
        case ErrorForm.REFERENCE:
            fields = {
                "message": "Incorrect API key provided.",
                "type": "invalid_request_error",
                "param": None,
                "code": "invalid_api_key",
            }
            return JSONResponse({"error": fields}, 401)
        case ErrorForm.DETAIL | ErrorForm.FLAT:
            return error_response(form, EngineError(401, message))


def dead_engine_response(form: ErrorForm) -> Response:
    """The answer to a create when nothing renders any longer."""
    message = "Scheduler worker exited; restart the server."
    if form is ErrorForm.DETAIL:
        return JSONResponse({"error": message}, 503)
    return error_response(form, EngineError(503, message))


def _content(form: ErrorForm, error: EngineError) -> dict[str, object]:
    message, status, param = str(error), error.status, error.field or None
    kind = HTTPStatus(status).phrase
    match form:
        case ErrorForm.VLLM:
            return {"error": {"message": message, "type": kind, "param": param, "code": status}}
        case ErrorForm.FLAT:
            name = f"{kind.replace(' ', '')}Error"
            return {"object": "error", "message": message, "type": name, "param": param, "code": status}
        case ErrorForm.PROXY:
            return {"error": {"message": message, "type": None, "param": param, "code": str(status)}}
        case ErrorForm.REFERENCE:
            fields = {"message": message, "type": "invalid_request_error", "param": param, "code": None}
            return {"error": fields}
        case ErrorForm.DETAIL:
            if not error.field:
                return {"detail": message}
            return {"detail": [{"type": "value_error", "loc": ["body", error.field], "msg": message, "input": None}]}
