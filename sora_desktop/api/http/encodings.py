"""Content encodings: what an answer is compressed with, although every request asks for none."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

#: The encodings that can be removed.
READABLE = ("gzip", "deflate")
#: Registered encodings that cannot be removed. Other names, such as "aws-chunked" or "utf-8", are mistakes of servers.
_FOREIGN = ("aes128gcm", "br", "compress", "dcb", "dcz", "exi", "pack200-gzip", "zstd")
#: The first bytes of each member of gzip.
GZIP_START = b"\x1f\x8b\x08"
#: Window sizes that name the format for zlib.
GZIP_WINDOW, ZLIB_WINDOW, RAW_WINDOW = zlib.MAX_WBITS | 16, zlib.MAX_WBITS, -zlib.MAX_WBITS
#: Most bytes that are decompressed at once.
_PIECE = 1 << 20


class NotDecompressed(Exception):
    """Content is damaged, or its end is missing."""


def encodings_of(headers: Mapping[str, str]) -> list[str]:
    """The encodings around the content, in the order in which they were applied; "x-gzip" is "gzip"."""
    names = (name.strip().lower().removeprefix("x-") for name in headers.get("Content-Encoding", "").split(","))
    return [name for name in names if name in (*READABLE, *_FOREIGN)]


def decompressed(chunks: Iterator[bytes], encodings: Sequence[str]) -> Iterator[bytes]:
    """The content without `encodings`, which are READABLE, in the order in which they were applied.

    Not httpx's decoders: they read the first member of gzip only, and take a missing end for the end. Raises
    NotDecompressed.
    """
    for name in reversed(encodings):
        chunks = _inflated(chunks, labeled_gzip=name == "gzip")
    return chunks


def started(chunks: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """At least the first three bytes of the content if it has so many, and the chunks of the whole content."""
    seen, start = [], b""
    for chunk in chunks:
        seen.append(chunk)
        start += chunk
        if len(start) >= len(GZIP_START):
            break
    return start, chain(seen, chunks)


def is_gzip(start: bytes) -> bool:
    """True if the content begins as gzip does, which no video does, whatever it is labeled as."""
    return start.startswith(GZIP_START)


def is_zlib(start: bytes) -> bool:
    """True if at least two bytes begin as zlib does (RFC 1950); False for deflate without a header."""
    return len(start) > 1 and start[0] & 0x8F == 8 and int.from_bytes(start[:2], "big") % 31 == 0


def _inflated(chunks: Iterator[bytes], *, labeled_gzip: bool) -> Iterator[bytes]:
    """Bytes behind the end that begin no further member of gzip are left out, such as zeros that fill up a block.

    What is labeled as gzip and is not is left as it is.
    """
    if labeled_gzip:
        start, chunks = started(chunks)
        if not is_gzip(start):
            yield from chunks
            return
    decoder = None
    rest = b""  # what has arrived and is not decompressed
    try:
        for chunk in chunks:
            rest += chunk
            while rest:
                if decoder is None or decoder.eof:
                    if decoder is not None and not (labeled_gzip and GZIP_START.startswith(rest[: len(GZIP_START)])):
                        return
                    if len(rest) < (2 if decoder is None else len(GZIP_START)):
                        break
                    decoder = zlib.decompressobj(
                        GZIP_WINDOW if labeled_gzip else ZLIB_WINDOW if is_zlib(rest) else RAW_WINDOW
                    )
                yield decoder.decompress(rest, _PIECE)
                rest = decoder.unconsumed_tail or decoder.unused_data
        if decoder is not None:
            yield decoder.flush()
    except zlib.error as error:
        raise NotDecompressed from error
    if rest or (decoder is not None and not decoder.eof):
        raise NotDecompressed
