"""Content encodings: what an answer is compressed with, although every request asks for none."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import httpx

#: Most characters of a name that a message shows.
_SHOWN = 20


def encodings_of(headers: Mapping[str, str]) -> list[str]:
    """The encodings around the content, in the order in which they were applied; "x-gzip" is "gzip"."""
    names = (name.strip().lower().removeprefix("x-") for name in headers.get("Content-Encoding", "").split(","))
    return [_plain(name) for name in names if name not in ("", "identity")]


@cache
def readable_encodings() -> frozenset[str]:
    """The encodings that httpx decodes. Which ones depends on the libraries that are installed."""
    with httpx.Client(transport=httpx.BaseTransport()) as client:  # it would ask for these
        return frozenset(name.strip() for name in client.headers["Accept-Encoding"].split(","))


def _plain(name: str) -> str:
    return "".join(c for c in name if c.isprintable())[:_SHOWN]
