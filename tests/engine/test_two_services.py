"""Two services work at the same time in one engine, with keys, prices, limits and jobs apart."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import zipfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from sandbox_server import sandbox
from waiting import until

from sora_desktop.api.errors import ServiceError, UnknownDialect
from sora_desktop.domain.job import ChangedJobs, Job, Ready, Rendering, Unconfirmed, new_job
from sora_desktop.domain.ledger import ListMark
from sora_desktop.domain.money import Balance, Money, Price, PriceTable
from sora_desktop.domain.request import VideoRequest
from sora_desktop.domain.service_config import SANDBOX, ServiceConfig
from sora_desktop.domain.service_state import Availability, ServiceState
from sora_desktop.engine.configured_services import BadService
from sora_desktop.engine.engine import Engine
from sora_desktop.engine.listeners import Listeners
from sora_desktop.jobs.polling import schedule
from sora_desktop.store import codec
from sora_desktop.store.data_folder import DataFolder
from sora_desktop.store.inbox import Inbox
from sora_desktop.store.lock import OwnerFile
from sora_desktop.store.settings import Settings, SettingsFile

SECOND = "second service"


@pytest.fixture
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DataFolder:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    monkeypatch.setattr(schedule, "LONGEST_UNLIMITED_PAUSE", 0.1)
    folder = DataFolder.at(tmp_path / "data")
    folder.make()
    return folder


async def test_two_services_render_at_the_same_time_with_prices_and_keys_apart(data_folder: DataFolder) -> None:
    slow = ("--tiny", "--speed", "4")
    with sandbox(*slow, "--key", "sk_first") as first, sandbox(*slow, "--key", "sk_second") as second:
        jobs: dict[str, Job] = {}
        moneys: list[Money] = []
        rendering_together: list[bool] = []

        def jobs_changed(changed: ChangedJobs) -> None:
            jobs.update({job.id: job for job in changed.jobs})
            rendering_together.append(sum(isinstance(each.phase, Rendering) for each in jobs.values()) == 2)

        engine = Engine.at(
            data_folder,
            Listeners(jobs_changed, money=moneys.append),
            {"SORA_BASE_URL": first.base_url, "SORA_API_KEY": "sk_first"},
        )
        try:
            await engine.open()
            config = ServiceConfig(SECOND, second.base_url, jobs_at_once=1, spending_limit=Decimal(9))
            engine.change_settings(more_services=(config,))
            assert SettingsFile(data_folder.settings_file).load().more_services == (config,)
            await engine.services.configured.key_ring(config).save(
                "sk_second"
            )  # there is no keyring: for this run only
            engine.records.price_file_of(SECOND).save(PriceTable((Price(Decimal(7)),)))

            await engine.load_key()
            connected = await engine.services.connect(sandbox=False)
            lane = await engine.services.open_lane(config)
            assert engine.connection == connected and connected.service_name == first.base_url
            assert set(engine.lanes) == {first.base_url, SECOND} and lane.service_name == SECOND
            (own,) = await connected.runner.commands.submit(VideoRequest("a red kite"))
            (other,) = await lane.runner.commands.submit(VideoRequest("a blue kite"))
            assert [job.id for job in connected.runner.jobs()] == [own.id]
            assert [job.id for job in lane.runner.jobs()] == [other.id]
            assert [engine.runner_of(job.id) for job in (own, other)] == [connected.runner, lane.runner]
            await asyncio.gather(connected.runner.until_idle(), lane.runner.until_idle())

            done = [engine.store.read(own.id), engine.store.read(other.id)]
            assert [job.service for job in done if job is not None] == [first.base_url, SECOND]
            assert all(job is not None and isinstance(job.phase, Ready) for job in done), done
            assert any(rendering_together), "the second service waited for the first"
            assert [create["prompt"] for create in first.seen().creates] == ["a red kite"]
            assert [create["prompt"] for create in second.seen().creates] == ["a blue kite"]

            assert connected.runner.prices.rows != lane.runner.prices.rows == (Price(Decimal(7)),)
            assert lane.runner.money.limit == 9 and connected.runner.money.limit is None
            assert {money.limit for money in moneys} == {None}, "the screen shows one service"
            with closing(sqlite3.connect(data_folder.database)) as connection:
                assert {service for (service,) in connection.execute("SELECT service FROM usage")} == {
                    first.base_url,
                    SECOND,
                }

            await engine.services.close_lane(SECOND)
            assert engine.services.lane_of(other) is None and engine.connected
            assert engine.runner_of(other.id) is connected.runner, "which refuses what it must not do to it"
        finally:
            await engine.aclose()


async def test_a_job_without_a_service_is_bought_once(data_folder: DataFolder) -> None:
    """Data folders of the first versions have such jobs. They belong to the current service."""
    fast = ("--tiny", "--speed", "40")
    with sandbox(*fast, "--key", "sk_first") as first, sandbox(*fast, "--key", "sk_second") as second:
        engine = Engine.at(data_folder, Listeners(), {"SORA_BASE_URL": first.base_url, "SORA_API_KEY": "sk_first"})
        try:
            await engine.open()
            job = new_job(VideoRequest("a red kite"), "")
            await engine.store.add([job])
            config = ServiceConfig(SECOND, second.base_url)
            engine.change_settings(more_services=(config,))
            data_folder.key_file(SECOND).write_text("sk_second")
            await engine.load_key()
            lane = await engine.services.open_lane(config)
            await lane.runner.until_idle()
            assert second.seen().creates == []
            connected = await engine.services.connect(sandbox=False)
            await connected.runner.until_idle()
            saved = engine.store.read(job.id)
            assert saved is not None and isinstance(saved.phase, Ready)
            assert len(first.seen().creates) == 1 and second.seen().creates == []
        finally:
            await engine.aclose()


async def test_a_job_of_another_process_goes_to_the_lane_of_its_service(data_folder: DataFolder) -> None:
    fast = ("--tiny", "--speed", "40")
    with sandbox(*fast, "--key", "sk_first") as first, sandbox(*fast, "--key", "sk_second") as second:
        engine = Engine.at(data_folder, Listeners(), {"SORA_BASE_URL": first.base_url, "SORA_API_KEY": "sk_first"})
        try:
            await engine.open()
            config = ServiceConfig(SECOND, second.base_url)
            engine.change_settings(more_services=(config,))
            (data_folder.key_file(SECOND)).write_text("sk_second")
            await engine.load_key()
            await engine.services.connect(sandbox=False)
            lane = await engine.services.open_lane(config)
            note = OwnerFile(data_folder.owner_file).read()
            assert note is not None and note.service == first.base_url
            job = lane.runner.commands.new_job(VideoRequest("a blue kite"))
            Inbox(data_folder.inbox).post({"jobs": [codec.job_to_text(job)]})
            await until(lambda: isinstance(getattr(engine.store.read(job.id), "phase", None), Ready), 0.05)
            assert first.seen().creates == [] and len(second.seen().creates) == 1
        finally:
            await engine.aclose()


async def test_a_service_of_an_unknown_protocol_is_refused_and_its_jobs_can_be_reported(
    data_folder: DataFolder, tmp_path: Path
) -> None:
    """The settings may have been written by a newer version."""
    with sandbox("--tiny", "--key", "sk_first") as first:
        engine = Engine.at(data_folder, Listeners(), {"SORA_BASE_URL": first.base_url, "SORA_API_KEY": "sk_first"})
        try:
            await engine.open()
            config = ServiceConfig(SECOND, "http://127.0.0.1:9", dialect="carrier pigeon")
            engine.change_settings(more_services=(config,))
            await engine.load_key()
            await engine.services.connect(sandbox=False)
            with pytest.raises(UnknownDialect, match="protocol “carrier pigeon”"):
                await engine.services.open_lane(config)
            assert set(engine.lanes) == {first.base_url}, "the other service goes on"
            job = new_job(VideoRequest("a red kite"), SECOND)
            await engine.store.add([job])
            await engine.store.begin_attempt(job, None, None)
            for service, unit in ((SECOND, None), (first.base_url, "credits")):
                to = await engine.write_report(replace(job, service=service), tmp_path / "report.zip")
                with zipfile.ZipFile(to) as file:
                    assert json.loads(file.read("report.json"))["unit"] == unit
        finally:
            await engine.aclose()


async def test_the_report_says_at_which_address_an_unanswered_create_may_be(
    data_folder: DataFolder, tmp_path: Path
) -> None:
    places = ("http://127.0.0.1:8091/v1", "http://127.0.0.1:8092/v1")
    engine = Engine.at(data_folder, Listeners(), {})
    try:
        await engine.open()
        engine.change_settings(more_services=(ServiceConfig("GPUs", places[0], "openai", more_urls=places[1:]),))
        for place, remote_id in ((places[1], f"video_7@{places[1]}"), ("", "video_7")):
            job = new_job(VideoRequest("a red kite"), "GPUs")
            await engine.store.add([job])
            mark = ListMark(place) if place else None
            unanswered = replace(job, phase=Unconfirmed())
            attempt = await engine.store.begin_attempt(unanswered, None, None, mark=mark)
            await engine.store.end_attempt(attempt, unanswered, '{"id": "video_7", "object": "video", "sta')
            to = await engine.write_report(unanswered, tmp_path / "report.zip")
            with zipfile.ZipFile(to) as file:
                assert json.loads(file.read("report.json"))["job"]["remote_id"] == remote_id
    finally:
        await engine.aclose()


def online(states: Sequence[ServiceState]) -> set[str]:
    """The names of the services that can be used."""
    return {state.name for state in states if state.availability is Availability.ONLINE}


async def test_another_service_becomes_the_current_one_while_the_first_works_on(data_folder: DataFolder) -> None:
    slow = ("--tiny", "--speed", "4")
    balances: list[Balance] = []
    prices: list[PriceTable] = []
    published: list[tuple[ServiceState, ...]] = []
    with sandbox(*slow, "--key", "sk_first") as first, sandbox(*slow, "--key", "sk_second") as second:
        listeners = Listeners(balance=balances.append, prices=prices.append, services=published.append)
        engine = Engine.at(data_folder, listeners, {"SORA_BASE_URL": first.base_url, "SORA_API_KEY": "sk_first"})
        services = engine.services
        try:
            await engine.open()
            await engine.load_key()
            connected = await services.connect(sandbox=False)
            (own,) = await connected.runner.commands.submit(VideoRequest("a red kite"))
            await services.add(ServiceConfig(SECOND, second.base_url), "sk_second")
            engine.records.price_file_of(SECOND).save(PriceTable((Price(Decimal(7)),)))
            services.connect_all()  # harmless while a lane opens
            await until(lambda: online(services.states) == {first.base_url, SECOND}, 0.05)
            await until(lambda: published[-1] == services.states)
            assert [state.name for state in services.states] == [first.base_url, SECOND, SANDBOX]
            assert [state.is_current for state in services.states] == [True, False, False]
            await until(lambda: services.states[1].balance, 0.05)
            shown = len(balances)

            chosen = await services.choose(SECOND.upper())
            assert chosen == engine.connection and chosen.service_name == SECOND
            assert len(balances) == shown + 1 and balances[-1] == services.states[1].balance
            assert prices[-1] == chosen.runner.prices
            first_prices, edited = connected.runner.prices, PriceTable((Price(Decimal(8)),))
            assert engine.edited_prices.rows == chosen.runner.prices.rows
            engine.set_prices(edited)
            assert prices[-1].rows == engine.edited_prices.rows == edited.rows, "those of the current service"
            assert connected.runner.prices == first_prices and engine.prices.rows == first_prices.rows
            assert [state.is_current for state in services.states] == [False, True, False]
            (other,) = await chosen.runner.commands.submit(VideoRequest("a blue kite"))
            await asyncio.gather(connected.runner.until_idle(), chosen.runner.until_idle())
            saved = [engine.store.read(job.id) for job in (own, other)]
            assert all(job is not None and isinstance(job.phase, Ready) for job in saved), saved
            assert (await services.choose(first.base_url)).runner is connected.runner
        finally:
            await engine.aclose()


async def test_a_service_that_cannot_be_opened_delays_no_other_and_says_why(data_folder: DataFolder) -> None:
    fast = ("--tiny", "--speed", "40")
    with sandbox(*fast, "--key", "sk_second") as second:
        bad = ServiceConfig("bad", "http://127.0.0.1:9", dialect="carrier pigeon")
        engine = Engine.at(data_folder, Listeners(), {"SORA_API_KEY": ""})
        services = engine.services
        try:
            await engine.open()
            engine.change_settings(more_services=(bad, ServiceConfig(SECOND, second.base_url)), default_service=SECOND)
            data_folder.key_file(SECOND).write_text("sk_second")
            services.connect_all()
            await until(lambda: online(services.states) == {SECOND}, 0.05)
            await until(lambda: services.states[1].availability is Availability.NOT_CONNECTED, 0.05)
            assert "protocol “carrier pigeon”" in services.states[1].reason
            assert services.states[1].capabilities is None
            assert services.states[0].availability is Availability.NOT_CONNECTED, "there is no key"
        finally:
            await engine.aclose()


async def test_the_default_service_is_current_after_a_start(data_folder: DataFolder) -> None:
    SettingsFile(data_folder.settings_file).save(
        Settings(more_services=(ServiceConfig(SECOND, "http://127.0.0.1:9/api/v1"),), default_service=SECOND)
    )
    engine = Engine.at(data_folder, Listeners(), {"SORA_BASE_URL": "http://127.0.0.1:8/api/v1", "SORA_API_KEY": "sk"})
    services = engine.services
    try:
        await engine.open()
        assert services.current == SECOND and not engine.connected
        first_prices, edited = engine.prices.rows, PriceTable((Price(Decimal(7)),))
        engine.set_prices(edited)  # its lane is still closed
        assert engine.edited_prices.rows == edited.rows and engine.prices.rows == first_prices
        services.connect_all()
        await until(lambda: {state.availability for state in services.states[:2]} == {Availability.OFFLINE}, 0.05)
        chosen = await services.choose(SECOND)
        assert engine.connection == chosen and chosen.runner.prices.rows == edited.rows
        connected = await services.connect(sandbox=False)
        assert connected.service_name == "http://127.0.0.1:8/api/v1"
        assert services.current == SECOND, "a first service that is connected again does not become the current one"
    finally:
        await engine.aclose()


async def test_a_service_with_unfinished_jobs_cannot_be_removed(data_folder: DataFolder) -> None:
    """They are never abandoned by accident. Without them it goes, with its key."""
    engine = Engine.at(data_folder, Listeners(), {})
    services = engine.services
    try:
        await engine.open()
        engine.pause(True)
        await services.add(ServiceConfig(SECOND, "http://127.0.0.1:9/api/v1"), "sk_second", key_in_file=True)
        chosen = await services.choose(SECOND)
        services.set_default(SECOND)
        (job,) = await chosen.runner.commands.submit(VideoRequest("a red kite"))
        with pytest.raises(BadService, match="1 video is unfinished there"):
            await services.remove(SECOND)
        await chosen.runner.commands.trash([job.id])
        await services.remove(SECOND)
        assert SECOND not in engine.lanes and services.configured.further == ()
        assert not data_folder.key_file(SECOND).exists()
        assert SettingsFile(data_folder.settings_file).load().default_service == ""
        assert not engine.connected and services.current == services.configured.first.name
    finally:
        await engine.aclose()


async def test_what_a_service_shows_does_not_replace_a_default_that_cannot_be_used(data_folder: DataFolder) -> None:
    """Otherwise the first service, which costs money, would be the default from then on without a word."""
    studio, bad = ServiceConfig("Studio", "http://127.0.0.1:9/v1", "openai"), ServiceConfig("Garage", None, "openai")
    SettingsFile(data_folder.settings_file).save(Settings(more_services=(bad, studio), default_service="Garage"))
    warnings: list[str] = []
    engine = Engine.at(data_folder, Listeners(warning=warnings.append), {})
    try:
        await engine.open()
        assert any("default service “Garage” cannot be used" in warning for warning in warnings)
        engine.services.configured.note_found("Studio", "omni", ())
        assert SettingsFile(data_folder.settings_file).load().default_service == "Garage"
    finally:
        await engine.aclose()


async def test_an_address_that_is_several_engines_is_named_until_the_service_is_changed(
    data_folder: DataFolder,
) -> None:
    engine = Engine.at(data_folder, Listeners(), {})
    services = engine.services
    try:
        await engine.open()
        config = ServiceConfig("GPUs", "http://127.0.0.1:9/v1", "openai", more_urls=("http://127.0.0.1:8/v1",))
        await services.add(config)
        assert services.states[1].notice == ""
        services.configured.note_mixed("GPUs", "http://127.0.0.1:8/v1")
        services.configured.note_mixed("GPUs", "http://127.0.0.1:8/v1")
        (saved,) = SettingsFile(data_folder.settings_file).load().more_services
        assert saved.mixed_urls == ("http://127.0.0.1:8/v1",)
        assert services.states[1].notice.startswith("http://127.0.0.1:8/v1 is several engines without a common memory")
        await services.change(saved)
        assert services.states[1].notice == "", "what is in front may have changed: it is noticed again if not"
    finally:
        await engine.aclose()


async def test_the_stored_key_of_a_service_is_deleted_and_no_longer_sent(data_folder: DataFolder) -> None:
    engine = Engine.at(data_folder, Listeners(), {"STUDIO_KEY": "sk_variable"})
    services = engine.services
    try:
        await engine.open()
        await services.add(ServiceConfig(SECOND, "http://127.0.0.1:9/api/v1"), "sk_second", key_in_file=True)
        await services.choose(SECOND)
        assert engine.lanes[SECOND].key == "sk_second"
        await services.forget_key(SECOND)
        assert not data_folder.key_file(SECOND).exists()
        await until(lambda: SECOND in engine.lanes and engine.lanes[SECOND].key == "")
        (config,) = services.configured.further
        await services.change(replace(config, key_variable="STUDIO_KEY"), "sk_again", key_in_file=True)
        await services.forget_key(SECOND)
        (config,) = services.configured.further
        assert await services.configured.key_of(config) == "sk_variable"
        with pytest.raises(BadService, match="no service named “Garage”"):
            await services.forget_key("Garage")
    finally:
        await engine.aclose()


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (ServiceConfig("Sandbox", "http://127.0.0.1:9"), "name of the built-in sandbox"),
        (ServiceConfig("SECOND Service", "http://127.0.0.1:9"), "a service named “second service” already"),
        (ServiceConfig("https://a.example", "http://127.0.0.1:9"), "cannot be a service's name"),
        (ServiceConfig("../up", "http://127.0.0.1:9"), "cannot be a service's name"),
        (ServiceConfig(" ", "http://127.0.0.1:9"), "Enter a name"),
        (ServiceConfig("水" * 21, "http://127.0.0.1:9"), "name is too long"),
        (ServiceConfig("a", None), "Enter the address"),
        (ServiceConfig("a", "http://127.0.0.1:9", "openai", more_urls=("http://127.0.0.1:9/",)), "named twice"),
        (ServiceConfig("a", "http://127.0.0.1:9", more_urls=("http://127.0.0.1:8",)), "has one address"),
        (ServiceConfig("a", "nonsense"), "must be an address"),
        (ServiceConfig("a", "http://127.0.0.1:9", jobs_at_once=0), "between 1 and"),
        (ServiceConfig("a", "http://127.0.0.1:9", dialect="carrier pigeon"), "carrier pigeon"),
    ],
)
async def test_a_service_that_cannot_work_is_not_added(
    config: ServiceConfig, message: str, data_folder: DataFolder
) -> None:
    engine = Engine.at(data_folder, Listeners(), {})
    try:
        engine.change_settings(more_services=(ServiceConfig(SECOND, "http://127.0.0.1:9"),))
        with pytest.raises((BadService, ServiceError), match=message):
            await engine.services.add(config, "sk")
        assert [each.name for each in SettingsFile(data_folder.settings_file).load().more_services] == [SECOND]
    finally:
        await engine.aclose()
