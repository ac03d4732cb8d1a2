"""The user's settings, in one readable file."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path

import msgspec

from sora_desktop.domain.amounts import NotAnAmount, parse_amount
from sora_desktop.domain.service_config import ServiceConfig
from sora_desktop.store.codec import to_text, value_from_text
from sora_desktop.store.files import move_damaged_aside, write_atomically

#: The live service. Source: its reference pages.
BASE_URL = "https://soravideo.art/api/v1"


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting except the API keys. The first service is described by fields of its own."""

    base_url: str = BASE_URL
    clips_folder: Path | None = None  # None: in the data folder
    jobs_at_once: int = 3
    theme: str = "system"  # or "light", "dark", "contrast-light", "contrast-dark"
    volume: float = 0.8  # 0-1
    loop: bool = True
    window: str = ""  # geometry and columns, base64
    spending_limit: Decimal | None = None  # per day, in the service's unit; None: no limit
    paused: bool = False  # of all services
    ask_before_closing: bool = True  # while videos are in progress
    notify: bool = True  # on the desktop, while the window is not in front
    greet_in_sandbox: bool = True  # until the user has dismissed the greeting
    more_services: tuple[ServiceConfig, ...] = ()  # besides the first
    default_service: str = ""  # name of the service that is used unless another is chosen; empty: the first
    open_clip: str = ""  # id of the job whose clip was open when the window was closed
    open_frame: int = 0  # number of the frame that was shown
    export_folder: Path | None = None  # where the user saved a file last; None: nowhere yet
    #: By id of an action: its keys where they are not the default, such as "Space; K". Empty: none.
    keys: dict[str, str] = field(default_factory=dict)
    last_actions: tuple[str, ...] = ()  # ids of those that the palette has run last, the latest first
    compare_table: float | None = None  # 0-1, of the height of compared clips and their table; None: as it suits


#: Fields that have another name in the file.
_STORED_FIELDS = {Settings: {"clips_folder": "library_folder", "spending_limit": "daily_cap"}}


#: Higher numbers mean the same, and do not fit into a control.
MOST_JOBS_AT_ONCE = 1000


class SettingsFile:
    """Loads and saves the settings. A damaged file is set aside, and the defaults are used."""

    def __init__(self, file: Path) -> None:
        self._file = file
        #: Why defaults are used although there is a file, in a sentence; empty if nothing is wrong.
        self.warning = ""

    def load(self) -> Settings:
        """The settings, or the defaults; `warning` then says why."""
        self.warning = ""
        try:
            return _read(self._file)
        except FileNotFoundError:
            return Settings()
        except (msgspec.MsgspecError, UnicodeError):
            aside = move_damaged_aside(self._file, "settings")
            self.warning = f"{aside} Default settings are used, without a daily spending limit."
            return Settings()
        except OSError as error:
            reason = error.strerror or error
            self.warning = f"The settings in {self._file} cannot be read ({reason}). Default settings are used."
            return Settings()

    def is_paused(self) -> bool:
        """Whether the queue is paused, for processes that do not own the data folder.

        True if the file is damaged: the owner will set the file aside and pause the queue.
        """
        try:
            return _read(self._file).paused
        except FileNotFoundError:
            return False
        except (msgspec.MsgspecError, UnicodeError, OSError):
            return True

    def peek(self) -> Settings:
        """The settings, for processes that do not own the data folder; the defaults if they cannot be read."""
        try:
            return _read(self._file)
        except (msgspec.MsgspecError, UnicodeError, OSError):
            return Settings()

    def save(self, settings: Settings) -> None:
        """Replace the file in one step. Raises OSError."""
        write_atomically(self._file, msgspec.json.format(to_text(settings, _STORED_FIELDS).encode(), indent=2))


def _read(file: Path) -> Settings:
    """Raises OSError, and msgspec.MsgspecError or UnicodeError for a damaged file."""
    settings = value_from_text(file.read_bytes(), Settings, _STORED_FIELDS)
    for limit in (settings.spending_limit, *(service.spending_limit for service in settings.more_services)):
        if limit is not None and not _is_limit(limit):
            raise msgspec.ValidationError("a daily spending limit is not an amount")
    return replace(
        settings,
        clips_folder=_clips_folder(settings.clips_folder, file.parent),
        jobs_at_once=_jobs_at_once(settings.jobs_at_once),
        more_services=tuple(
            replace(service, jobs_at_once=_jobs_at_once(service.jobs_at_once)) for service in settings.more_services
        ),
        volume=min(max(settings.volume, 0.0), 1.0),
        compare_table=None if settings.compare_table is None else min(max(settings.compare_table, 0.0), 1.0),
    )


def _jobs_at_once(number: int) -> int:
    return min(max(number, 1), MOST_JOBS_AT_ONCE)


def _clips_folder(folder: Path | None, data_folder: Path) -> Path | None:
    """The folder as it was written by hand: never relative to the working directory, which changes."""
    if folder is None or folder == Path():
        return None
    with suppress(RuntimeError):  # no such user
        folder = folder.expanduser()
    return data_folder.absolute() / folder


def _is_limit(limit: Decimal) -> bool:
    """True for an amount that can be read in one way: 1.200 may have been meant as 1200."""
    try:
        return parse_amount(str(limit)) == limit
    except NotAnAmount:
        return False
