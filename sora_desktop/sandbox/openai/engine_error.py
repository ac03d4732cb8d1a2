"""Error answers of the engines: the same facts in the form of each server.

Those of the proxy are LiteLLM's 1.105.0 without a database, in front of vLLM-Omni; `tests/peers/` compares them.
"""

from __future__ import annotations

import enum
import json
from http import HTTPStatus

from starlette.responses import JSONResponse, PlainTextResponse, Response


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
    if form is ErrorForm.PROXY and error.field != "model":  # the models are its own
        return _proxy_response(status, json.dumps(_content(ErrorForm.VLLM, error)), headers)
    if form is ErrorForm.DETAIL and error.field:
        status = 422
    return JSONResponse(_content(form, error), status, headers)


def poll_error_response(form: ErrorForm, error: EngineError) -> Response:
    """The answer to a poll. A proxy reads the engine's answer as a job, whatever it is, and fails where it is none."""
    if form is not ErrorForm.PROXY:
        return error_response(form, error)
    shown = str(_content(ErrorForm.VLLM, error))
    value = shown if len(shown) <= 50 else f"{shown[:25]}...{shown[-24:]}"
    missing = "".join(
        f"{name}\n  Field required [type=missing, input_value={value}, input_type=dict]\n"
        for name in ("id", "object", "status")
    )
    return _proxy_response(500, f"3 validation errors for VideoObject\n{missing}")


def content_error_response(form: ErrorForm, error: EngineError) -> Response:
    """The answer instead of a file. A proxy passes the engine's error on as if it were the file."""
    if form is not ErrorForm.PROXY:
        return error_response(form, error)
    return Response(json.dumps(_content(ErrorForm.VLLM, error)), media_type="video/mp4")


def key_error_response(form: ErrorForm, *, is_missing: bool) -> Response:
    """The answer to a missing or wrong key."""
    if form is not ErrorForm.PROXY:
        return unauthorized_response(form)
    if is_missing:  # it looks the key up in the database that it does not have
        return PlainTextResponse("Internal Server Error", 500)
    fields = {"message": "No connected db.", "type": "no_db_connection", "param": None, "code": "400"}
    return JSONResponse({"error": fields}, 400)


def unauthorized_response(form: ErrorForm) -> Response:
    """The status 401."""
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


#: What the proxy makes of a status of the engine.
_PROXY_ERRORS = {
    400: ("BadRequestError", "invalid_request_error"),
    401: ("AuthenticationError", "authentication_error"),
    429: ("RateLimitError", "throttling_error"),
}


def _proxy_response(status: int, message: str, headers: dict[str, str] | None = None) -> Response:
    """An error that the engine has caused."""
    name, kind = _PROXY_ERRORS.get(status, ("InternalServerError", "internal_server_error"))
    text = f"litellm.{name}: Hosted_vllmException - {message}\n\nLiteLLM: No fallback was attempted."
    return JSONResponse({"error": {"message": text, "type": kind, "param": None, "code": str(status)}}, status, headers)


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
            fields: dict[str, object] = {
                "message": message,
                "type": "invalid_request_error",
                "param": None,
                "code": str(status),
            }
            return {"error": {**fields, "provider_specific_fields": {"error": message}}}
        case ErrorForm.REFERENCE:
            return {"error": {"message": message, "type": "invalid_request_error", "param": param, "code": None}}
        case ErrorForm.DETAIL:
            if not error.field:
                return {"detail": message}
            return {"detail": [{"type": "value_error", "loc": ["body", error.field], "msg": message, "input": None}]}
