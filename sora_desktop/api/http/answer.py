"""An HTTP answer before it is interpreted: limited in size, decompressed, and without the API key in its text."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

#: Most bytes of an answer that are read.
ANSWER_LIMIT = 1024 * 1024
#: Most characters of an answer that are kept for reports.
RAW_LIMIT = 2000


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """Status, headers and content as received."""

    status: int
    headers: Mapping[str, str]
    content: bytes


def decompressed(content: bytes | bytearray, headers: Mapping[str, str]) -> bytes:
    """The content without its Content-Encoding; unchanged if it cannot be decompressed."""
    if headers.get("Content-Encoding", "").lower() not in ("gzip", "x-gzip", "deflate"):
        return bytes(content)
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 32).decompress(content, ANSWER_LIMIT)
    except zlib.error:
        return bytes(content)


def json_in(content: bytes) -> object:
    """The content as JSON, or None if it is not JSON. A byte order mark and invalid characters are accepted."""
    try:
        return json.loads(content.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError):
        return None


def raw_text(content: bytes, key: str) -> str:
    """The content as text for a report, without the key, at most `RAW_LIMIT` characters."""
    return without_key(key, content.decode("utf-8", "replace"))[:RAW_LIMIT]


def without_key(key: str, text: str) -> str:
    """The text with the key removed, also where it is escaped for JSON or a URL."""
    for spelling in {key, json.dumps(key)[1:-1], quote(key, safe="")} - {""}:
        text = text.replace(spelling, "[key]")
    return text
