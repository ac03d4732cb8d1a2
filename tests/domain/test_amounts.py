"""Amounts are read as they are meant in any country, or not at all."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sora_desktop.api.sora.capabilities import CAPABILITIES
from sora_desktop.domain.amounts import MAXIMUM, PLACES, NotAnAmount, is_accepted, parse_amount
from sora_desktop.domain.money import format_amount

UNIT = CAPABILITIES.unit


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("150", "150"),
        (" 150 ", "150"),
        ("1.5", "1.5"),
        ("1,5", "1.5"),
        (".5", "0.5"),
        ("0,200", "0.2"),
        ("1234,567", "1234.567"),
        ("1,2000", "1.2"),
        ("1 200", "1200"),
        ("1\u00a0200", "1200"),
        ("1\u202f200", "1200"),
        ("1\u2009200,5", "1200.5"),
        ("1'200.50", "1200.5"),
        ("1’200", "1200"),
        ("1.200,50", "1200.5"),
        ("1,200.50", "1200.5"),
        ("1,200,000", "1200000"),
        ("1.200.000", "1200000"),
        ("1,00,000", "100000"),
        ("١٢٠٠", "1200"),
        ("١٬٢٠٠٫٥", "1200.5"),
        ("۱۲۰۰", "1200"),
        ("१२००", "1200"),
        ("１２００", "1200"),
        ("\u200f١٢٠٠\u200f", "1200"),
        ("1\u2009200 credits", "1200"),
        ("1 credit", "1"),
        ("1000000000", "1000000000"),
        ("0", "0"),
        ("12٫345", "12.345"),
    ],
)
def test_an_amount_is_read_in_the_notation_of_any_country(text: str, amount: str) -> None:
    assert parse_amount(text, UNIT) == Decimal(amount)


@pytest.mark.parametrize("text", ["1,200", "1.200", "12,345", "999.000", "1,234", "١,٢٠٠"])
def test_text_that_can_be_read_in_two_ways_is_refused(text: str) -> None:
    with pytest.raises(NotAnAmount, match=r"can be read as \d+ or as [\d.]+\. Enter one of these"):
        parse_amount(text)


@pytest.mark.parametrize("text", ["-5", "−5", "- 1 200", "-0.5"])
def test_an_amount_below_nothing_is_refused(text: str) -> None:
    with pytest.raises(NotAnAmount, match="less than 0"):
        parse_amount(text)


@pytest.mark.parametrize(
    "text",
    [
        *("much", "1e3", "1_000", "NaN", "Infinity", "∞", "0x10", "½", "²", "5%", "$5", "5 €", "+5", "--5"),
        *("1,2.3", "1.2.3", "12 00", "1 2", "1,20,00", "1.200.50", "1,200,50", "1 200'000", "1200.", ",", ".", "5,"),
        *("1٢", "1 credits 2", "1\n200"),
    ],
)
def test_text_that_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(NotAnAmount, match="is not an amount"):
        parse_amount(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Enter an amount"),
        (" \u200b ", "Enter an amount"),
        ("1000000000.01", "too large"),
        ("9" * 5000, "too large"),
        ("0.0000001", "more than 6 decimal places"),
    ],
)
def test_what_is_wrong_is_said_in_a_short_sentence(text: str, message: str) -> None:
    with pytest.raises(NotAnAmount, match=message) as caught:
        parse_amount(text)
    assert len(str(caught.value)) < 150


@example(Decimal("1.234"))
@example(Decimal("999.999"))
@example(Decimal("1234.125"))
@given(st.decimals(0, MAXIMUM, places=PLACES))
def test_an_amount_that_is_shown_is_read_again(amount: Decimal) -> None:
    assert is_accepted(amount)
    for shown in (format_amount(amount), format_amount(amount, UNIT), str(parse_amount(format_amount(amount)))):
        assert parse_amount(shown, UNIT) == amount


@given(st.text(alphabet=" .,'-0123456789eE٣٫٬\u2009", max_size=12))
def test_no_text_is_read_in_a_way_that_one_country_contradicts(text: str) -> None:
    """Where a text is read, removing the other country's thousands gives the same number, or is impossible."""
    try:
        amount = parse_amount(text)
    except NotAnAmount:
        return
    assert is_accepted(amount)
    for thousands, decimal in ((",", "."), (".", ",")):
        groups, _, part = text.strip().rpartition(decimal) if decimal in text else (text.strip(), "", "0")
        numbers = groups.split(thousands)
        if len(numbers) > 1 and all(len(n) == 3 for n in numbers[1:]) and 0 < len(numbers[0]) < 4:
            plain = "".join(numbers)
            if plain.isascii() and (plain + part).isdigit() and not plain.startswith("0"):
                assert amount == Decimal(f"{plain}.{part}")
