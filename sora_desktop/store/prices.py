"""The price table of a service, as a file that the user can edit."""

from __future__ import annotations

from pathlib import Path

import msgspec

from sora_desktop.domain.money import Price, PriceTable
from sora_desktop.store.errors import StoreError
from sora_desktop.store.files import write_whole


class PriceFile:
    """The user's prices, or the default prices while the user has none."""

    def __init__(self, file: Path, default: Path) -> None:
        self._file = file
        self._default = default
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
                return _read(self._file)
            except StoreError as error:
                self.warning = f"{error} Default prices are used until then."
        return self.default_prices()

    def default_prices(self) -> PriceTable:
        """The prices that come with the program."""
        try:
            return _read(self._default)
        except StoreError:
            return PriceTable()

    def save(self, table: PriceTable) -> None:
        """Replace the user's prices in one step, without the learned ones. Raises StoreError."""
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
        raise StoreError(f"The prices in {file} are not valid ({error}). Correct the file.") from error
    return PriceTable(_check(rows, file))


def _check(rows: tuple[Price, ...], file: Path) -> tuple[Price, ...]:
    for row in rows:
        if not row.credits.is_finite() or row.credits < 0:
            raise StoreError(f"A price in {file} is {row.credits}; a price must be 0 or more.")
    return rows


def _plain(row: Price) -> dict[str, object]:
    plain: dict[str, object] = msgspec.to_builtins(row)
    return plain
