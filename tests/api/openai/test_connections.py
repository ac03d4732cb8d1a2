"""Which calls have connections of their own, so that a balancer cannot lead all of them to one of several engines."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from engine_models import ENGINE

from sora_desktop.api.errors import NotFound
from sora_desktop.api.openai.abilities import ListingService
from sora_desktop.domain.job import RemoteId
from sora_desktop.domain.service_config import ServiceConfig


class KeepingServer:
    """Keeps each connection open, knows no video, and lists none."""

    def __init__(self) -> None:
        self.connections = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer every request of one connection."""
        self.connections += 1
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                is_list = b" /v1/videos?" in head
                body = b'{"object": "list", "data": [], "has_more": false}' if is_list else b'{"detail": "no"}'
                status = b"200 OK" if is_list else b"404 Not Found"
                writer.write(b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def connected() -> AsyncIterator[tuple[KeepingServer, ListingService]]:
    """A client and its server."""
    kept = KeepingServer()
    server = await asyncio.start_server(kept.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    config = ServiceConfig("engine", f"http://127.0.0.1:{port}/v1", "openai", profile="sglang")
    service = ListingService(config, "", ENGINE)
    try:
        yield kept, service
    finally:
        await service.aclose()
        server.close()
        await server.wait_closed()


async def test_readings_that_must_be_independent_each_have_a_connection() -> None:
    async with connected() as (server, service):
        for _ in range(3):
            assert (await service.tasks()).tasks == ()
        assert server.connections == 1
        for _ in range(3):
            await service.tasks(alone=True)
        assert server.connections == 4


async def test_a_missing_video_is_asked_for_on_another_connection() -> None:
    async with connected() as (server, service):
        for connections in (1, 2, 3):
            with pytest.raises(NotFound):
                await service.poll(RemoteId("video_1"))
            assert server.connections == connections
