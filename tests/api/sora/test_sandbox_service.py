"""What only the sandbox's client can do, against the sandbox."""

from __future__ import annotations

from contextlib import aclosing
from decimal import Decimal
from pathlib import Path

import pytest
from sandbox_in_process import in_process_sandbox

from sora_desktop.api.dialects import capabilities_of, connect_service
from sora_desktop.api.errors import KeyRejected, Unreachable
from sora_desktop.api.service import TopsUp, VideoService
from sora_desktop.domain.service_config import SANDBOX, ServiceConfig


def client(base_url: str, key: str = "sk_sandbox", *, sandbox: bool = True) -> VideoService:
    config = ServiceConfig(SANDBOX if sandbox else base_url, base_url)
    return connect_service(config, key, capabilities_of(config), lambda _: None)


@pytest.mark.parametrize("sandbox", [True, False])
async def test_only_the_sandbox_is_topped_up(sandbox: bool) -> None:
    async with aclosing(client("https://sora.example/api/v1", sandbox=sandbox)) as service:
        assert isinstance(service, TopsUp) is sandbox


async def test_a_top_up_raises_the_balance(tmp_path: Path) -> None:
    with in_process_sandbox(tmp_path, credits=500) as sandbox:
        sandbox.state.change_balance(-450)
        async with aclosing(client(f"{sandbox.origin}/api/v1", sandbox.state.options.key)) as service:
            assert isinstance(service, TopsUp)
            await service.top_up()
            await service.top_up()
            assert (await service.balance()).amount == Decimal(500)


async def test_a_top_up_that_fails_says_why(tmp_path: Path) -> None:
    with in_process_sandbox(tmp_path) as sandbox:
        async with aclosing(client(f"{sandbox.origin}/api/v1", "sk_other")) as service:
            assert isinstance(service, TopsUp)
            with pytest.raises(KeyRejected):
                await service.top_up()
    async with aclosing(client(f"{sandbox.origin}/api/v1")) as service:
        assert isinstance(service, TopsUp)
        with pytest.raises(Unreachable) as failure:
            await service.top_up()
        assert failure.value.exchange is not None
