"""Reads amounts of money as people write them. Text that can be read in two ways is refused."""

from __future__ import annotations

import re
from decimal import Decimal

from sora_desktop.domain.capabilities import Unit
from sora_desktop.domain.money import THOUSANDS, format_amount

#: The largest amount that is accepted.
MAXIMUM = Decimal(10) ** 9
#: Digits after the decimal sign that are accepted.
PLACES = 6

_SPACES = " \u00a0\u2007\u2008\u2009\u200a\u202f"
_APOSTROPHES = "'\u2019\u02bc\uff07"
#: Signs that only separate thousands, and what they are read as.
_THOUSANDS = {**dict.fromkeys(_SPACES, " "), **dict.fromkeys(_APOSTROPHES, "'"), "\u066c": "\u066c"}
#: Signs that are a decimal sign in one country and separate thousands in another.
_EITHER = ".,"
_ARABIC_DECIMAL = "\u066b"
_MINUS = "-\u2212\u2010\u2011\u2012\u2013\ufe63\uff0d"


class NotAnAmount(ValueError):
    """Text is not an amount that is accepted. The message says why, as a sentence for the user."""


def parse_amount(text: str, unit: Unit | None = None) -> Decimal:
    """The amount that `text` says in the notation of any country, from 0 to MAXIMUM; the inverse of `format_amount`.

    `unit` may follow the number. "1,200" is refused: it is 1200 in one country and 1.2 in another. Raises NotAnAmount.
    """
    plain = text if text.isascii() and text.isdigit() else _plain(text, unit)
    if not plain:
        raise NotAnAmount("Enter an amount, such as 150.")
    if plain[0] in _MINUS and _number_in(plain[1:].lstrip()) is not None:
        raise NotAnAmount(f"“{_shown(text)}” is less than 0. Enter 0 or more.")
    amount = _number_in(plain)
    if amount is None:
        raise NotAnAmount(f"“{_shown(text)}” is not an amount. Enter a number, such as 150 or 1.5.")
    if re.fullmatch(r"[1-9]\d{0,2}[.,]\d{3}", plain):
        whole, part = re.split("[.,]", plain)
        raise NotAnAmount(
            f"“{_shown(text)}” can be read as {whole}{part} or as {whole}.{part}0. Enter one of these instead."
        )
    if amount > MAXIMUM:
        raise NotAnAmount(f"“{_shown(text)}” is too large. Enter {format_amount(MAXIMUM)} or less.")
    if amount != round(amount, PLACES):
        raise NotAnAmount(f"“{_shown(text)}” has more than {PLACES} decimal places. Enter fewer.")
    return Decimal(format_amount(amount).replace(THOUSANDS, ""))  # so that its text is never one that is refused


def is_accepted(amount: Decimal) -> bool:
    """True for an amount that `parse_amount` could return."""
    return amount.is_finite() and 0 <= amount <= MAXIMUM and amount == round(amount, PLACES)


def _plain(text: str, unit: Unit | None) -> str:
    """The text with ASCII digits, without the unit and without characters that cannot be seen."""
    import unicodedata  # late: every start reads prices, and those are ASCII

    seen = "".join(char for char in text if unicodedata.category(char) != "Cf").strip()
    for name in () if unit is None else (unit.many, unit.one):
        if name and seen.casefold().endswith(name.casefold()):
            seen = seen[: -len(name)].rstrip()
            break
    zeros = {ord(char) - unicodedata.decimal(char) for char in seen if char.isdecimal()}
    if len(zeros) > 1:  # digits of two scripts
        return seen
    return "".join(str(unicodedata.decimal(char)) if char.isdecimal() else _THOUSANDS.get(char, char) for char in seen)


def _number_in(plain: str) -> Decimal | None:
    """The number, with a single "." or "," read as the decimal sign; None if it is none."""
    if not re.fullmatch(rf"[0-9 '.,\u066c{_ARABIC_DECIMAL}]*[0-9]", plain, re.ASCII):
        return None
    signs = [char for char in plain if not char.isdigit()]
    whole, decimal_sign, part = plain, "", ""
    last = signs[-1] if signs else ""
    if last == _ARABIC_DECIMAL or (last in _EITHER and signs.count(last) == 1):
        whole, decimal_sign, part = plain.rpartition(last)
        if not part.isdigit():
            return None
    thousands = set(whole) - set("0123456789")
    if len(thousands) > 1 or decimal_sign in thousands:
        return None
    if thousands:
        sign = re.escape(thousands.pop())
        grouped = rf"[1-9]\d{{0,2}}(?:{sign}\d{{3}})+|[1-9]\d?(?:{sign}\d\d)+{sign}\d{{3}}"  # the second: India
        if not re.fullmatch(grouped, whole, re.ASCII):
            return None
    digits = re.sub(r"\D", "", whole, flags=re.ASCII)
    return Decimal(f"{digits or '0'}.{part or '0'}")


def _shown(text: str) -> str:
    short = " ".join(text.split())
    return short if len(short) <= 40 else f"{short[:39]}…"
