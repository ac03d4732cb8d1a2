"""The service's HTTP: its routes, its envelope, and the planned faults around them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from sora_desktop.sandbox.damage import Damage
from sora_desktop.sandbox.faults import Fault, Faults, reason_of
from sora_desktop.sandbox.files import clip_answer
from sora_desktop.sandbox.orders import checked_order
from sora_desktop.sandbox.refusal import Refusal
from sora_desktop.sandbox.render import check_image
from sora_desktop.sandbox.studio import Studio
from sora_desktop.sandbox.world import Task, World

_LARGEST_IMAGE = 20 * 1024 * 1024
Answer = dict[str, object] | str
Call = Callable[[Request], Awaitable[Answer]]


class Service:
    """The calls of the API, each returning what goes into `data`."""

    def __init__(self, world: World, studio: Studio) -> None:
        self.world, self.studio = world, studio

    def create(self, model: str, *, from_image: bool) -> Call:
        async def call(request: Request) -> Answer:
            try:
                body = await request.json()
            except ValueError as error:
                raise Refusal(400, "The body is not JSON") from error
            order = checked_order(model, body, from_image=from_image, image=self._uploaded)
            task = self.world.create(order)
            fault = _fault(request)
            if fault and fault.name == "failed":
                self.world.fail(task, reason_of(fault))
            self.studio.work()
            return {"task_id": task.id}

        return call

    def _uploaded(self, url: str) -> str:
        """The uploaded file's name; none for an address elsewhere, which is never fetched: it seeds the picture."""
        _, found, name = url.partition("/uploads/")
        if not found or not name.startswith("image_"):
            return ""
        if "/" in name or not (self.studio.uploads / name).is_file():
            raise Refusal(400, "imageUrl: there is no such upload")
        return name

    async def look(self, request: Request) -> Answer:
        task = self.world.find(request.path_params["task_id"])
        fault = _fault(request)
        if fault and fault.name == "failed":
            self.world.fail(task, reason_of(fault))
        return self._told(task, request, expired=bool(fault and fault.name == "expired"))

    def _told(self, task: Task, request: Request, *, expired: bool) -> dict[str, object]:
        told: dict[str, object] = {
            "task_id": task.id,
            "status": task.status,
            "progress": self.world.progress(task),
            "created_at": _iso(task.created_at),
        }
        if task.completed_at is not None:
            told["completed_at"] = _iso(task.completed_at)
        if task.status == "completed":
            origin = f"{request.url.scheme}://{request.url.netloc}"
            lifetime = -1.0 if expired else None
            told["video_url"] = origin + self.world.sign(f"{task.id}.mp4", lifetime=lifetime)
            told["thumbnail_url"] = origin + self.world.sign(f"{task.id}.jpg", lifetime=lifetime)
        return {**told, **task.reason}

    async def credits(self, request: Request) -> Answer:
        self.world.advance()
        return {"credits": self.world.credits}

    async def upload(self, request: Request) -> Answer:
        try:
            async with request.form(max_files=1) as form:
                sent = form.get("file")
                if not isinstance(sent, UploadFile):
                    raise Refusal(400, "The form needs a field named file, with a file in it")
                content = await sent.read(_LARGEST_IMAGE + 1)
        except HTTPException as error:
            raise Refusal(400, str(error.detail)) from error
        if len(content) > _LARGEST_IMAGE:
            raise Refusal(400, "The image is larger than 20 MB")
        file = self.studio.uploads / f"image_{secrets.token_hex(8)}"
        file.write_bytes(content)
        try:
            kept = file.rename(file.with_suffix(await asyncio.to_thread(check_image, file)))
        except ValueError as error:
            file.unlink()
            raise Refusal(400, str(error)) from error
        return {"url": f"{request.url.scheme}://{request.url.netloc}/uploads/{kept.name}"}


def _fault(request: Request) -> Fault | None:
    fault = request.scope.get("fault")
    return fault if isinstance(fault, Fault) else None


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _refused(refusal: Refusal) -> JSONResponse:
    headers = {"Retry-After": str(refusal.extra["retryAfter"])} if "retryAfter" in refusal.extra else None
    content = {"code": refusal.code, "msg": str(refusal), "error": str(refusal), **refusal.extra}
    return JSONResponse(content, refusal.status, headers)


def make_app(world: World, folder: Path, faults: Faults) -> ASGIApp:
    """The whole service as an ASGI app; `folder` holds uploads and rendered files."""
    studio = Studio(world, folder)
    service = Service(world, studio)

    def api(call: Call) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            try:
                world.admit(request.headers.get("authorization"))
                world.count_request(look="task_id" in request.path_params)
                return JSONResponse({"code": 200, "msg": "success", "data": await call(request)})
            except Refusal as refusal:
                return _refused(refusal)

        return endpoint

    async def file(request: Request) -> Response:
        name = request.path_params["name"]
        try:
            asked = request.query_params
            world.check_signature(name, asked.get("expires", ""), asked.get("signature", ""))
            return clip_answer(studio.files / name, request, _fault(request))
        except Refusal as refusal:
            return _refused(refusal)

    async def uploaded(request: Request) -> Response:
        here = studio.uploads / Path(request.path_params["name"]).name
        return FileResponse(here) if here.is_file() else _refused(Refusal(404, "There is no such upload"))

    async def seen(request: Request) -> Response:
        return JSONResponse({"counts": world.seen, "creates": world.story(), "key_came_to": world.key_came_to})

    async def lost(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        return _refused(Refusal(status, "There is no such call" if status == 404 else "The call cannot be answered"))

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        studio.work()
        yield
        await studio.close()
        world.close()

    routes = [
        *(
            Route(
                f"/api/v1/{model}/{kind}-to-video",
                api(service.create(model, from_image=kind == "image")),
                methods=["POST"],
            )
            for model in ("sora2", "sora2-pro")
            for kind in ("text", "image")
        ),
        Route("/api/v1/upload", api(service.upload), methods=["POST"]),
        Route("/api/v1/tasks/{task_id}", api(service.look)),
        Route("/api/v1/credits", api(service.credits)),
        Route("/files/{name}", file),
        Route("/uploads/{name}", uploaded),
        Route("/sandbox/seen", seen),
    ]
    app = Starlette(routes=routes, lifespan=lifespan, exception_handlers={HTTPException: lost, 500: lost})
    return Damage(app, world, faults)


def ready_line(origin: str, key: str) -> str:
    return json.dumps({"listening": f"{origin}/api/v1", "key": key})
