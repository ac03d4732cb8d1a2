"""What the frame of the window shows: badges, notices, queue line and status bar."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import NamedTuple

from PySide6.QtCore import QObject, Signal

from sora_desktop.domain.capabilities import Unit
from sora_desktop.domain.library import Counts
from sora_desktop.domain.money import Balance, Money, format_amount
from sora_desktop.domain.overrides import Override, with_overrides
from sora_desktop.domain.queue import QueueState
from sora_desktop.domain.service_state import Availability, ServiceState
from sora_desktop.state.clip_text import size_text
from sora_desktop.state.notices import (
    Notice,
    Notices,
    find_notice,
    in_order_of_seriousness,
    with_notice,
    without_subject,
)
from sora_desktop.state.queue_cost import QueueCost
from sora_desktop.state.queue_text import QueueText, footer_text, limit_text, money_text, pause_text, queue_text
from sora_desktop.state.tone import Tone


class ServiceBadge(Enum):
    """How far the connection to the service is."""

    OPENING = auto()  # the engine is not open yet
    STARTING_SANDBOX = auto()
    CONNECTING = auto()
    FAILED = auto()
    SANDBOX = auto()
    LIVE_UNVERIFIED = auto()  # connected, and the service has not accepted the key yet
    LIVE = auto()


#: The subject of the notice that no service could be connected: it goes when one is.
CONNECTION = "connection"
#: Shown while a submitted request waits for the connection.
WAITING_FOR_SERVICE = Notice("Your request is queued as soon as the service is connected.", Tone.MUTED)
#: Shown when a command needs the service and it is not connected.
NOT_CONNECTED = "The service is not connected yet. Try again in a moment."
#: Shown after settings were lost, until the queue is resumed.
PAUSED_AFTER_LOSS = "The queue is paused. Check File › Settings, then resume the queue."
#: Shown after each start without a key, until the user has dismissed it once or enters a key.
SANDBOX_GREETING = Notice(
    "You are in the sandbox: clips are rendered on this machine and cost nothing. "
    "To go live, enter your API key in File › Settings.",
    Tone.MUTED,
)


class Activity(NamedTuple):
    """What the engine was doing when it was last measured."""

    running: int = 0  # jobs that are sent, rendering or downloading
    queued: int = 0
    bytes_per_second: int = 0  # of all downloads
    active: int = 0  # jobs on the Active tab at that moment


@dataclass(frozen=True, slots=True)
class WindowFacts:
    """The facts behind the frame of the window."""

    service: ServiceBadge = ServiceBadge.OPENING
    current: ServiceState | None = None  # the service that is chosen; None: there is no choice
    unit: Unit | None = None  # what the service charges in; None: it does not charge
    balance: Balance | None = None  # None: unknown
    money: Money | None = None  # None: not computed yet
    queue: QueueState = field(default_factory=QueueState)
    waiting: int = 0  # jobs that the queue would send
    waiting_cost: QueueCost = field(default_factory=QueueCost)  # of those jobs
    notices: Notices = ()
    overrides: tuple[Override, ...] = ()  # of Settings
    follows_settings: bool = True  # they are about the current service, too: the user has not added it
    activity: Activity | None = None  # None: nothing has been measured yet
    counts: Counts = field(default_factory=Counts)
    undo: str = ""  # what was last done to the library, such as "Move 3 videos to Trash"; empty: nothing to undo
    redo: str = ""  # what was last undone
    undo_revision: int = 0  # of the history: another one if something was done or undone since


class WindowView(NamedTuple):
    """The texts of the frame of the window. An empty text hides its part."""

    badge: str = ""
    badge_tone: Tone = Tone.MUTED
    badge_tip: str = ""
    balance: str = ""
    money_tip: str = ""  # all amounts, one a line
    limit: str = ""  # of the day, such as "200 credits"; empty while it is unknown
    money: str = ""
    notices: Notices = ()  # the most serious first
    queue_line: QueueText = QueueText()
    paused: bool = False
    pause_text: str = "Pause queue"  # the menu item; says what resuming sends, and what that costs
    activity: str = ""
    totals: str = ""
    undo: str = ""  # what Undo does to the library, in the words of the menu
    redo: str = ""
    undo_revision: int = 0


_BADGES = {
    ServiceBadge.OPENING: ("", Tone.MUTED),
    ServiceBadge.STARTING_SANDBOX: ("Starting the sandbox…", Tone.MUTED),
    ServiceBadge.CONNECTING: ("Connecting…", Tone.MUTED),
    ServiceBadge.FAILED: ("Not connected", Tone.ERROR),
    ServiceBadge.SANDBOX: ("Sandbox · offline demo", Tone.OK),
    ServiceBadge.LIVE_UNVERIFIED: ("Live", Tone.MUTED),
    ServiceBadge.LIVE: ("Live", Tone.OK),
}


#: What the badge says of a chosen service after its name.
_CHOSEN = {
    Availability.ONLINE: ("", Tone.OK),
    Availability.CONNECTING: (" · connecting…", Tone.MUTED),
    Availability.OFFLINE: (" · cannot be used", Tone.ERROR),
    Availability.NOT_CONNECTED: (" · not connected", Tone.ERROR),
}


def window_view(facts: WindowFacts) -> WindowView:
    """The texts for these facts."""
    badge, badge_tone = _BADGES[facts.service]
    if facts.current is not None:
        suffix, badge_tone = _CHOSEN[facts.current.availability]
        badge = f"{facts.current.label}{suffix}"
    cost = facts.waiting_cost.text(facts.unit)
    queue_line = queue_text(facts.queue, facts.waiting, cost)
    return WindowView(
        badge=badge,
        badge_tone=badge_tone,
        badge_tip="" if facts.current is None else facts.current.reason,
        balance="" if facts.balance is None else format_amount(facts.balance.amount, facts.unit),
        money_tip="" if facts.money is None else money_text(facts.money, facts.unit),
        limit="" if facts.money is None else limit_text(facts.money, facts.unit),
        money="" if facts.money is None else footer_text(facts.money),
        notices=tuple(
            notice._replace(text=with_overrides(notice.text, facts.overrides), key=notice.subject)
            for notice in in_order_of_seriousness(facts.notices)
        ),
        queue_line=queue_line._replace(
            text=with_overrides(queue_line.text, facts.overrides if facts.follows_settings else ())
        ),
        paused=facts.queue.paused,
        pause_text=pause_text(facts.queue, facts.waiting, cost),
        activity="" if facts.activity is None else activity_text(facts.activity, facts.counts.active),
        totals=totals_text(facts.counts),
        undo=facts.undo,
        redo=facts.redo,
        undo_revision=facts.undo_revision,
    )


def activity_text(activity: Activity, active: int) -> str:
    """Such as "3 active · 1 queued     ↓ 8.2 MB/s". `active` jobs are on the Active tab, whether they run or not."""
    text = f"{active} active" if active else "Nothing is active"
    if activity.queued:
        text += f" · {activity.queued} queued"
    elif active and active == activity.active and not activity.running:  # else new ones may run by now
        text += " · none running"
    speed = activity.bytes_per_second
    return f"{text}     ↓ {speed / 1e6:.1f} MB/s" if speed else text


def totals_text(counts: Counts) -> str:
    """Such as "Library 128 videos · 1.1 GB"; empty while there are no finished videos."""
    if not counts.done:
        return ""
    videos = "1 video" if counts.done == 1 else f"{counts.done} videos"
    return f"Library {videos} · {size_text(counts.clip_bytes)}"


class WindowState(QObject):
    """Holds the facts behind the frame of the window and announces each new view."""

    view_changed = Signal(object)  # WindowView
    notice_dismissed = Signal(object)  # Notice

    def __init__(self, facts: WindowFacts | None = None) -> None:
        super().__init__()
        self._facts = facts or WindowFacts()

    @property
    def facts(self) -> WindowFacts:
        return self._facts

    @property
    def view(self) -> WindowView:
        """The view of the facts as they are now."""
        return window_view(self._facts)

    def set_facts(self, facts: WindowFacts) -> None:
        """Replace the facts. The view is announced even if it is equal: a menu item may have to be set back."""
        self._facts = facts
        self.view_changed.emit(self.view)

    def show_notice(self, text: str, tone: Tone, key: str = "") -> None:
        """Show a message in place of the one with that key."""
        self.add_notice(Notice(text, tone, key))

    def add_notice(self, notice: Notice) -> None:
        """Show a notice in place of the one about the same subject."""
        self._set_notices(with_notice(self._facts.notices, notice))

    def find_notice(self, subject: str) -> Notice | None:
        """The notice about this subject that is on the screen."""
        return find_notice(self._facts.notices, subject)

    def end_notice(self, subject: str) -> None:
        """Hide the notice about this subject, if it is there: its cause has gone."""
        if self.find_notice(subject) is not None:
            self._set_notices(without_subject(self._facts.notices, subject))

    def dismiss_notice(self, subject: str) -> None:
        """Hide the notice about this subject, if it is there: the user has read it."""
        notice = self.find_notice(subject)
        if notice is not None:
            self.end_notice(subject)
            self.notice_dismissed.emit(notice)

    def _set_notices(self, notices: Notices) -> None:
        self.set_facts(replace(self._facts, notices=notices))
