"""A service that does not answer says why on its own, delays no other, and comes alive by itself."""

from __future__ import annotations

import asyncio
import socket
from contextlib import AsyncExitStack, closing
from pathlib import Path
from typing import cast

import pytest
from sandbox_server import sandbox
from waiting import until

from sora_desktop.domain.examination import Check, Checked, CheckResult, Examination
from sora_desktop.domain.job import Job, Ready
from sora_desktop.domain.service_config import ServiceConfig
from sora_desktop.domain.service_state import Availability, ServiceState
from sora_desktop.engine import health
from sora_desktop.engine.configured_services import ConfiguredServices
from sora_desktop.engine.engine import Engine
from sora_desktop.engine.listeners import Listeners
from sora_desktop.jobs.runner import JobRunner
from sora_desktop.store.data_folder import DataFolder
from sora_desktop.store.records import Records
from sora_desktop.store.settings import Settings, SettingsFile

#: An address at which nothing listens.
NOWHERE = "http://127.0.0.1:9/v1"


@pytest.fixture
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DataFolder:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    for name in ("LOOK_INTERVAL", "SOONEST_CHECK", "SILENT_WITH_JOBS", "SILENT_WITHOUT_JOBS", "SOONEST_COUNTED_CHECK"):
        monkeypatch.setattr(health, name, 0.2)
    folder = DataFolder.at(tmp_path / "data")
    folder.make()
    return folder


def free_port() -> int:
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


async def test_an_engine_that_comes_up_later_is_used_by_itself(data_folder: DataFolder) -> None:
    """Its models become known at that moment, and its lane opens again with them."""
    port = free_port()
    published: list[tuple[ServiceState, ...]] = []
    engine = Engine.at(data_folder, Listeners(services=published.append), {"STUDIO_KEY": "sk_sandbox"})
    services = engine.services

    def studio() -> ServiceState:
        return next(state for state in services.states if state.name == "Studio")

    def model_count() -> int:
        capabilities = studio().capabilities
        return 0 if capabilities is None else len(capabilities.models)

    async with AsyncExitStack() as stack:
        stack.push_async_callback(engine.aclose)
        await engine.open()
        await services.add(ServiceConfig("Studio", f"http://127.0.0.1:{port}/v1", "openai", key_variable="STUDIO_KEY"))
        services.connect_all()
        await until(lambda: studio().availability is Availability.OFFLINE, 0.05)
        assert studio().reason and "Studio" in engine.lanes, "its jobs can be queued and say why they wait"
        await until(lambda: published[-1] == services.states)
        starting = sandbox("--tiny", "--speed", "40", "--port", str(port), "--like", "omni")
        server = await asyncio.to_thread(stack.enter_context, starting)
        await until(lambda: studio().availability is Availability.ONLINE and model_count() > 1, 0.05)
        assert studio().reason == "" and studio().profile == "omni"
        (saved,) = SettingsFile(data_folder.settings_file).load().more_services
        assert saved.found_profile == "omni" and len(saved.models) == model_count() > 1
        chosen = await services.choose("Studio")
        (job,) = await chosen.runner.commands.submit(engine.capabilities.default_request("a red kite"))
        await chosen.runner.until_idle()
        done = engine.store.read(job.id)
        assert done is not None and isinstance(done.phase, Ready)
        server.process.kill()
        await until(lambda: studio().availability is Availability.OFFLINE, 0.05)
        assert model_count() > 1, "what is known last stays known"


async def test_a_counted_service_that_does_not_answer_is_asked_for_its_balance_only(data_folder: DataFolder) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}/api/v1"
    engine = Engine.at(data_folder, Listeners(services=lambda _: None), {"STUDIO_KEY": "sk_sandbox"})
    services = engine.services
    async with AsyncExitStack() as stack:
        stack.push_async_callback(engine.aclose)
        await engine.open()
        await services.add(ServiceConfig("Studio", url, key_variable="STUDIO_KEY"))
        services.connect_all()
        await until(lambda: services.states[1].availability is Availability.OFFLINE, 0.05)
        server = await asyncio.to_thread(stack.enter_context, sandbox("--tiny", "--port", str(port)))
        await until(lambda: services.states[1].availability is Availability.ONLINE, 0.05)
        assert services.states[1].balance is not None
        before = server.seen().counts
        await asyncio.sleep(1)
        assert server.seen().counts == before, "a service that answers is left alone"


async def test_the_jobs_of_a_dead_service_wait_while_another_works(data_folder: DataFolder) -> None:
    with sandbox("--tiny", "--speed", "40") as server:
        engine = Engine.at(data_folder, Listeners(), {"STUDIO_KEY": "sk_sandbox"})
        services = engine.services
        try:
            await engine.open()
            await services.add(ServiceConfig("Dead", NOWHERE, "openai"))
            await services.add(ServiceConfig("Studio", f"{server.origin}/v1", "openai", key_variable="STUDIO_KEY"))
            services.connect_all()
            dead, studio = await asyncio.gather(services.choose("Dead"), services.choose("Studio"))
            dead_capabilities = engine.lanes["Dead"].capabilities
            (waiting,) = await dead.runner.commands.submit(dead_capabilities.default_request("a gray kite"))
            request = engine.capabilities.default_request("a red kite")
            (job,) = await studio.runner.commands.submit(request)
            await studio.runner.until_idle()
            done, kept = engine.store.read(job.id), engine.store.read(waiting.id)
            assert done is not None and isinstance(done.phase, Ready)
            assert kept is not None and not isinstance(kept.phase, Ready)
            await until(lambda: dead.runner.queue_state.reason)
            assert studio.runner.queue_state.reason == ""
        finally:
            await engine.aclose()


@pytest.mark.parametrize(
    ("results", "answers"),
    [
        ([("a", "passed"), ("a", "absent")], True),
        ([("a", "failed")], False),
        ([("a", "passed"), ("a", "failed"), ("b", "passed")], True),
        ([("a", "passed"), ("", "failed")], False),
        ([], False),
    ],
)
def test_a_service_is_usable_if_one_of_its_addresses_is(results: list[tuple[str, str]], answers: bool) -> None:
    checks = tuple(Checked(Check.KEY, CheckResult(result), f"{url} {result}.", url) for url, result in results)
    found = health.health_in(Examination(checks))
    assert found.answers is answers
    assert bool(found.reason) is any(result == "failed" for _, result in results)


class SilentRunner:
    """The runner of a service that has no balance and no jobs."""

    bills = False
    balance_error = ""

    def jobs(self) -> list[Job]:
        return []


@pytest.mark.virtual_time
async def test_other_models_must_be_seen_twice_before_the_lane_opens_again(
    data_folder: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One address of several may be away for a moment, and with it the models that all of them have."""
    both, one = ("a", "b"), ("a",)
    shown = [one, both, one, one, one]
    reopened: list[int] = []

    async def examine(config: ServiceConfig, *_: object, seconds: float) -> Examination:
        assert seconds <= health.FIRST_EXAMINATION
        checks = (Checked(Check.DIALECT, CheckResult.PASSED, "It speaks.", NOWHERE),)
        return Examination(checks, "omni", shown.pop(0) if shown else both)

    config = ServiceConfig("Studio", NOWHERE, "openai", found_profile="omni", models=both, key_variable="STUDIO_KEY")
    SettingsFile(data_folder.settings_file).save(Settings(more_services=(config,)))
    records = Records(data_folder, data_folder.root / "prices.json")
    configured = ConfiguredServices(records, {"STUDIO_KEY": "key"})  # the keyring's thread knows no virtual time
    monkeypatch.setattr(configured, "examine", examine)
    monitor = health.HealthMonitor(configured, lambda: None, lambda name: reopened.append(len(shown)))
    runner = cast(JobRunner, SilentRunner())
    try:
        monitor.watch(config, runner)
        await asyncio.sleep(2.1)  # of the test's own intervals
        assert reopened[0] == 1, "after the second of two equal results"
        assert configured.further[0].models == one
    finally:
        await monitor.unwatch("Studio")
        await records.database.aclose()
