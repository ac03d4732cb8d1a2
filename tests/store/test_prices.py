"""Prices that the user can edit."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from sora_desktop.api.sora.capabilities import CAPABILITIES
from sora_desktop.domain.money import Price, PriceTable
from sora_desktop.domain.request import VideoRequest
from sora_desktop.store.errors import StoreError
from sora_desktop.store.prices import PriceFile


@pytest.fixture
def file(tmp_path: Path) -> PriceFile:
    default = tmp_path / "default.json"
    default.write_text('[{"model": "sora2", "credits": "100"}, {"credits": 200}]')
    return PriceFile(tmp_path / "prices.json", default, CAPABILITIES)


def test_the_prices_of_the_user_replace_the_default_ones(file: PriceFile, tmp_path: Path) -> None:
    assert file.load().price_of(VideoRequest("x")) == 100
    assert file.load().price_of(VideoRequest("x", model="sora2-pro")) == 200
    assert file.edited_at == 0
    table = PriceTable((Price(Decimal("7.5"), model="sora2"),), learned=(Price(Decimal(1)),))
    file.save(table)
    assert file.edited_at > 0
    assert file.load() == PriceTable(table.rows)
    assert "null" not in (tmp_path / "prices.json").read_text()
    assert file.default_prices().price_of(VideoRequest("x")) == 100


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("[{", "are not valid"),
        ('[{"credits": "many"}]', "is not an amount"),
        ('[{"credits": "-5"}]', "is less than 0"),
        ('[{"credits": "NaN"}]', "is not an amount"),
        ('[{"credits": "Infinity"}]', "is not an amount"),
        ('[{"credits": "1e3"}]', "is not an amount"),
        ('[{"credits": "1_000"}]', "is not an amount"),
        ('[{"credits": "1,200"}]', "can be read as 1200 or as 1.2000"),
        ('[{"credits": "1.200"}]', "can be read as 1200 or as 1.2000"),
        ('[{"credits": -5}]', "a price must be 0 or more"),
        ('[{"credits": 1e400}]', "a price must be 0 or more"),
        ('[{"credits": true}]', "are not valid"),
        ('[{"credits": null}]', "are not valid"),
        ('[{"model": "sora2"}]', "are not valid"),
        ('[{"model": "sora3", "credits": "5"}]', "has no model sora3"),
        ('[{"duration": 7, "credits": "5"}]', "has no duration 7"),
        ('[{"quality": "low", "credits": "5"}]', "has no quality low"),
    ],
)
def test_a_table_with_a_mistake_is_said_and_left_as_it_is(
    file: PriceFile, tmp_path: Path, content: str, words: str
) -> None:
    (tmp_path / "prices.json").write_text(content)
    assert file.load().price_of(VideoRequest("x")) == 100
    assert words in file.warning and "Default prices are used" in file.warning
    assert (tmp_path / "prices.json").read_text() == content


@pytest.mark.parametrize(
    ("text", "price"),
    [
        ('"1 200"', "1200"),
        ('"1.200,50"', "1200.5"),
        ('"1,5"', "1.5"),
        ("1200", "1200"),
        ("1.200", "1.2"),
        ("1e3", "1000"),
    ],
)
def test_a_price_in_the_file_is_read_as_it_is_meant(file: PriceFile, tmp_path: Path, text: str, price: str) -> None:
    (tmp_path / "prices.json").write_text(f'[{{"credits": {text}}}]', "utf-8")
    assert file.load().price_of(VideoRequest("x")) == Decimal(price)
    assert file.warning == ""


@pytest.mark.parametrize("amount", ["1.234", "1E+3", "1200", "0", "0.125", "1000000000"])
def test_a_price_that_is_saved_is_read_again(file: PriceFile, amount: str) -> None:
    table = PriceTable((Price(Decimal(amount)),))
    file.save(table)
    assert file.load() == table
    assert file.warning == ""


def test_a_price_below_nothing_is_not_saved(file: PriceFile, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="0 or more"):
        file.save(PriceTable((Price(Decimal(-1)),)))
    assert not (tmp_path / "prices.json").exists()
