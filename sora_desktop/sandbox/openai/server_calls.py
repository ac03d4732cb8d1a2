"""What an engine says about itself: health, models, version, start."""

from __future__ import annotations

import math

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from sora_desktop.sandbox.openai.fleet import EngineFleet
from sora_desktop.sandbox.openai.video_calls import VideoCalls
from sora_desktop.sandbox.openai.video_engine import VideoEngine


class ServerCalls:
    """Answers as the fleet's profile does."""

    def __init__(self, fleet: EngineFleet, videos: VideoCalls) -> None:
        self._fleet, self._videos, self._profile = fleet, videos, fleet.profile

    def routes(self) -> list[Route]:
        """The routes of the calls that this kind of server has."""
        known = {
            "/metrics": self._metrics,
            "/version": self._version,
            "/liveness": self._liveness,
            "/server_info": self._server_info,
            "/model_info": self._model_info,
            "/models": self._model_info,
        }
        return [
            *(Route(path, self._health) for path in self._profile.health),
            Route("/v1/models", self._videos.answered(self._models)),
            *(Route(path, known[path]) for path in sorted(self._profile.extra_calls)),
        ]

    def _engine(self, request: Request) -> VideoEngine:
        return self._fleet.engine_for(int(request.scope["server"][1] or 0))

    async def _health(self, request: Request) -> Response:
        engine = self._engine(request)
        if engine.is_dead or not engine.is_warm:
            return Response(status_code=503)
        answer = self._profile.health_answer
        return Response(status_code=200) if answer is None else JSONResponse(answer)

    async def _liveness(self, request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def _models(self, request: Request, engine: VideoEngine) -> Response:
        created = math.floor(self._fleet.server_time)  # the real ones say the present time, too
        cards = []
        for name, model in self._profile.models.items():
            more: dict[str, object] = {
                "root": name,
                "parent": None,
                "max_model_len": None,
                "num_gpus": 1,
                "task_type": model.task,
                "supported_task_types": [model.task],
            }
            card = {"id": name, "object": "model", "created": created, "owned_by": self._profile.owner}
            cards.append({**card, **{field: more[field] for field in self._profile.model_card}})
        return JSONResponse({"object": "list", "data": cards})

    async def _version(self, request: Request) -> Response:
        return JSONResponse({"version": "0.30.0"})

    async def _metrics(self, request: Request) -> Response:
        started = self._engine(request).started_at + self._fleet.clock_offset
        return PlainTextResponse(
            "# HELP process_start_time_seconds Start time of the process since unix epoch in seconds.\n"
            f"# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds {started:.2f}\n"
        )

    async def _server_info(self, request: Request) -> Response:
        name = next(iter(self._profile.models))
        info = {"model_path": name, "served_model_name": name, "tp_size": 1, "dp_size": 1, "version": "0.5.23"}
        return JSONResponse(info)

    async def _model_info(self, request: Request) -> Response:
        name, model = next(iter(self._profile.models.items()))
        return JSONResponse(
            {
                "model_path": name,
                "is_generation": True,
                "model_type": "diffusion",
                "has_image_understanding": model.takes_image,
                "has_audio_understanding": False,
                "task_type": model.task,
                "supported_task_types": [model.task],
                "output_types": ["VIDEO"],
                "is_image_gen": False,
            }
        )
