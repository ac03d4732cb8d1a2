"""Places at which several engines answer that have no common memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sora_desktop.domain.job import JobId


@dataclass(frozen=True, slots=True)
class MixedPlace:
    """A place was found to be several engines."""

    place: str  # empty: the one address of the service


class MixedPlaces:
    """Names each place once, with the job that has shown it, and reports it, so that later runs know it."""

    def __init__(self, known: Iterable[str], found: Callable[[MixedPlace], None]) -> None:
        """`known`: those that earlier runs have found. `found` is called with each new one."""
        self._known = set(known)
        self._found = found
        self._shown_by: set[JobId] = set()

    def __contains__(self, place: str) -> bool:
        return place in self._known

    def add(self, place: str, id: JobId) -> None:
        """A job has shown that a place is several engines. Does nothing if that is known."""
        if place not in self._known:
            self._known.add(place)
            self._shown_by.add(id)
            self._found(MixedPlace(place))

    def is_shown_by(self, id: JobId) -> bool:
        """True for a job whose row tells it, since it has shown it in this run."""
        return id in self._shown_by
