"""What is known about one configured service while the program runs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sora_desktop.domain.capabilities import Capabilities
from sora_desktop.domain.money import Balance


class Availability(StrEnum):
    """Whether a service can be used."""

    ONLINE = "online"
    CONNECTING = "connecting"
    OFFLINE = "offline"  # it does not answer, or not as it should. It is tried again without the user
    NOT_CONNECTED = "not connected"  # its lane is closed: its jobs wait on disk


@dataclass(frozen=True, slots=True)
class ServiceState:
    """One service as the screen and the command line show it."""

    name: str  # stored with its jobs
    label: str  # for the user
    dialect: str
    profile: str  # the kind of server, as the user chose it or as it was found; empty: not known
    urls: tuple[str, ...]  # none for the sandbox
    availability: Availability
    reason: str  # why the service cannot be used and what to do, as sentences for the user; empty if it can
    capabilities: Capabilities | None  # None: this version does not speak its protocol
    bills: bool  # it has a balance
    balance: Balance | None  # None: not known, or the service has none
    is_default: bool  # used unless the user chooses another
    is_current: bool  # shown on the screen
    notice: str = ""  # which of its addresses are several engines without a common memory, as sentences
