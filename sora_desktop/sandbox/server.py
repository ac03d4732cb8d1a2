"""The HTTP of the sandbox: routes and envelope, with the fault injection around them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path

from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from sora_desktop.sandbox.api_error import ApiError
from sora_desktop.sandbox.create_body import parse_create_body
from sora_desktop.sandbox.fault_injection import FaultInjection
from sora_desktop.sandbox.fault_script import Fault, FaultScript, failure_fields, refusal_with_id
from sora_desktop.sandbox.file_response import file_response
from sora_desktop.sandbox.openai.control_calls import ControlCalls
from sora_desktop.sandbox.openai.engine_renders import EngineRenders
from sora_desktop.sandbox.openai.fleet import EngineFleet
from sora_desktop.sandbox.openai.server_calls import ServerCalls
from sora_desktop.sandbox.openai.video_calls import VideoCalls
from sora_desktop.sandbox.render import check_image
from sora_desktop.sandbox.render_pool import RenderPool
from sora_desktop.sandbox.render_threads import RenderThreads
from sora_desktop.sandbox.service_state import ServiceState, Task

#: What the sandbox can speak.
DIALECTS = frozenset({"sora", "openai"})
#: Bytes.
_MAX_IMAGE_SIZE = 20 * 1024 * 1024
#: What goes into `data` of the envelope.
Data = dict[str, object] | str
Call = Callable[[Request], Awaitable[Data]]


class ApiCalls:
    """The calls of the API. Each returns the envelope's `data` or raises ApiError."""

    def __init__(self, state: ServiceState, pool: RenderPool) -> None:
        self.state, self.pool = state, pool

    def create(self, model: str, *, from_image: bool) -> Call:
        async def call(request: Request) -> Data:
            try:
                content = await request.json()
            except ValueError as error:
                raise ApiError(400, "The body is not JSON") from error
            body = parse_create_body(model, content, from_image=from_image, image=self._uploaded)
            task = self.state.create(body)
            fault = _fault(request)
            if fault and fault.name == "failed":
                self.state.fail(task, failure_fields(fault))
            self.pool.start_pending()
            if fault and fault.name == "names_task":
                code, fields = refusal_with_id(fault, task.id)
                raise ApiError(code, "The request was refused", **fields)
            return {"task_id": task.id}

        return call

    def _uploaded(self, url: str) -> str:
        """The file name of an upload; empty for any other URL, which is never fetched and only changes the seed."""
        _, found, name = url.partition("/uploads/")
        if not found or not name.startswith("image_"):
            return ""
        if "/" in name or not (self.pool.uploads / name).is_file():
            raise ApiError(400, "imageUrl: there is no such upload")
        return name

    async def poll(self, request: Request) -> Data:
        task = self.state.get_task(request.path_params["task_id"])
        fault = _fault(request)
        if fault and fault.name == "failed":
            self.state.fail(task, failure_fields(fault))
        if fault and fault.name == "other_task":
            id = fault.text("")
            other = self.state.tasks.get(id) if id else self.state.newest_other(task)
            if other is None:
                return {"task_id": id or "task_9999", "status": "failed", "error": "Generation failed"}
            task = other
        fields = self._task_fields(task, request, expired=bool(fault and fault.name == "expired"))
        if fault and fault.name == "other_video" and (other := self.state.newest_other(task, "completed")):
            fields["video_url"] = self._task_fields(other, request, expired=False)["video_url"]
        return fields

    def _task_fields(self, task: Task, request: Request, *, expired: bool) -> dict[str, object]:
        fields: dict[str, object] = {
            "task_id": task.id,
            "status": task.status,
            "progress": self.state.progress(task),
            "created_at": _iso(task.created_at),
        }
        if task.completed_at is not None:
            fields["completed_at"] = _iso(task.completed_at)
        if task.status == "completed":
            origin = f"{request.url.scheme}://{request.url.netloc}"
            lifetime = -1.0 if expired else None
            fields["video_url"] = origin + self.state.signed_path(f"{task.id}.mp4", lifetime=lifetime)
            fields["thumbnail_url"] = origin + self.state.signed_path(f"{task.id}.jpg", lifetime=lifetime)
        return {**fields, **task.reason}

    async def credits(self, request: Request) -> Data:
        self.state.advance()
        return {"credits": self.state.credits}

    async def top_up(self, request: Request) -> Data:
        self.state.top_up()
        return await self.credits(request)

    async def upload(self, request: Request) -> Data:
        try:
            async with request.form(max_files=1) as form:
                field = form.get("file")
                if not isinstance(field, UploadFile):
                    raise ApiError(400, "The form needs a field named file, with a file in it")
                content = await field.read(_MAX_IMAGE_SIZE + 1)
        except HTTPException as error:
            raise ApiError(400, str(error.detail)) from error
        if len(content) > _MAX_IMAGE_SIZE:
            raise ApiError(400, "The image is larger than 20 MB")
        file = self.pool.uploads / f"image_{secrets.token_hex(8)}"
        file.write_bytes(content)
        try:
            stored = file.rename(file.with_suffix(await asyncio.to_thread(check_image, file)))
        except ValueError as error:
            file.unlink()
            raise ApiError(400, str(error)) from error
        return {"url": f"{request.url.scheme}://{request.url.netloc}/uploads/{stored.name}"}


def _fault(request: Request) -> Fault | None:
    fault = request.scope.get("fault")
    return fault if isinstance(fault, Fault) else None


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _error_response(error: ApiError) -> JSONResponse:
    headers = {"Retry-After": str(error.extra["retryAfter"])} if "retryAfter" in error.extra else None
    content = {"code": error.code, "msg": str(error), "error": str(error), **error.extra}
    return JSONResponse(content, error.status, headers)


def create_app(
    state: ServiceState, folder: Path, faults: FaultScript, fleet: EngineFleet, dialects: frozenset[str] = DIALECTS
) -> ASGIApp:
    """The sandbox as an ASGI app. `folder` holds uploads and rendered files, `dialects` are those that it speaks."""
    options = state.options
    threads = RenderThreads(tiny=options.tiny, engines=len(fleet.engines))
    pool = RenderPool(state, folder, threads)
    renders = EngineRenders(fleet, folder, threads, tiny=options.tiny, strip=options.frame_strip)
    calls = ApiCalls(state, pool)
    videos = VideoCalls(fleet, renders)

    def api(call: Call) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            try:
                state.check_key(request.headers.get("authorization"))
                state.count_request(poll="task_id" in request.path_params)
                return JSONResponse({"code": 200, "msg": "success", "data": await call(request)})
            except ApiError as error:
                return _error_response(error)

        return endpoint

    async def rendered_file(request: Request) -> Response:
        name = request.path_params["name"]
        try:
            query = request.query_params
            state.check_signature(name, query.get("expires", ""), query.get("signature", ""))
            return file_response(pool.files / name, request, _fault(request))
        except ApiError as error:
            return _error_response(error)

    async def uploaded_file(request: Request) -> Response:
        upload = pool.uploads / Path(request.path_params["name"]).name
        return FileResponse(upload) if upload.is_file() else _error_response(ApiError(404, "There is no such upload"))

    async def seen(request: Request) -> Response:
        return JSONResponse(
            {
                "counts": state.call_counts,
                "creates": state.accepted_creates(),
                "key_came_to": state.hosts_with_key,
                "openai": fleet.seen(),
            }
        )

    async def unhandled(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        if "sora" not in dialects or request.url.path.startswith("/v1/"):
            return JSONResponse({"detail": HTTPStatus(status).phrase}, status)
        return _error_response(
            ApiError(status, "There is no such call" if status == 404 else "The call cannot be answered")
        )

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        pool.start_pending()
        following = asyncio.create_task(renders.follow(), name="follow the engines")
        yield
        following.cancel()
        await renders.aclose()
        await pool.aclose()
        await threads.aclose()
        state.close()

    sora_routes = [
        *(
            Route(
                f"/api/v1/{model}/{kind}-to-video",
                api(calls.create(model, from_image=kind == "image")),
                methods=["POST"],
            )
            for model in ("sora2", "sora2-pro")
            for kind in ("text", "image")
        ),
        Route("/api/v1/upload", api(calls.upload), methods=["POST"]),
        Route("/api/v1/tasks/{task_id}", api(calls.poll)),
        Route("/api/v1/credits", api(calls.credits)),
        Route("/api/v1/credits/top-up", api(calls.top_up), methods=["POST"]),  # the live service has no such call
        Route("/files/{name}", rendered_file),
        Route("/uploads/{name}", uploaded_file),
    ]
    engine_routes = [*videos.routes(), *ServerCalls(fleet, videos).routes(), *ControlCalls(fleet, faults).routes()]
    routes = [
        *(sora_routes if "sora" in dialects else ()),
        *(engine_routes if "openai" in dialects else ()),
        Route("/sandbox/seen", seen),
    ]
    app = Starlette(routes=routes, lifespan=lifespan, exception_handlers={HTTPException: unhandled, 500: unhandled})
    return FaultInjection(app, state, fleet, faults)


def ready_line(origins: Sequence[str], key: str, like: str, dialects: frozenset[str] = DIALECTS) -> str:
    """The line of JSON on standard output that says where the sandbox listens and which key it accepts.

    `listening` is the base URL of the Sora API, or of the first engine without it; `openai` those of all engines.
    """
    engines = [f"{origin}/v1" for origin in origins]
    ready: dict[str, object] = {"listening": f"{origins[0]}/api/v1" if "sora" in dialects else engines[0], "key": key}
    if "openai" in dialects:
        ready["openai"] = {"like": like, "base_urls": engines}
    return json.dumps(ready)
