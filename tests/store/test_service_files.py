"""Each service of a data folder has a key, a price table and settings of its own; the first keeps the old places."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from fakes import FakeKeyring

from sora_desktop.domain.money import Price, PriceTable
from sora_desktop.domain.service_config import ServiceConfig
from sora_desktop.store.data_folder import DataFolder
from sora_desktop.store.keys import KeyRing
from sora_desktop.store.settings import Settings, SettingsFile

SECOND = "https://other.example/v1"


async def test_each_service_has_its_own_key(tmp_path: Path) -> None:
    keyring = FakeKeyring()
    environ = {"SORA_API_KEY": "sk_environment"}

    def ring(service: str = "", **variables: str) -> KeyRing:
        return KeyRing(DataFolder(tmp_path), variables, service, backend=lambda: keyring)

    await ring().save("sk_first")
    await ring(SECOND).save("sk_second")
    assert keyring.passwords == {
        ("sora-desktop", "api-key"): "sk_first",
        ("sora-desktop", f"api-key {SECOND}"): "sk_second",
    }
    assert await ring().load() == "sk_first"
    assert await ring(SECOND).load() == "sk_second"
    assert await ring(**environ).load() == "sk_environment"
    assert await ring(SECOND, **environ).load() == "sk_second", "the variable holds the key of the first service"
    await ring(SECOND).forget()
    assert await ring(SECOND).load() == "" and await ring().load() == "sk_first"


def test_files_of_a_service_have_names_that_every_system_accepts(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    assert (folder.prices_file(), folder.key_file()) == (tmp_path / "prices.json", tmp_path / "api-key")
    for file in (folder.prices_file(SECOND), folder.key_file(SECOND)):
        assert file.parent == tmp_path and not set(file.name) & set('/\\:*?"<>|')
    assert folder.prices_file(SECOND) != folder.prices_file("https://other.example/v2")


def test_services_are_kept_in_the_settings(tmp_path: Path) -> None:
    file = SettingsFile(tmp_path / "settings.json")
    settings = Settings(
        spending_limit=Decimal(100),
        more_services=(ServiceConfig(SECOND, SECOND, jobs_at_once=1, spending_limit=Decimal("2.5")),),
    )
    file.save(settings)
    assert file.load() == settings
    assert file.warning == ""


def test_settings_without_an_address_and_a_dialect_are_those_of_the_first_service(tmp_path: Path) -> None:
    (tmp_path / "settings.json").write_text(f'{{"more_services": [{{"name": "{SECOND}", "base_url": "{SECOND}"}}]}}')
    file = SettingsFile(tmp_path / "settings.json")
    settings = file.load()
    assert file.warning == ""
    assert settings.base_url == "https://soravideo.art/api/v1"
    assert [config.dialect for config in settings.more_services] == ["sora"]


def test_prices_of_services_are_apart(tmp_path: Path) -> None:
    from sora_desktop.store.prices import PriceFile

    default = tmp_path / "default.json"
    default.write_text('[{"credits": 100}]')
    folder = DataFolder(tmp_path)
    second = PriceFile(folder.prices_file(SECOND), default)
    second.save(PriceTable((Price(Decimal(7)),)))
    assert second.load().rows == (Price(Decimal(7)),)
    assert PriceFile(folder.prices_file(), default).load().rows == (Price(Decimal(100)),)
