"""Which version of a file the bytes on disk belong to, and how the rest of that version is asked for (RFC 9110)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

from sora_desktop.api.http.dates import date_in, date_of

#: Bytes before the end that are asked for again and compared, if the server gives no strong validator.
OVERLAP = 4 * 1024
#: Seconds by which a file must be older than the answer for its date to be a strong validator (section 8.8.2.2).
_SETTLED = 1.0


@dataclass(frozen=True, slots=True)
class Continuation:
    """How the rest of a file is asked for."""

    start: int  # the first byte; fewer than what is here if bytes are to be compared
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class FileVersion:
    """What a server said about the version of a file that it sends."""

    etag: str = ""
    last_modified: str = ""  # empty also if it may be too young to tell two versions apart
    total: int | None = None  # bytes; None: not announced
    sends_parts: bool | None = None  # None: not known
    heeds_if_range: bool = True  # False: the server has sent the whole file for it

    @property
    def can_continue(self) -> bool:
        """False if a part of this version is of no use for the next try."""
        return self.sends_parts is not False and (bool(self._validator) or self.total is not None)

    def continuation(self, have: int) -> Continuation | None:
        """How to ask for what follows the first `have` bytes; None if that cannot be asked for."""
        if not have or not self.can_continue or (self.total is not None and have > self.total):
            return None
        if self._validator:
            return Continuation(have, {"Range": f"bytes={have}-", "If-Range": self._validator})
        start = max(have - OVERLAP, 0)
        return Continuation(start, {"Range": f"bytes={start}-"})

    def continues(self, have: int) -> bool:
        """True if it is known that the server will send the rest."""
        return self.sends_parts is True and self.continuation(have) is not None

    def contradicts(self, other: FileVersion) -> bool:
        """True if both cannot be about the same bytes. What one of them does not say is no contradiction."""
        pairs = [(self.etag, other.etag), (self.last_modified, other.last_modified), (self.total, other.total)]
        return any(one and another and one != another for one, another in pairs)

    def continued_by(self, part: FileVersion) -> FileVersion:
        """This version after a part of it has come."""
        return replace(self, total=part.total if self.total is None else self.total, sends_parts=True)

    def after_whole_instead_of_part(self) -> FileVersion:
        """This version, if the whole file came although a part was asked for.

        Parts may be advertised and not sent, or sent only without If-Range, which some servers do not know.
        """
        return replace(self, sends_parts=None, heeds_if_range=False)

    @property
    def _validator(self) -> str:
        """For If-Range: a strong tag; a date only if there is no tag at all."""
        if not self.heeds_if_range:
            return ""
        return self.etag if self.etag.startswith('"') else "" if self.etag else self.last_modified

    def to_text(self) -> str:
        return json.dumps(asdict(self))


def version_of(headers: Mapping[str, str], total: int | None) -> FileVersion:
    """The version that an answer belongs to; `total`: the size of the whole file in bytes, if it is known."""
    modified, date = headers.get("Last-Modified", ""), date_of(headers)
    since = date_in(modified)
    is_settled = since is not None and date is not None and date - since >= _SETTLED
    units = headers.get("Accept-Ranges", "").lower()
    return FileVersion(
        _sendable(headers.get("ETag", "")),
        _sendable(modified) if is_settled else "",
        total,
        {"bytes": True, "none": False}.get(units),
    )


def version_in(text: str) -> FileVersion:
    """The version that `to_text` wrote, or the strong tag alone that earlier versions of the program wrote."""
    try:
        fields = json.loads(text)
        if isinstance(fields, str):
            return FileVersion(_sendable(text))
        version = FileVersion(**fields)
    except (ValueError, TypeError, RecursionError):
        return FileVersion()
    kinds = (str(version.etag) == version.etag, str(version.last_modified) == version.last_modified)
    is_total = version.total is None or (type(version.total) is int and version.total >= 0)
    are_known = version.sends_parts in (True, False, None) and version.heeds_if_range in (True, False)
    return version if all(kinds) and is_total and are_known else FileVersion()


def _sendable(text: str) -> str:
    """A tag or date that can be sent back as it is; empty for any other text."""
    return text if text.isascii() and text.isprintable() else ""
