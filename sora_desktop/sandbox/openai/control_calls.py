"""Calls of the sandbox itself, without a key. POST changes the engines while they run; each field may be left out.

GET /sandbox/seen       the requests of each call, the accepted creates of the Sora API with what they cost, the hosts
                        to which a key was sent; of the engines: creates with how far each is rendered (`rendering`,
                        `frames_rendered`), deletes, restarts, and what each engine works on
POST /sandbox/restart   {"replica": number, "warm_up": seconds}: all engines, or one, forget their jobs and are cold
POST /sandbox/finish    {"id": "…"}: every job, or one, needs no more time than its rendering takes
POST /sandbox/clock     {"ahead": 86400}: the engines' clock is ahead by that many seconds
POST /sandbox/others    {"count": 10000, "prompt": "…"}: other users have that many finished jobs
POST /sandbox/faults    a list of faults that are added to the script
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sora_desktop.sandbox.fault_script import FaultScript, InvalidScript
from sora_desktop.sandbox.openai.fleet import EngineFleet


class ControlCalls:
    """The calls that change the engines."""

    def __init__(self, fleet: EngineFleet, faults: FaultScript) -> None:
        self._fleet, self._faults = fleet, faults

    def routes(self) -> list[Route]:
        """The routes of the calls."""
        calls = {
            "restart": self._restart,
            "finish": self._finish,
            "clock": self._clock,
            "others": self._others,
            "faults": self._plan,
        }
        return [Route(f"/sandbox/{name}", call, methods=["POST"]) for name, call in calls.items()]

    async def _restart(self, request: Request) -> Response:
        given = await _given(request)
        replica, warm_up = given.get("replica"), given.get("warm_up", 0)
        if replica is not None and replica not in range(len(self._fleet.engines)):
            return JSONResponse({"detail": f"There is no engine {replica!r}"}, 400)
        self._fleet.restart(replica, float(warm_up))
        return JSONResponse({})

    async def _finish(self, request: Request) -> Response:
        id = (await _given(request)).get("id")
        for engine in self._fleet.engines:
            for job in engine.jobs():
                if job.is_unfinished and id in (None, job.id):
                    engine.finish_now(job)
        return JSONResponse({})

    async def _clock(self, request: Request) -> Response:
        self._fleet.clock_offset = float((await _given(request)).get("ahead", 86_400))
        return JSONResponse({})

    async def _others(self, request: Request) -> Response:
        given = await _given(request)
        self._fleet.add_others(int(given.get("count", 10_000)), str(given.get("prompt", "A video of another user")))
        return JSONResponse({})

    async def _plan(self, request: Request) -> Response:
        try:
            self._faults.plan(await request.json(), len(self._fleet.engines))
        except (InvalidScript, ValueError) as error:
            return JSONResponse({"detail": str(error)}, 400)
        return JSONResponse({})


async def _given(request: Request) -> dict[str, Any]:
    content = await request.body()
    given = await request.json() if content else {}
    return given if isinstance(given, dict) else {}
