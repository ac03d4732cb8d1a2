"""ASGI middleware: counts each call, adds the rate limit headers, and injects the faults of the script."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
import socket
import struct
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sora_desktop.sandbox.fault_script import (
    ALTERING_FAULTS,
    REFUSING_FAULTS,
    REPLACING_FAULTS,
    Fault,
    FaultScript,
    altered_answer,
)
from sora_desktop.sandbox.openai.fault_answers import altered_job, refusal_of
from sora_desktop.sandbox.openai.fault_calls import ENGINE_CALLS, ENGINE_REPLACING_FAULTS, STATUS_FAULTS, engine_call
from sora_desktop.sandbox.openai.fleet import EngineFleet
from sora_desktop.sandbox.service_state import ServiceState

_STATUS_AND_MESSAGE = {
    "1001": (401, "API key is invalid"),
    "1002": (401, "API key has been revoked"),
    "1003": (401, "API key is missing"),
    "1004": (401, "API key is malformed"),
    "2001": (429, "Rate limit exceeded"),
    "2002": (429, "Concurrent task limit exceeded"),
    "2003": (429, "Daily limit exceeded, resets at midnight UTC"),
    "3001": (402, "Insufficient credits"),
}
_SHORTENING_FAULTS = ("truncated", "cut_short", "wrong_length", "reset_after", "cut_after_id")
#: A task's id in an answer of either dialect.
_TASK_ID = re.compile(rb'"task_[0-9a-f]+"|"id":"[^"]+"')
#: Where the Sora API answers. Its answers carry its rate limit.
_SORA_PATHS = ("/api/", "/files/", "/uploads/")
#: The calls that answer with a file.
_FILE_CALLS = ("file", "thumbnail", "videos.content")
#: Seconds for the bytes of an answer to arrive before its connection is reset, which may discard them.
_TIME_TO_ARRIVE = 0.05


def call_name(method: str, path: str) -> str:
    """The call as fault scripts and `/sandbox/seen` name it; empty for any other request."""
    if path.startswith("/files/"):
        return "thumbnail" if path.endswith(".jpg") else "file"
    if path.startswith("/api/v1/tasks/"):
        return "look"
    if path.endswith("-to-video") and method == "POST":
        return "create"
    return {"/api/v1/upload": "upload", "/api/v1/credits": "credits"}.get(path) or engine_call(method, path)


class FaultInjection:
    """Wraps the app of both dialects."""

    def __init__(self, app: ASGIApp, state: ServiceState, fleet: EngineFleet, faults: FaultScript) -> None:
        self._app, self._state, self._fleet, self._faults = app, state, fleet, faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, with a fault if the script has one for it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        call = call_name(request.method, scope["path"])
        host_with_key = request.headers.get("host", "") if "authorization" in request.headers else ""
        is_engine_call = call in ENGINE_CALLS
        if is_engine_call:
            self._fleet.call_counts[call] += 1
        if (call and not is_engine_call) or host_with_key:
            self._state.record_call("" if is_engine_call else call, host_with_key)

        async def limited(message: Message) -> None:
            if message["type"] == "http.response.start":
                is_sora = scope["path"].startswith(_SORA_PATHS)
                added = self._state.limit_headers() if is_sora else self._fleet.headers()
                limits = [(name.lower().encode(), text.encode()) for name, text in added.items()]
                message = {**message, "headers": [*message.get("headers", []), *limits]}
            await send(message)

        fault = self._faults.take(call) if call else None
        events = self._faults.take_events(call) if call else []
        self._let_happen(event for event in events if not event.after)
        following = [event for event in events if event.after]

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            async def handled(message: Message) -> None:
                self._let_happen(following)
                following.clear()
                await send(message)

            await self._app(scope, receive, handled)

        if fault is None:
            await app(scope, receive, limited)
        else:
            scope["fault"] = fault
            await _Faulty(app, call, fault, self._fleet).answer(request, receive, limited, send)
        self._let_happen(following)

    def _let_happen(self, events: Iterable[Fault]) -> None:
        for event in events:
            match event.name:
                case "hold_refunds":
                    self._state.holds_refunds = event.value is not False
                case "refund":
                    self._state.refund(int(event.number(0)) if event.given else None)
                case "top_up":
                    self._state.change_balance(int(event.number(100)))
                case "clock":
                    self._state.clock_offset = event.number(-180)
                case "reset_in_ms":
                    self._state.reset_in_ms = event.value is not False
                case "restart":
                    self._fleet.restart(int(event.number(0)) if event.given else None)
                case "engine_dies":
                    self._fleet.die(int(event.number(0)) if event.given else None)
                case "warm_up":
                    self._fleet.warm_up(event.number(5))
                case "server_clock":
                    self._fleet.clock_offset = event.number(86_400)
                case "others":
                    self._fleet.add_others(int(event.number(10_000)))


class _Faulty:
    """One request with a fault."""

    def __init__(self, app: ASGIApp, call: str, fault: Fault, fleet: EngineFleet) -> None:
        self._app, self._call, self._fault = app, call, fault
        self._errors = fleet.profile.errors

    async def answer(self, request: Request, receive: Receive, limited: Send, send: Send) -> None:
        """Answer with the fault. `send` is that of the connection, `limited` adds the headers of every answer."""
        scope, call, fault = request.scope, self._call, self._fault
        if fault.name == "reset_before":
            await _read_to_end(receive)
            await _drop_connection(send)
            return
        if fault.name == "delay" and not fault.after:
            await asyncio.sleep(fault.number(2))
        replacing = ENGINE_REPLACING_FAULTS if call in ENGINE_CALLS else REPLACING_FAULTS
        if fault.name in replacing and not (fault.name == "expired" and call == "look" and not fault.after):
            if fault.after:
                await self._app(scope, receive, _discard)
            else:
                await _read_to_end(receive)
            is_refusal = call in ENGINE_CALLS and fault.name in STATUS_FAULTS
            answer = refusal_of(fault, self._errors) if is_refusal else _replacement(fault, request)
            await answer(scope, receive, limited)
        elif call in _FILE_CALLS:
            shortened = _Shortened(limited, send, fault) if fault.name in _SHORTENING_FAULTS else limited
            await self._app(scope, receive, shortened)
        else:
            await self._send_altered(scope, receive, limited, send)

    async def _send_altered(self, scope: Scope, receive: Receive, send: Send, raw: Send) -> None:
        """Let the service handle the call, then send its answer with the fault."""
        fault = self._fault
        start: Message = {}
        body = bytearray()

        async def collect(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            else:
                body.extend(message.get("body", b""))

        await self._app(scope, receive, collect)
        if fault.name == "reset_after":
            await _drop_connection(raw)
            return
        if fault.name == "delay" and fault.after:
            await asyncio.sleep(fault.number(2))
        answer = bytes(body)
        if fault.name in ALTERING_FAULTS:
            alter = altered_job if self._call in ENGINE_CALLS else altered_answer
            answer = json.dumps(alter(fault, json.loads(answer)), separators=(",", ":")).encode()
        headers = [pair for pair in start["headers"] if pair[0] != b"content-length"]
        if fault.name == "bad_end":
            await _end_badly(fault.text("chunks"), {**start, "headers": headers}, answer, send, raw)
            return
        if fault.name != "no_length":
            headers.append((b"content-length", str(len(answer)).encode()))
        out = _Shortened(send, raw, fault) if fault.name in _SHORTENING_FAULTS else send
        await out({**start, "headers": headers})
        if fault.name == "stall":
            await out({"type": "http.response.body", "body": answer[: len(answer) // 2], "more_body": True})
            await asyncio.sleep(fault.number(3600))
            answer = answer[len(answer) // 2 :]
        elif fault.name == "slow":
            for index in range(len(answer) - 1):
                await out({"type": "http.response.body", "body": answer[index : index + 1], "more_body": True})
                await asyncio.sleep(1 / max(1.0, fault.number(65536)))
            answer = answer[-1:]
        await out({"type": "http.response.body", "body": answer})


class _Shortened:
    """Announces another number of bytes than it sends, or sends only a part, then ends or drops the connection."""

    def __init__(self, send: Send, raw: Send, fault: Fault) -> None:
        self._send, self._raw, self._fault = send, raw, fault
        self._left = 0
        self._ended = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            length = int(dict(message["headers"]).get(b"content-length", b"0"))
            announced, self._left = self._lengths(length)
            others = [pair for pair in message["headers"] if pair[0] != b"content-length"]
            await self._send({**message, "headers": [*others, (b"content-length", str(announced).encode())]})
            return
        if self._ended:
            return
        chunk = message.get("body", b"")
        if self._fault.name == "cut_after_id" and (found := _TASK_ID.search(chunk)):
            self._left = max(0, found.end() + int(self._fault.number(0)))
        chunk = chunk[: self._left]
        self._left -= len(chunk)
        self._ended = self._left <= 0 or not message.get("more_body", False)
        looks_complete = self._fault.name == "wrong_length" and self._fault.number(1000) < 0
        more = not (self._ended and looks_complete)
        await self._send({"type": "http.response.body", "body": chunk, "more_body": more})
        if self._ended and not looks_complete:
            await _drop_connection(self._raw, reset=self._fault.name == "reset_after")

    def _lengths(self, length: int) -> tuple[int, int]:
        """The number of bytes that are announced, and the number that are sent."""
        if self._fault.name == "wrong_length":
            announced = max(0, length + int(self._fault.number(1000)))
            return announced, min(length, announced)
        if self._fault.name == "cut_after_id":
            return length, length
        share = self._fault.number(0.5) if self._fault.name == "cut_short" else 0.5
        return length, int(length * min(share, 1.0))


async def _end_badly(how: str, start: Message, answer: bytes, send: Send, raw: Send) -> None:
    """Send the whole answer, then end it as a bad_end of the script. `start` has no Content-Length."""
    headers = start["headers"]
    if how == "gzip":
        packed = gzip.compress(answer)
        answer = packed[:-8] + bytes(8)
        headers = [*headers, (b"content-encoding", b"gzip")]
    if how in ("gzip", "length", "head"):
        headers = [*headers, (b"content-length", str(len(answer) + (how == "length")).encode())]
    await send({**start, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if how == "head" else answer, "more_body": how != "gzip"})
    if how == "gzip":
        return
    await asyncio.sleep(3600 if how == "silence" else _TIME_TO_ARRIVE)
    if how == "garbage":
        _connection_of(raw).write(b"no chunk\r\n")
    await _drop_connection(raw, reset=how == "reset")


def _replacement(fault: Fault, request: Request) -> Response:
    """The answer of a fault that replaces the service's own."""
    if fault.name in REFUSING_FAULTS:
        code = "2001" if fault.name in ("429", "429_bare") else fault.name
        status, message = _STATUS_AND_MESSAGE[code]
        content: dict[str, object] = {"code": int(code), "msg": message, "error": message}
        headers = None
        if code in ("2001", "2003") and fault.name != "429_bare":
            content["retryAfter"] = fault.number(2)
            headers = {"Retry-After": f"{fault.number(2):g}"}
        return JSONResponse(content, status, headers)
    if fault.name == "code_in_200":
        return JSONResponse({"code": int(fault.number(500)), "error": "Something went wrong", "data": None})
    if fault.name == "html":
        return HTMLResponse("<!doctype html><title>Sign in</title><h1>Please sign in</h1>")
    if fault.name == "redirect":
        return RedirectResponse(_redirect_target(fault, str(request.url)), 302)
    if fault.name == "expired":
        status = int(fault.number(403))
        return JSONResponse({"code": status, "msg": "Expired", "error": "The URL has expired"}, status)
    status = int(fault.name[:3])
    if fault.name.endswith("_html"):
        return HTMLResponse(f"<html><h1>{status} Server Error</h1><hr>nginx</html>", status)
    return JSONResponse({"code": status, "msg": "Internal error", "error": "Internal error"}, status)


def _redirect_target(fault: Fault, url: str) -> str:
    """The value if it is a URL or path, else the same path at that host, else the same URL with a marker."""
    value, parts = fault.text(""), urlsplit(url)
    if "://" in value or value.startswith("/"):
        return value
    if value:
        host = value if ":" in value or parts.port is None else f"{value}:{parts.port}"
        return urlunsplit(parts._replace(netloc=host))
    return urlunsplit(parts._replace(query=f"{parts.query}&redirected=1".lstrip("&")))


async def _discard(message: Message) -> None:
    """Replaces `send` for an answer that is not delivered."""


async def _read_to_end(receive: Receive) -> None:
    """Read the whole request: closing with unread data would reset the connection and lose the answer."""
    while True:
        message = await receive()
        if message["type"] != "http.request" or not message.get("more_body"):
            return


async def _drop_connection(send: Send, *, reset: bool = True) -> None:
    """Close uvicorn's connection, with a TCP reset or in order after what has been sent."""
    transport = _connection_of(send)
    if reset:
        connection = transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    else:
        transport.close()
    for _ in range(3):
        await asyncio.sleep(0)


def _connection_of(send: Send) -> Any:
    """Uvicorn's transport."""
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is None:
        raise RuntimeError("only a connection of uvicorn can be dropped")
    return transport
