"""An HTTP answer before it is interpreted: limited in size, decompressed, and without the API key in its text."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import quote

from sora_desktop.api.http.encodings import (
    GZIP_START,
    GZIP_WINDOW,
    RAW_WINDOW,
    READABLE,
    ZLIB_WINDOW,
    encodings_of,
    is_zlib,
)
from sora_desktop.domain.ledger import shortened

#: Most bytes of an answer that are read.
ANSWER_LIMIT = 1024 * 1024
#: Most bytes of an answer, and of its headers, that are kept, as UTF-8. With them, a row of the ledger fits on a page.
RAW_LIMIT, HEADERS_LIMIT = 2000, 1500
#: Most characters of one header that are kept.
HEADER_LIMIT = 300
#: How a word in a header's name begins if the value is not kept: it gives access, or tells who or where the user is.
_PRIVATE = ("cookie", "token", "secret", "session", "sign", "authorization", "key", "ip", "forwarded", "geo", "email")
#: Characters with which the beginning of a key at the end of a text is taken for one that was cut.
_BEGUN_KEY = 6
#: Bytes that are decompressed at once, and the most compressions around each other.
_BLOCK, _MOST_LAYERS = 4096, 4
#: Characters that no text has.
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
#: The most excerpts of a long answer that are kept besides its beginning, and the bytes of each.
_MOST_EXCERPTS, _EXCERPT = 3, 250
_OMITTED = "[…]"


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """Status, headers and content as received."""

    status: int  # 0: of an incomplete answer whose status cannot be read
    headers: Mapping[str, str]
    content: bytes
    surplus: bytes = b""  # what arrived beyond the end that the headers announced
    unread: str = ""  # the encoding that could not be removed from the whole content; empty if there is none


def answer_of(status: int, headers: Mapping[str, str], received: bytes | bytearray, surplus: bytes = b"") -> HttpAnswer:
    """The answer whose content was `received` as it is: without its compression, as far as that can be removed."""
    content, is_whole = _without_layers(bytes(received), headers)
    encodings = encodings_of(headers)
    foreign = [name for name in encodings if name not in READABLE]
    is_unread = bool(content) and (not is_whole or foreign) and json_in(content) is None
    return HttpAnswer(status, headers, content, surplus, (foreign or encodings or ["gzip"])[0] if is_unread else "")


def _without_layers(content: bytes, headers: Mapping[str, str]) -> tuple[bytes, bool]:
    """The content without its compressions, and whether all of them could be removed from all of it.

    The bytes themselves show gzip and zlib, since labels can be missing, wrong or a list. Raw deflate needs its label.
    """
    found, is_whole = content, True
    is_deflated = "deflate" in headers.get("Content-Encoding", "").lower()
    removed = 0
    while removed < _MOST_LAYERS:
        if found.startswith(GZIP_START):
            inner, is_inner_whole = _unpacked(found, GZIP_WINDOW)
        elif is_zlib(found):
            inner, is_inner_whole = _unpacked(found, ZLIB_WINDOW, only_whole=not is_deflated)
        elif is_deflated:
            inner, is_inner_whole = _unpacked(found, RAW_WINDOW, only_whole=True)  # any bytes can look like it
        else:
            break
        if not inner:
            is_whole = is_whole and not found.startswith(GZIP_START)
            break
        found, is_whole, removed = inner, is_whole and is_inner_whole, removed + 1
    return found, is_whole and (removed > 0 or not encodings_of(headers))


def _unpacked(content: bytes, wbits: int, *, only_whole: bool = False) -> tuple[bytes, bool]:
    """The decompressed content up to its damage, of all members; empty if nothing can be decompressed.

    Also whether it is undamaged and followed by nothing else.
    """
    decoder, found = zlib.decompressobj(wbits), bytearray()
    for start in range(0, len(content), _BLOCK):
        block, before = content[start : start + _BLOCK], decoder.copy()
        try:
            found += decoder.decompress(block, ANSWER_LIMIT - len(found) + 1)
        except zlib.error:
            with suppress(zlib.error):
                for byte in block:
                    found += before.decompress(bytes([byte]))
            break
        if decoder.eof or len(found) > ANSWER_LIMIT:
            break
    if only_whole and not decoder.eof:
        return b"", False
    rest = decoder.unused_data + content[start + _BLOCK :] if decoder.eof else b""
    is_whole = decoder.eof and not rest
    if rest.startswith(GZIP_START) and len(rest) < len(content) and len(found) < ANSWER_LIMIT:
        more, is_whole = _unpacked(rest, wbits)
        found += more
    return bytes(found[:ANSWER_LIMIT]), is_whole


def text_of(content: bytes, errors: str = "replace") -> str:
    """The content as text, in UTF-8, UTF-16 or UTF-32, without a byte order mark."""
    return content.decode(json.detect_encoding(content), errors).removeprefix("\ufeff")


def is_text(content: bytes) -> bool:
    """True if the content is a text, or marked-up text in any encoding that contains ASCII."""
    try:
        text = text_of(content, "strict")
    except UnicodeDecodeError:
        if content.lstrip()[:1] not in (b"<", b"{", b"["):
            return False
        text = content.decode("latin-1")
    return not _CONTROL.search(text)


def json_in(content: bytes) -> object:
    """The content as JSON, or None if it is not JSON. A byte order mark and invalid characters are accepted."""
    try:
        return json.loads(text_of(content))
    except (ValueError, RecursionError):
        return None


def raw_text(content: bytes, key: str, notable: re.Pattern[str] | None = None) -> str:
    """The content as text for a report, without the key, also if it ends within it; at most `RAW_LIMIT` bytes.

    Of a long text, the beginning is kept and what is around the first matches of `notable` after it. Bytes that are no
    text are escaped.
    """
    text = without_key(key, text_of(content, "backslashreplace"))
    text = _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)
    begun = (n for n in range(len(key) - 1, _BEGUN_KEY - 1, -1) if text.endswith(key[:n]))
    if (length := next(begun, 0)) > 0:
        text = f"{text[:-length]}[key]"
    beginning = shortened(text, RAW_LIMIT)
    if notable is None or len(beginning) == len(text):
        return beginning
    excerpts = _excerpts(text, notable)
    return shortened(text, RAW_LIMIT - len("".join(excerpts).encode())) + "".join(excerpts)


def _excerpts(text: str, notable: re.Pattern[str]) -> list[str]:
    """What is around the first matches that the beginning of a long text may lack, each after a mark.

    A space instead of the mark would make a whole number of one that is cut.
    """
    excerpts: list[str] = []
    end = len(shortened(text, RAW_LIMIT - _MOST_EXCERPTS * (_EXCERPT + 2 * len(_OMITTED.encode()))))
    for found in notable.finditer(text):
        if found.end() > end and len(excerpts) < _MOST_EXCERPTS:
            start = max(found.start() - _EXCERPT // 5, 0)
            excerpt = shortened(text[start:], _EXCERPT)
            end = start + len(excerpt)
            excerpts.append(f"{_OMITTED}{excerpt}")
    return [*excerpts, _OMITTED] if excerpts else []


def headers_text(headers: Mapping[str, str], key: str, notable: re.Pattern[str] | None = None) -> str:
    """The headers for a report, a line each, without the key and without what gives access or locates the user.

    Those that match `notable` come first: there is room for `HEADERS_LIMIT` bytes.
    """
    lines, size = [], 0
    is_first = notable.search if notable is not None else bool
    for name, value in sorted(headers.items(), key=lambda field: not is_first(": ".join(field))):
        private = any(word.startswith(_PRIVATE) for word in name.lower().split("-"))
        text = "[removed]" if private else without_key(key, value)[:HEADER_LIMIT]
        line = "".join(c if c.isprintable() else " " for c in f"{name}: {text}").encode("utf-8", "replace").decode()
        size += len(line.encode()) + 1
        if size > HEADERS_LIMIT:
            break
        lines.append(line)
    return "\n".join(lines)


def without_key(key: str, text: str) -> str:
    """The text with the key removed, also where it is escaped for JSON or a URL."""
    for spelling in {key, json.dumps(key)[1:-1], quote(key, safe="")} - {""}:
        text = text.replace(spelling, "[key]")
    return text
