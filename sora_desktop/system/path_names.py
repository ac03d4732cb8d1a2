"""Finds names in paths that are not valid Unicode, which no message, database or other process can hold."""

from __future__ import annotations

import re
from pathlib import Path

#: What Python makes of the bytes 0x80 to 0xff of a name that is not UTF-8.
_FIRST_BYTE, _LAST_BYTE, _OFFSET = 0xDC80, 0xDCFF, 0xDC00
#: Control characters, ends of lines and halves of characters.
_NO_TEXT = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def unreadable_name(path: Path) -> str:
    """The first name in the absolute path that is not valid Unicode, as `shown`; empty if all are."""
    return next((shown(name) for name in path.absolute().parts if not _is_unicode(name)), "")


def shown(path: Path | str) -> str:
    """The path for a message, on one line, with an escape for everything that is no text."""
    return _NO_TEXT.sub(lambda found: _escape(ord(found[0])), str(path))


def _is_unicode(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _escape(code: int) -> str:
    byte = code - _OFFSET if _FIRST_BYTE <= code <= _LAST_BYTE else code
    return f"\\x{byte:02x}" if byte <= 0xFF else f"\\u{code:04x}"
