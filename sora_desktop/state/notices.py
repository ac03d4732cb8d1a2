"""Messages above the player: each stays until its cause has gone or the user dismisses it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from sora_desktop.state.tone import Tone


class NoticeAction(NamedTuple):
    """The one thing that can be done from a notice. It never spends."""

    label: str
    run: Callable[[], object]


class Notice(NamedTuple):
    """A message in plain text."""

    text: str
    tone: Tone = Tone.TEXT
    #: What the notice is about: a later one takes the place of an earlier one about the same. Empty: about its text.
    key: str = ""
    action: NoticeAction | None = None

    @property
    def subject(self) -> str:
        """What the notice is about."""
        return self.key or self.text


#: In the order in which they came. No two are about the same subject.
Notices: TypeAlias = tuple[Notice, ...]

#: The most serious tone first.
_BY_SERIOUSNESS = (Tone.ERROR, Tone.WARN)


def with_notice(notices: Notices, notice: Notice) -> Notices:
    """The notices with this one as the latest, in place of the one about the same subject."""
    return (*without_subject(notices, notice.subject), notice)


def without_subject(notices: Notices, subject: str) -> Notices:
    """The notices but the one about this subject."""
    return tuple(other for other in notices if other.subject != subject)


def find_notice(notices: Notices, subject: str) -> Notice | None:
    """The notice about this subject, if any."""
    return next((notice for notice in notices if notice.subject == subject), None)


def in_order_of_seriousness(notices: Notices) -> Notices:
    """The most serious first; of those that are as serious, the latest."""
    ranks = {tone: rank for rank, tone in enumerate(_BY_SERIOUSNESS)}
    latest_first = notices[::-1]
    return tuple(sorted(latest_first, key=lambda notice: ranks.get(notice.tone, len(ranks))))
