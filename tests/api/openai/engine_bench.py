"""A client of the dialect and a scripted server that stands for an engine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from api.scripted_server import Answer, Connection, ScriptedServer, say, serving

from sora_desktop.api.http.connections import Timeouts
from sora_desktop.api.http.transfers import ServiceTransport
from sora_desktop.api.openai.abilities import connect_engine
from sora_desktop.api.openai.capabilities import engine_capabilities
from sora_desktop.api.openai.service import OpenAIService
from sora_desktop.domain.request import VideoRequest
from sora_desktop.domain.service_config import ServiceConfig

KEY = "sk-0123456789abcdef"
REQUEST = VideoRequest("A cat plays", model="", aspect_ratio="", quality="", size="1280x720", fps=16)
LONG = Timeouts(connect=10.0, answer=10.0, create=10.0, chunk=10.0)
#: For servers that never answer.
SHORT = Timeouts(connect=0.5, answer=0.15, create=0.15, chunk=0.3)
#: The answer to a create.
CREATED = say(200, {"id": "video_1", "object": "video", "status": "queued", "progress": 0})


NOT_FOUND = say(404, {"detail": "Not Found"})


def by_path(answers: Mapping[str, Answer], otherwise: Answer = NOT_FOUND) -> Answer:
    """Answers each call by its method and path without the query, such as "GET /v1/videos"."""

    def answer(connection: Connection) -> None:
        path = connection.asked.path.partition("?")[0]
        answers.get(f"{connection.asked.method} {path}", otherwise)(connection)

    return answer


@dataclass(frozen=True)
class EngineBench:
    """A client and the servers at its addresses."""

    servers: tuple[ScriptedServer, ...]
    service: OpenAIService
    places: tuple[str, ...]

    @property
    def calls(self) -> list[str]:
        """The calls that reached the first server, such as "GET /health"."""
        return [f"{asked.method} {asked.path}" for asked in self.servers[0].asked]


@asynccontextmanager
async def engine_bench(
    *answers: Answer,
    profile: str = "omni",
    timeouts: Timeouts = LONG,
    key: str = KEY,
    installation: str = "",
    more: tuple[Answer, ...] = (),
    **config: Any,
) -> AsyncIterator[EngineBench]:
    """A client of a server that gives these answers, after it has said that it can render.

    `more`: what servers at further addresses answer to everything.
    """
    with serving(*answers) as first:
        servers = [first]
        contexts = [serving(answer) for answer in more]
        try:
            servers += [context.__enter__() for context in contexts]
            urls = tuple(server.url.replace("/api/v1", "/v1") for server in servers)
            settings = ServiceConfig("Studio", urls[0], "openai", more_urls=urls[1:], profile=profile)
            settings = replace(settings, **config)
            capabilities = engine_capabilities(settings)
            service = connect_engine(
                settings,
                key,
                capabilities,
                observe=lambda _: None,
                installation=installation,
                transport=ServiceTransport(timeouts),
            )
            try:
                yield EngineBench(tuple(servers), service, urls)
            finally:
                await service.aclose()
                await asyncio.sleep(0)
        finally:
            for context in contexts:
                context.__exit__(None, None, None)
