"""The outermost layer: counts each call, adds the limit headers, and does the harm that a script planned."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from typing import Any

from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sora_desktop.sandbox.faults import Fault, Faults, spoiled
from sora_desktop.sandbox.world import World

_CODED = {
    "1001": (401, "API key is invalid"),
    "1002": (401, "API key has been revoked"),
    "1003": (401, "API key is missing"),
    "1004": (401, "API key is malformed"),
    "2001": (429, "Rate limit exceeded"),
    "429": (429, "Rate limit exceeded"),
    "2002": (429, "Concurrent task limit exceeded"),
    "2003": (429, "Daily limit exceeded, resets at midnight UTC"),
    "3001": (402, "Insufficient credits"),
}


def call_of(method: str, path: str) -> str:
    """Which call a request is, as the script and `/sandbox/seen` name it; empty for anything else."""
    if path.startswith("/files/"):
        return "file"
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
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        call = call_of(scope["method"], scope["path"])
        if call:
            self._world.seen[call] += 1
            self._world.keep()
        fault = self._faults.take(call) if call else None

        async def limited(message: Message) -> None:
            if message["type"] == "http.response.start":
                limits = [(name.lower().encode(), text.encode()) for name, text in self._world.limit_headers().items()]
                message = {**message, "headers": [*message.get("headers", []), *limits]}
            await send(message)

        if fault is None:
            await self._app(scope, receive, limited)
            return
        scope["fault"] = fault
        if fault.name == "reset_before":
            await _hang_up(send)
            return
        if fault.name == "delay":
            await asyncio.sleep(fault.number(2))
        instead = _instead(fault, call)
        if instead is not None:
            await _swallow(receive)
            await instead(scope, receive, limited)
        elif call == "file" and fault.name in ("cut_short", "reset_after", "truncated"):
            await self._app(scope, receive, _Cut(limited, send, fault))
        elif call == "file":
            await self._app(scope, receive, limited)
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
        answer = bytes(body)
        if fault.name in ("stuck_99", "unknown_status", "wrong_types"):
            answer = json.dumps(spoiled(fault, json.loads(answer))).encode()
        headers = [pair for pair in start["headers"] if pair[0] != b"content-length"]
        if fault.name != "no_length":
            headers.append((b"content-length", str(len(answer)).encode()))
        await send({**start, "headers": headers})
        if fault.name in ("truncated", "cut_short", "stall"):
            await send({"type": "http.response.body", "body": answer[: len(answer) // 2], "more_body": True})
            if fault.name != "stall":
                await _hang_up(raw, reset=False)
                return
            await asyncio.sleep(fault.number(3600))
            answer = answer[len(answer) // 2 :]
        elif fault.name == "slow":
            for place in range(len(answer) - 1):
                await send({"type": "http.response.body", "body": answer[place : place + 1], "more_body": True})
                await asyncio.sleep(1 / max(1.0, fault.number(65536)))
            answer = answer[-1:]
        await send({"type": "http.response.body", "body": answer})


class _Cut:
    """Sends a share of a body and then hangs up."""

    def __init__(self, send: Send, raw: Send, fault: Fault) -> None:
        self._send, self._raw, self._fault = send, raw, fault
        self._left = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            length = dict(message["headers"]).get(b"content-length", b"0")
            self._left = int(int(length) * (self._fault.number(0.5) if self._fault.name == "cut_short" else 0.5))
            await self._send(message)
            return
        if self._left <= 0:
            return
        piece = message.get("body", b"")[: self._left]
        self._left -= len(piece)
        await self._send({"type": "http.response.body", "body": piece, "more_body": True})
        if self._left <= 0:
            await _hang_up(self._raw, reset=self._fault.name == "reset_after")


def _instead(fault: Fault, call: str) -> Response | None:
    """The answer that a fault gives without the service doing anything."""
    if fault.name in _CODED:
        status, message = _CODED[fault.name]
        code = 2001 if fault.name == "429" else int(fault.name)
        content: dict[str, object] = {"code": code, "msg": message, "error": message}
        headers = None
        if status == 429 and code != 2002:
            content["retryAfter"] = fault.number(2)
            headers = {"Retry-After": f"{fault.number(2):g}"}
        return JSONResponse(content, status, headers)
    if fault.name == "500_json":
        return JSONResponse({"code": 500, "msg": "Internal error", "error": "Internal error"}, 500)
    if fault.name == "500_html":
        return HTMLResponse("<html><h1>502 Bad Gateway</h1><hr>nginx</html>", 502 if fault.value == 502 else 500)
    if fault.name == "code_in_200":
        return JSONResponse({"code": int(fault.number(500)), "error": "Something went wrong", "data": None})
    if fault.name == "html" and call != "file":
        return HTMLResponse("<!doctype html><title>Sign in</title><h1>Please sign in</h1>")
    if fault.name == "redirect" and call != "file":
        return RedirectResponse(str(fault.value or "/sandbox/elsewhere"), 302)
    if fault.name == "expired" and call not in ("file", "look"):
        return JSONResponse({"code": 403, "msg": "Expired", "error": "Expired"}, 403)
    return None


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
