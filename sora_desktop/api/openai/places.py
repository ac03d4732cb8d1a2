"""Remote ids of a service with several addresses: each says at which of them its task is."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from sora_desktop.domain.job import RemoteId

_WITH_PLACE = re.compile(r"(?P<id>.+)@(?P<place>https?://[^@]+)", re.DOTALL)


def with_place(id: RemoteId, place: str) -> RemoteId:
    """A remote id that says where its task is."""
    return RemoteId(f"{id}@{place}")


def place_and_id(remote_id: RemoteId) -> tuple[str, RemoteId]:
    """Where a task is, and the id that the server there gave it. The place is empty if the remote id does not say."""
    found = _WITH_PLACE.fullmatch(remote_id)
    return ("", remote_id) if found is None else (found["place"], RemoteId(found["id"]))


def least_used(places: tuple[str, ...], active: Iterable[RemoteId], home: str) -> str:
    """The place with the fewest of these tasks; of several, the first one. Ids without a place are of `home`."""
    counts = Counter(place_and_id(id)[0] or home for id in active)
    return min(places, key=lambda place: counts[place])
