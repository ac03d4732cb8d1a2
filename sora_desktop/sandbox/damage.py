"""The outermost layer: counts each call, adds the limit headers, and does the harm that a script planned."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sora_desktop.sandbox.faults import INSTEAD, REFUSALS, SPOILING, Fault, Faults, spoiled
from sora_desktop.sandbox.world import World

_CODED = {
    "1001": (401, "API key is invalid"),
    "1002": (401, "API key has been revoked"),
    "1003": (401, "API key is missing"),
    "1004": (401, "API key is malformed"),
    "2001": (429, "Rate limit exceeded"),
    "2002": (429, "Concurrent task limit exceeded"),
    "2003": (429, "Daily limit exceeded, resets at midnight UTC"),
    "3001": (402, "Insufficient credits"),
}
_SHORTENED = ("truncated", "cut_short", "wrong_length", "reset_after")


def call_of(method: str, path: str) -> str:
    """Which call a request is, as the script and `/sandbox/seen` name it; empty for anything else."""
    if path.startswith("/files/"):
        return "thumbnail" if path.endswith(".jpg") else "file"
    if path.startswith("/api/v1/tasks/"):
        return "look"
    if path.endswith("-to-video") and method == "POST":
        return "create"
    return {"/api/v1/upload": "upload", "/api/v1/credits": "credits"}.get(path, "")


class Damage:
    """An ASGI app around the service's own."""

    def __init__(self, app: ASGIApp, world: World, faults: Faults) -> None:
        self._app, self._world, self._faults = app, world, faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, harmed or not."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        call = call_of(request.method, scope["path"])
        host_with_key = request.headers.get("host", "") if "authorization" in request.headers else ""
        if call or host_with_key:
            self._world.note_seen(call, host_with_key)

        async def limited(message: Message) -> None:
            if message["type"] == "http.response.start":
                limits = [(name.lower().encode(), text.encode()) for name, text in self._world.limit_headers().items()]
                message = {**message, "headers": [*message.get("headers", []), *limits]}
            await send(message)

        fault = self._faults.take(call) if call else None
        if fault is None:
            await self._app(scope, receive, limited)
            return
        scope["fault"] = fault
        if fault.name == "reset_before":
            await _swallow(receive)
            await _hang_up(send)
            return
        if fault.name == "delay" and not fault.after:
            await asyncio.sleep(fault.number(2))
        if fault.name in INSTEAD and not (fault.name == "expired" and call == "look" and not fault.after):
            if fault.after:
                await self._app(scope, receive, _nowhere)
            else:
                await _swallow(receive)
            await _instead(fault, request)(scope, receive, limited)
        elif call in ("file", "thumbnail"):
            shortened = _Shortened(limited, send, fault) if fault.name in _SHORTENED else limited
            await self._app(scope, receive, shortened)
        else:
            await self._answer_harmed(scope, receive, limited, send, fault)

    async def _answer_harmed(self, scope: Scope, receive: Receive, send: Send, raw: Send, fault: Fault) -> None:
        """Let the service do the call, then spoil what it says."""
        start: Message = {}
        body = bytearray()

        async def gather(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            else:
                body.extend(message.get("body", b""))

        await self._app(scope, receive, gather)
        if fault.name == "reset_after":
            await _hang_up(raw)
            return
        if fault.name == "delay" and fault.after:
            await asyncio.sleep(fault.number(2))
        answer = bytes(body)
        if fault.name in SPOILING:
            answer = json.dumps(spoiled(fault, json.loads(answer))).encode()
        headers = [pair for pair in start["headers"] if pair[0] != b"content-length"]
        if fault.name != "no_length":
            headers.append((b"content-length", str(len(answer)).encode()))
        out = _Shortened(send, raw, fault) if fault.name in _SHORTENED else send
        await out({**start, "headers": headers})
        if fault.name == "stall":
            await out({"type": "http.response.body", "body": answer[: len(answer) // 2], "more_body": True})
            await asyncio.sleep(fault.number(3600))
            answer = answer[len(answer) // 2 :]
        elif fault.name == "slow":
            for place in range(len(answer) - 1):
                await out({"type": "http.response.body", "body": answer[place : place + 1], "more_body": True})
                await asyncio.sleep(1 / max(1.0, fault.number(65536)))
            answer = answer[-1:]
        await out({"type": "http.response.body", "body": answer})


class _Shortened:
    """Sends another number of bytes than it announces, or fewer than there are, and then ends or hangs up."""

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
        piece = message.get("body", b"")[: self._left]
        self._left -= len(piece)
        self._ended = self._left <= 0 or not message.get("more_body", False)
        whole = self._fault.name == "wrong_length" and self._fault.number(1000) < 0
        await self._send({"type": "http.response.body", "body": piece, "more_body": not (self._ended and whole)})
        if self._ended and not whole:
            await _hang_up(self._raw, reset=self._fault.name == "reset_after")

    def _lengths(self, length: int) -> tuple[int, int]:
        """How many bytes are announced, and how many of them come."""
        if self._fault.name == "wrong_length":
            announced = max(0, length + int(self._fault.number(1000)))
            return announced, min(length, announced)
        share = self._fault.number(0.5) if self._fault.name == "cut_short" else 0.5
        return length, int(length * min(share, 1.0))


def _instead(fault: Fault, request: Request) -> Response:
    """What a fault answers in the service's place."""
    if fault.name in REFUSALS:
        code = "2001" if fault.name in ("429", "429_bare") else fault.name
        status, message = _CODED[code]
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
        return RedirectResponse(_elsewhere(fault, str(request.url)), 302)
    if fault.name == "expired":
        status = int(fault.number(403))
        return JSONResponse({"code": status, "msg": "Expired", "error": "The address has expired"}, status)
    status = int(fault.name[:3])
    if fault.name.endswith("_html"):
        return HTMLResponse(f"<html><h1>{status} Server Error</h1><hr>nginx</html>", status)
    return JSONResponse({"code": status, "msg": "Internal error", "error": "Internal error"}, status)


def _elsewhere(fault: Fault, here: str) -> str:
    """Where a redirect leads: the value as it is, the same path at a host, or the same address with a mark."""
    value, parts = fault.text(""), urlsplit(here)
    if "://" in value or value.startswith("/"):
        return value
    if value:
        host = value if ":" in value or parts.port is None else f"{value}:{parts.port}"
        return urlunsplit(parts._replace(netloc=host))
    return urlunsplit(parts._replace(query=f"{parts.query}&redirected=1".lstrip("&")))


async def _nowhere(message: Message) -> None:
    """The service's own answer, which nobody will read."""


async def _swallow(receive: Receive) -> None:
    """Read the request to its end, so that the answer is not lost in a reset."""
    while True:
        message = await receive()
        if message["type"] != "http.request" or not message.get("more_body"):
            return


async def _hang_up(send: Send, *, reset: bool = True) -> None:
    """Drop the connection under uvicorn: with a TCP reset, or quietly after what has been sent."""
    cycle: Any = getattr(send, "__self__", None)
    transport = getattr(cycle, "transport", None)
    if transport is None:
        raise RuntimeError("only uvicorn's own connection can be dropped")
    if reset:
        connection = transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    else:
        transport.close()
    for _ in range(3):
        await asyncio.sleep(0)
