"""An HTTP answer before it is understood: bounded, decompressed, and without the API key."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

#: Longest answer that is read, in bytes.
ANSWER_LIMIT = 1024 * 1024
#: Longest raw answer that is kept for a report, in characters.
RAW_LIMIT = 2000


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """Status, headers and content as they came."""

    status: int
    headers: Mapping[str, str]
    content: bytes


def decompressed(content: bytes | bytearray, headers: Mapping[str, str]) -> bytes:
    """The content without its Content-Encoding; unchanged where it cannot be decompressed."""
    if headers.get("Content-Encoding", "").lower() not in ("gzip", "x-gzip", "deflate"):
        return bytes(content)
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 32).decompress(content, ANSWER_LIMIT)
    except zlib.error:
        return bytes(content)


def json_in(content: bytes) -> object:
    """The content as JSON; a byte order mark and broken characters are tolerated. None if it is not JSON."""
    try:
        return json.loads(content.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError):
        return None


def raw_text(content: bytes, key: str) -> str:
    """The content as text for a report, without the key, at most `RAW_LIMIT` characters."""
    return without_key(key, content.decode("utf-8", "replace"))[:RAW_LIMIT]


def without_key(key: str, text: str) -> str:
    """The text with the key removed, also where JSON or a URL spells it differently."""
    for spelled in {key, json.dumps(key)[1:-1], quote(key, safe="")} - {""}:
        text = text.replace(spelled, "[key]")
    return text
