"""Prices as a file that a person can edit."""

from __future__ import annotations

from pathlib import Path

import msgspec

from sora_desktop.domain.money import Price, PriceTable
from sora_desktop.store.errors import StoreError
from sora_desktop.store.files import write_whole


class PriceFile:
    """The person's prices, or those that came with the program while there are none."""

    def __init__(self, file: Path, default: Path) -> None:
        self._file = file
        self._default = default
        #: Why the person's file is not used, in a sentence; empty when it is, or when there is none.
        self.warning = ""

    @property
    def edited_at(self) -> float:
        """When a person last changed them, in unix seconds; 0 when nobody did."""
        try:
            return self._file.stat().st_mtime
        except OSError:
            return 0.0

    def load(self) -> PriceTable:
        """The prices in force. A file that cannot be read is left as it is, and `remark` says so."""
        self.warning = ""
        if self._file.exists():
            try:
                return _read(self._file)
            except StoreError as problem:
                self.warning = f"{problem} Until then the prices that came with the program hold."
        return self.default_prices()

    def default_prices(self) -> PriceTable:
        """The prices that came with the program."""
        try:
            return _read(self._default)
        except StoreError:
            return PriceTable()

    def save(self, table: PriceTable) -> None:
        """Replace the person's prices in one step; learned ones are not part of them. Raises StoreProblem."""
        _check(table.rows, self._file)
        rows = [{name: value for name, value in _plain(row).items() if value is not None} for row in table.rows]
        try:
            write_whole(self._file, msgspec.json.format(msgspec.json.encode(rows), indent=2) + b"\n")
        except OSError as error:
            raise StoreError(f"The prices could not be written to {self._file}: {error.strerror or error}.") from error
        self.warning = ""


def _read(file: Path) -> PriceTable:
    try:
        rows = tuple(msgspec.json.decode(file.read_bytes(), type=list[Price]))
    except OSError as error:
        raise StoreError(f"The prices in {file} cannot be read ({error.strerror or error}).") from error
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise StoreError(f"The prices in {file} are not written as they should be ({error}); correct them.") from error
    return PriceTable(_check(rows, file))


def _check(rows: tuple[Price, ...], file: Path) -> tuple[Price, ...]:
    for row in rows:
        if not row.credits.is_finite() or row.credits < 0:
            raise StoreError(f"The prices in {file} hold one of {row.credits} credits; a price is 0 or more.")
    return rows


def _plain(row: Price) -> dict[str, object]:
    plain: dict[str, object] = msgspec.to_builtins(row)
    return plain
