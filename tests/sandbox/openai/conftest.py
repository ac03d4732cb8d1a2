"""Engines of the sandbox, one of each kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sandbox.openai.engine_client import EngineClient
from sandbox_in_process import in_process_sandbox

from sora_desktop.sandbox.openai.fleet import FleetOptions

Engines = Callable[..., EngineClient]


@pytest.fixture(scope="module")
def engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engines]:
    """Returns a function that gives the engine of a profile; the same one for the same options."""
    with ExitStack() as stack:
        started: dict[tuple[str, FleetOptions], EngineClient] = {}

        def engine(like: str = "omni", options: FleetOptions | None = None) -> EngineClient:
            key = like, options or FleetOptions()
            if key not in started:
                folder: Path = tmp_path_factory.mktemp(like)
                service = stack.enter_context(in_process_sandbox(folder, like=like, fleet_options=key[1]))
                started[key] = EngineClient(service)
            return started[key]

        yield engine
