"""The calls of the OpenAI Videos dialect: create, get, list, content and delete."""

from __future__ import annotations

import asyncio
import base64
import binascii
import math
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import assert_never

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from sora_desktop.sandbox.api_error import ApiError
from sora_desktop.sandbox.fault_script import Fault
from sora_desktop.sandbox.file_response import file_response
from sora_desktop.sandbox.openai.engine_error import (
    EngineError,
    ErrorForm,
    content_error_response,
    dead_engine_response,
    error_response,
    key_error_response,
    poll_error_response,
)
from sora_desktop.sandbox.openai.engine_job import EngineJob, JobError
from sora_desktop.sandbox.openai.engine_renders import EngineRenders
from sora_desktop.sandbox.openai.fleet import EngineFleet
from sora_desktop.sandbox.openai.job_fields import failure_status, job_fields
from sora_desktop.sandbox.openai.video_body import read_video_body
from sora_desktop.sandbox.openai.video_engine import VideoEngine
from sora_desktop.sandbox.render import ClipKind

_Call = Callable[[Request, VideoEngine], Awaitable[Response]]
_Refused = Callable[[ErrorForm, EngineError], Response]
#: Seconds for which a gateway keeps a record.
_WEEK = 7 * 86_400


class VideoCalls:
    """Answers as the fleet's profile does."""

    def __init__(self, fleet: EngineFleet, renders: EngineRenders) -> None:
        self._fleet, self._renders = fleet, renders
        self._profile = fleet.profile

    def routes(self) -> list[Route]:
        """The routes of the calls."""
        return [
            Route("/v1/videos", self.answered(self._create), methods=["POST"]),
            Route("/v1/videos", self.answered(self._list)),
            Route("/v1/videos/{id}", self.answered(self._get, refused=poll_error_response)),
            Route("/v1/videos/{id}", self.answered(self._delete), methods=["DELETE"]),
            Route("/v1/videos/{id}/content", self.answered(self._content, refused=content_error_response)),
            Route("/cloud/{name}", self._cloud),
        ]

    def answered(
        self, call: _Call, *, needs_key: bool = True, refused: _Refused = error_response
    ) -> Callable[[Request], Awaitable[Response]]:
        """The endpoint of a call: finds the engine, waits for its warm-up, checks the key, and answers errors."""

        async def endpoint(request: Request) -> Response:
            form = self._profile.errors
            port = int(request.scope["server"][1] or 0)
            engine = self._fleet.engine_for(port, _inner_id(request.path_params.get("id", "")))
            try:
                await self._wait_until_warm(engine)
                if needs_key and not self._has_key(request):
                    return key_error_response(form, is_missing="authorization" not in request.headers)
                return await call(request, engine)
            except EngineError as error:
                return refused(form, error)

        return endpoint

    async def _wait_until_warm(self, engine: VideoEngine) -> None:
        while not engine.is_warm:
            if not self._profile.holds_requests_in_warm_up:
                raise EngineError(503, "The server is starting")
            await asyncio.sleep(0.02)

    def _has_key(self, request: Request) -> bool:
        key = self._fleet.options.key
        is_open = not key or not self._profile.checks_key
        return is_open or request.headers.get("authorization", "") == f"Bearer {key}"

    async def _create(self, request: Request, engine: VideoEngine) -> Response:
        if engine.is_dead:
            return dead_engine_response(self._profile.errors)
        body = await read_video_body(request, self._profile)
        try:
            image = await self._renders.checked_image(body.image or b"")
        except ValueError as error:
            raise EngineError(400, f"Failed to process the image: {error}") from error
        fault = _fault(request)
        if fault is not None and fault.name == "late":
            await asyncio.sleep(fault.number(2))
        times = int(fault.number(2)) if fault is not None and fault.name == "repeated" else 1
        for _ in range(max(1, times)):
            job = self._fleet.create(engine, body, self._user(request))
            job.image_file = image
        if fault is not None:
            _apply(fault, job, self._fleet, f"{request.url.scheme}://{request.url.netloc}")
        self._renders.update()
        status = self._profile.create_status
        fields = job_fields(job, self._profile, self._fleet.now(), self._shown_id(job, with_model=True))
        if fault is not None and fault.name == "other_id":
            fields["id"] = self._fleet.new_id()
        if "usage" in fields:
            fields["usage"] = {"duration_seconds": float(str(fields["seconds"]))}
        if fault is not None and fault.name == "status":
            status = int(fault.number(202))
        return JSONResponse({**fields, "status": "queued"}, status)

    async def _get(self, request: Request, engine: VideoEngine) -> Response:
        job, fault = self._job(request, engine), _fault(request)
        if fault is not None and fault.name == "failed":
            engine.fail(job, _failure(fault))
        if fault is not None and fault.name == "other_job":
            job = engine.job(fault.text("")) or next((one for one in engine.jobs()[::-1] if one is not job), job)
        fields = job_fields(job, self._profile, self._fleet.now(), self._shown_id(job))
        has_status = self._profile.failed_has_status and job.status == "failed"
        return JSONResponse(fields, failure_status(job) if has_status else 200)

    async def _list(self, request: Request, engine: VideoEngine) -> Response:
        rule = self._profile.pages
        if rule.is_refused:
            if "custom-llm-provider" in request.headers:
                raise EngineError(500, "api_base not set")
            raise EngineError(400, "The list needs a provider")
        jobs = list(self._fleet.listed(engine, self._user(request)))
        fault = _fault(request)
        if fault is not None and fault.name == "missing":
            jobs = jobs[: -max(1, int(fault.number(1)))]
        limit = self._limit(request.query_params)
        page, has_more = self._page(jobs, request.query_params, limit)
        if fault is not None and fault.name == "empty_page":
            page, has_more = [], True
        data = [self._entry(job) for job in page]
        answer: dict[str, object] = {"object": "list", "data": data}
        if rule.tells_more:
            first, last = (data[0]["id"], data[-1]["id"]) if data else (None, None)
            if fault is not None and fault.name == "empty_page":
                last = request.query_params.get("after")
            answer |= {"first_id": first, "last_id": last, "has_more": has_more}
        return JSONResponse(answer)

    def _limit(self, query: QueryParams) -> int | None:
        rule = self._profile.pages
        if not rule.has_pages or "limit" not in query:
            return rule.default
        text = query["limit"]
        if not text.isdecimal() or not rule.fewest <= int(text) <= rule.most:
            raise EngineError(400, f"limit must be between {rule.fewest} and {rule.most}", "limit")
        return int(text)

    def _page(self, jobs: Sequence[EngineJob], query: QueryParams, limit: int | None) -> tuple[list[EngineJob], bool]:
        """The entries after the cursor, and whether more follow. Jobs of one second keep their order, as at vLLM."""
        rule = self._profile.pages
        if not rule.has_pages:
            return list(jobs), False
        order = query.get("order", "desc")
        if order not in ("asc", "desc"):
            raise EngineError(400, "order must be asc or desc", "order")
        found = sorted(jobs, key=lambda job: math.floor(job.created_at), reverse=order == "desc")
        after = query.get("after")
        if after is not None:
            place = next((index for index, job in enumerate(found) if job.id == _inner_id(after)), None)
            if place is None and rule.refuses_unknown_cursor:
                raise EngineError(400, "invalid video list cursor or parameters")
            found = [] if place is None else found[place + 1 :]
        return (found, False) if limit is None else (found[:limit], len(found) > limit)

    def _entry(self, job: EngineJob) -> dict[str, object]:
        fields = job_fields(job, self._profile, self._fleet.now(), self._shown_id(job))
        if not self._profile.pages.is_slim:
            return fields
        kept = {name: fields[name] for name in ("id", "model", "created_at")}
        return {**kept, "expires_at": math.floor(job.created_at) + _WEEK}

    async def _content(self, request: Request, engine: VideoEngine) -> Response:
        job, rule = self._job(request, engine), self._profile.content
        variant = request.query_params.get("variant")
        if job.is_unfinished:
            raise EngineError(*rule.early)
        if job.status == "failed":
            raise EngineError(*rule.failed)
        if rule.variant == "index" and variant not in (None, "0"):
            raise EngineError(404, f"Video variant {variant} not found")
        if job.cloud_url:
            raise EngineError(
                400, f"The video was uploaded to cloud storage. Please use the cloud URL: {job.cloud_url}"
            )
        is_poster = rule.variant == "name" and variant in ("thumbnail", "spritesheet")
        file = self._renders.thumbnail_file(job) if is_poster else self._renders.clip_file(job)
        try:
            if job.loses_content:
                raise ApiError(404, "The file of the video is gone")
            return file_response(file, request, _fault(request), has_ranges=rule.has_ranges)
        except ApiError as error:
            raise EngineError(error.status, "Generated video file not found on disk") from error

    async def _cloud(self, request: Request) -> Response:
        """A clip at a place of its own, without a key."""
        try:
            return file_response(self._renders.files / Path(request.path_params["name"]).name, request)
        except ApiError as error:
            return PlainTextResponse("NoSuchKey", error.status)

    async def _delete(self, request: Request, engine: VideoEngine) -> Response:
        profile = self._profile
        if profile.delete == "refused":
            return JSONResponse({"detail": "Method Not Allowed"}, 405)
        job = self._job(request, engine)
        stops = profile.delete == "stops"
        self._fleet.delete(engine, job, stops=stops)
        if stops:
            await self._renders.stopped(job)
            self._renders.remove_files(job)
        id = self._shown_id(job)
        match profile.delete_answer:
            case "event":
                return JSONResponse({"id": id, "deleted": True, "object": "video.deleted"})
            case "bare":
                return JSONResponse({"deleted": True})
            case "video":
                return JSONResponse({**job_fields(job, profile, self._fleet.now(), id), "status": "deleted"})
            case _:
                assert_never(profile.delete_answer)

    def _job(self, request: Request, engine: VideoEngine) -> EngineJob:
        """The job of the path. Raises EngineError if this engine, or this user, has none with that id."""
        id = request.path_params["id"]
        if self._profile.changes_id and _lacks_model(id):
            raise EngineError(500, "api_base not set")
        job = engine.job(_inner_id(id))
        if job is None or (self._profile.separates_users and job.user != self._user(request)):
            raise EngineError(404, "Video not found")
        return job

    def _user(self, request: Request) -> str:
        return request.headers.get("user", "") if self._profile.separates_users else ""

    def _shown_id(self, job: EngineJob, *, with_model: bool = False) -> str:
        """The id in an answer. A proxy wraps it, and leaves the model out after the create."""
        if not self._profile.changes_id:
            return job.id
        model = job.body.model if with_model else ""
        inner = f"litellm:custom_llm_provider:hosted_vllm;model_id:{model};video_id:{job.id}"
        return "video_" + base64.urlsafe_b64encode(inner.encode()).decode()


def _lacks_model(id: str) -> bool:
    """Whether this is the id of a proxy without the model by which it finds the server."""
    try:
        return ";model_id:;" in base64.urlsafe_b64decode(id.removeprefix("video_")).decode("ascii")
    except (binascii.Error, ValueError):
        return False


def _inner_id(id: str) -> str:
    """The engine's id in that of a proxy; any other one as it is."""
    try:
        return base64.urlsafe_b64decode(id.removeprefix("video_")).decode("ascii").split("video_id:")[1]
    except (binascii.Error, ValueError, IndexError):
        return id


def _fault(request: Request) -> Fault | None:
    fault = request.scope.get("fault")
    return fault if isinstance(fault, Fault) else None


def _failure(fault: Fault) -> JobError:
    given = fault.value if isinstance(fault.value, dict) else {"message": fault.text("Generation failed")}
    return JobError(int(given.get("status", 500)), str(given.get("message", "Generation failed")))


def _apply(fault: Fault, job: EngineJob, fleet: EngineFleet, origin: str) -> None:
    """What the script wants of a new job."""
    match fault.name:
        case "failed":
            job.fails_with = _failure(fault)
        case "never_ends":
            job.never_ends = True
        case "queued":
            fleet.hold_back(job, fault.number(600))
        case "content_gone":
            job.loses_content = True
        case "cloud":
            job.cloud_url = f"{origin}/cloud/{job.id}.mp4"
        case "clip":
            job.kind = ClipKind(fault.text("webm"))
