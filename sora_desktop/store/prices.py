"""The price table of a service, as a file that the user can edit."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import msgspec

from sora_desktop.domain.amounts import NotAnAmount, is_accepted, parse_amount
from sora_desktop.domain.capabilities import Capabilities
from sora_desktop.domain.money import THOUSANDS, Price, PriceTable, format_amount
from sora_desktop.store.errors import StoreError
from sora_desktop.store.files import write_atomically


class _Row(msgspec.Struct, omit_defaults=True):
    """A price as the file spells it."""

    credits: msgspec.Raw  # a number, or a text that `parse_amount` reads
    model: str | None = None
    from_image: bool | None = None
    duration: int | None = None
    quality: str | None = None


class PriceFile:
    """The user's prices, or the default prices while the user has none."""

    def __init__(self, file: Path, default: Path, capabilities: Capabilities | None = None) -> None:
        """`capabilities`: what the prices may name; None accepts every name."""
        self._file = file
        self._default = default
        self._capabilities = capabilities
        #: Why the user's file is not used, in a sentence; empty if it is used or does not exist.
        self.warning = ""

    @property
    def edited_at(self) -> float:
        """When the user last edited the prices, in unix seconds; 0 if never."""
        try:
            return self._file.stat().st_mtime
        except OSError:
            return 0.0

    def load(self) -> PriceTable:
        """The prices in force. An unreadable file is left unchanged; `warning` then says why it is not used."""
        self.warning = ""
        if self._file.exists():
            try:
                return _read(self._file, self._capabilities)
            except StoreError as error:
                self.warning = f"{error} Default prices are used until then."
        return self.default_prices()

    def default_prices(self) -> PriceTable:
        """The prices that come with the program."""
        try:
            return _read(self._default, None)
        except StoreError:
            return PriceTable()

    def save(self, table: PriceTable) -> None:
        """Replace the user's prices in one step, without the learned ones. Raises StoreError."""
        for row in table.rows:
            _require_accepted(row.amount, self._file)
        rows = [_Row(_as_text(row.amount), row.model, row.from_image, row.duration, row.quality) for row in table.rows]
        try:
            write_atomically(self._file, msgspec.json.format(msgspec.json.encode(rows), indent=2) + b"\n")
        except OSError as error:
            raise StoreError(f"The prices could not be written to {self._file}: {error.strerror or error}.") from error
        self.warning = ""


def _read(file: Path, capabilities: Capabilities | None) -> PriceTable:
    try:
        rows = msgspec.json.decode(file.read_bytes(), type=list[_Row])
    except OSError as error:
        raise StoreError(f"The prices in {file} cannot be read ({error.strerror or error}).") from error
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise StoreError(f"The prices in {file} are not valid ({error}). Correct the file.") from error
    prices = tuple(Price(_amount_of(row, file), row.model, row.from_image, row.duration, row.quality) for row in rows)
    for price in prices:
        if capabilities is not None and (unknown := _unknown_name(price, capabilities)):
            raise StoreError(f"The prices in {file} are not valid: the service has no {unknown}. Correct the file.")
    return PriceTable(prices)


def _amount_of(row: _Row, file: Path) -> Decimal:
    """A number is read by the rules of JSON; a text may follow the notation of any country. Raises StoreError."""
    text = bytes(row.credits).decode()
    try:
        if text.startswith('"'):
            return parse_amount(msgspec.json.decode(row.credits, type=str))
        amount = msgspec.json.decode(row.credits, type=Decimal)
    except NotAnAmount as error:
        raise StoreError(f"A price in {file} is not valid: {error} Correct the file.") from error
    except msgspec.MsgspecError as error:
        raise StoreError(f"The prices in {file} are not valid ({error}). Correct the file.") from error
    _require_accepted(amount, file)
    return amount


def _require_accepted(amount: Decimal, file: Path) -> None:
    if not is_accepted(amount):
        raise StoreError(f"A price in {file} is {amount}; a price must be 0 or more, and 1 000 000 000 or less.")


def _as_text(amount: Decimal) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(format_amount(amount).replace(THOUSANDS, "")))


def _unknown_name(price: Price, capabilities: Capabilities) -> str:
    """What a price names and the service does not have, such as "model sora9"; empty if there is nothing."""
    if price.model is not None and capabilities.model(price.model) is None:
        return f"model {price.model}"
    if price.duration is not None and price.duration not in [choice.value for choice in capabilities.durations]:
        return f"duration {price.duration}"
    if price.quality is not None and price.quality not in [choice.value for choice in capabilities.qualities]:
        return f"quality {price.quality}"
    return ""
