"""Prices as a file that a person can edit."""

from __future__ import annotations

from pathlib import Path

import msgspec

from sora_desktop.domain.money import Price, PriceTable


def load_prices(file: Path, default: Path) -> PriceTable:
    """From the person's file, or from the default where there is none or it cannot be read."""
    for each in (file, default):
        try:
            return PriceTable(tuple(msgspec.json.decode(each.read_bytes(), type=list[Price])))
        except (OSError, msgspec.MsgspecError, UnicodeError):
            continue
    return PriceTable()
