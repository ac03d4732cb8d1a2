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
        ('[{"credits": "many"}]', "are not valid"),
        ('[{"credits": "-5"}]', "a price must be 0 or more"),
        ('[{"credits": "NaN"}]', "a price must be 0 or more"),
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


def test_a_price_below_nothing_is_not_saved(file: PriceFile, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="0 or more"):
        file.save(PriceTable((Price(Decimal(-1)),)))
    assert not (tmp_path / "prices.json").exists()
