"""Calls for tests, which change the engines while they run: POST to `/sandbox/…`, without a key."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sora_desktop.sandbox.fault_script import FaultScript, InvalidScript
from sora_desktop.sandbox.openai.fleet import EngineFleet


class ControlCalls:
    """Each takes a JSON object, which may be left out; `faults` takes a list."""

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
        """{"replica": all, "warm_up": 0 seconds}."""
        given = await _given(request)
        replica, warm_up = given.get("replica"), given.get("warm_up", 0)
        if replica is not None and replica not in range(len(self._fleet.engines)):
            return JSONResponse({"detail": f"There is no engine {replica!r}"}, 400)
        self._fleet.restart(replica, float(warm_up))
        return JSONResponse({})

    async def _finish(self, request: Request) -> Response:
        """{"id": all}: the jobs need no more time than their rendering takes."""
        id = (await _given(request)).get("id")
        for engine in self._fleet.engines:
            for job in engine.jobs():
                if job.is_unfinished and id in (None, job.id):
                    engine.finish_now(job)
        return JSONResponse({})

    async def _clock(self, request: Request) -> Response:
        """{"ahead": seconds}: the servers' clock is ahead of this computer's."""
        self._fleet.clock_offset = float((await _given(request)).get("ahead", 86_400))
        return JSONResponse({})

    async def _others(self, request: Request) -> Response:
        """{"count": 10000, "prompt": "A video of another user"}: other users have that many finished jobs."""
        given = await _given(request)
        self._fleet.add_others(int(given.get("count", 10_000)), str(given.get("prompt", "A video of another user")))
        return JSONResponse({})

    async def _plan(self, request: Request) -> Response:
        """A list of faults, which are added to the script."""
        try:
            self._faults.plan(await request.json(), len(self._fleet.engines))
        except (InvalidScript, ValueError) as error:
            return JSONResponse({"detail": str(error)}, 400)
        return JSONResponse({})


async def _given(request: Request) -> dict[str, Any]:
    content = await request.body()
    given = await request.json() if content else {}
    return given if isinstance(given, dict) else {}
