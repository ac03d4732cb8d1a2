"""Client of the sandbox of the Sora 2 Video API."""

from __future__ import annotations

from sora_desktop.api.errors import Unreachable
from sora_desktop.api.http.client import NoAnswer
from sora_desktop.api.sora.service import SoraService


class SandboxService(SoraService):
    """Implements TopsUp as well. The live service does not have that call."""

    async def top_up(self) -> None:
        try:
            reply = await self._http.post("/credits/top-up", b"{}")
        except NoAnswer as error:
            raise Unreachable(str(error), exchange=error.exchange) from error
        self._read_idempotent(reply, lambda _: None)
