"""An HTTP answer before it is interpreted: limited in size, decompressed, and without the API key in its text."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import quote

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
#: Bytes that are decompressed at once.
_BLOCK = 4096


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """Status, headers and content as received."""

    status: int  # 0: of an incomplete answer whose status cannot be read
    headers: Mapping[str, str]
    content: bytes
    surplus: bytes = b""  # what arrived beyond the end that the headers announced


def decompressed(content: bytes | bytearray, headers: Mapping[str, str]) -> bytes:
    """The content without its Content-Encoding, as far as it can be decompressed; unchanged if nothing can."""
    if headers.get("Content-Encoding", "").lower() not in ("gzip", "x-gzip", "deflate"):
        return bytes(content)
    decoder, found = zlib.decompressobj(zlib.MAX_WBITS | 32), bytearray()
    for start in range(0, len(content), _BLOCK):
        block, before = bytes(content[start : start + _BLOCK]), decoder.copy()
        try:
            found += decoder.decompress(block, ANSWER_LIMIT - len(found) + 1)
        except zlib.error:
            with suppress(zlib.error):
                for byte in block:
                    found += before.decompress(bytes([byte]))
            break
        if decoder.eof or len(found) > ANSWER_LIMIT:
            break
    return bytes(found[:ANSWER_LIMIT]) or bytes(content)


def json_in(content: bytes) -> object:
    """The content as JSON, or None if it is not JSON. A byte order mark and invalid characters are accepted."""
    try:
        return json.loads(content.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError):
        return None


def raw_text(content: bytes, key: str) -> str:
    """The content as text for a report, without the key, also if it ends within it; at most `RAW_LIMIT` bytes."""
    text = without_key(key, content.decode("utf-8", "replace"))
    begun = (n for n in range(len(key) - 1, _BEGUN_KEY - 1, -1) if text.endswith(key[:n]))
    if (length := next(begun, 0)) > 0:
        text = f"{text[:-length]}[key]"
    return shortened(text, RAW_LIMIT)


def headers_text(headers: Mapping[str, str], key: str) -> str:
    """The headers for a report, a line each, without the key and without what gives access or locates the user."""
    lines, size = [], 0
    for name, value in headers.items():
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
