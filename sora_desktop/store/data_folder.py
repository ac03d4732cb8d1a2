"""Paths inside a data folder. The only module that asks the system where user data belongs."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import appdirs

from sora_desktop.store.errors import StoreError
from sora_desktop.system.path_names import shown
from sora_desktop.system.resources import resources
from sora_desktop.system.writable_folder import folder_problem, obstacle_to

APP = "sora-desktop"
DATA_VARIABLE = "SORA_DESKTOP_DATA"
#: Name of the marker file of a library that is being rebuilt.
REBUILDING = "rebuilding"
STATE_VARIABLE = "SORA_DESKTOP_STATE"
#: Systems that have their own places for user data, which `appdirs` knows.
_WITHOUT_XDG = ("win32", "cygwin", "darwin")


class DataFolder(NamedTuple):
    """The folders and files of one data folder."""

    root: Path
    #: True if the user chose the folder. Its API key is then stored apart from the key of the default folder.
    is_custom: bool = False
    #: Where sent marks are kept, outside `root`; None: nowhere.
    sent_marks: Path | None = None

    @classmethod
    def at(
        cls, data: Path | None, environ: Mapping[str, str] | None = None, platform: str = sys.platform
    ) -> DataFolder:
        """The folder `data`, else SORA_DESKTOP_DATA, else the system's folder for user data; always absolute.

        Raises StoreError if a folder that is named cannot be found out.
        """
        known = os.environ if environ is None else environ
        sent_marks = _state_folder(known, platform) / "sent"
        named = str(data) if data is not None else known.get(DATA_VARIABLE, "").strip()
        if named:
            return cls(_absolute(named, known, platform), is_custom=True, sent_marks=sent_marks)
        return cls(_user_data_folder(known, platform), sent_marks=sent_marks)

    @property
    def database(self) -> Path:
        return self.root / "library.db"

    @property
    def clips(self) -> Path:
        """Folder of the clips unless the settings name another."""
        return self.root / "clips"

    @property
    def images(self) -> Path:
        """Copies of reference images."""
        return self.root / "images"

    @property
    def posters(self) -> Path:
        return self.root / "posters"

    @property
    def model_files(self) -> tuple[Path, ...]:
        """Files that say what the models of engines can do: the user's own first, then those of the program."""
        folders = (self.root / "capabilities", resources() / "capabilities")
        return tuple(file for folder in folders for file in sorted(folder.glob("*.json")))

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def inbox(self) -> Path:
        return self.root / "inbox"

    @property
    def settings_file(self) -> Path:
        return self.root / "settings.json"

    @property
    def draft_file(self) -> Path:
        return self.root / "draft.json"

    @property
    def lock_file(self) -> Path:
        return self.root / "owner.lock"

    @property
    def owner_file(self) -> Path:
        """State that the owner of the folder publishes for other processes."""
        return self.root / "owner.json"

    @property
    def rebuilding(self) -> Path:
        """Marker file: exists while the library is searched for what a lost or restored database does not list."""
        return self.root / REBUILDING

    def prices_file(self, service: str = "") -> Path:
        """The user's price table for a further service; with an empty name, for the first one."""
        return self.root / f"prices{_suffix(service)}.json"

    def key_file(self, service: str = "") -> Path:
        """The API key of a further service, if the user asked for a file; with an empty name, of the first one."""
        return self.root / f"api-key{_suffix(service)}"

    @property
    def has_library(self) -> bool:
        """True if there is a database."""
        try:
            return self.database.exists()
        except OSError:  # a path that the system does not take
            return False

    def require_readable(self) -> None:
        """Raises StoreError if it cannot be found out whether there is a library, such as on a drive that is away."""
        try:
            self.database.stat()
        except FileNotFoundError:
            problem = obstacle_to(self.root)
        except OSError as error:
            problem = obstacle_to(self.root) or error.strerror or str(error)
        else:
            return
        if problem:
            raise StoreError(
                f"The data folder {shown(self.root)} cannot be read ({problem}). Choose another folder with --data."
            )

    def make(self) -> None:
        """Create the folders. Raises StoreError if that fails, or if their name cannot be stored."""
        for folder in (self.root, self.images, self.posters, self.logs, self.inbox):
            if problem := folder_problem(folder):
                raise StoreError(
                    f"The data folder {shown(folder)} cannot be used ({problem}). Choose another folder with --data."
                )


def _state_folder(environ: Mapping[str, str], platform: str) -> Path:
    """SORA_DESKTOP_STATE, else the system's folder for state; beside the data where the system has none of its own."""
    named = environ.get(STATE_VARIABLE, "").strip()
    if named:
        return _absolute(named, environ, platform)
    if platform in _WITHOUT_XDG:  # a state folder of their own would be restored with the data
        return _user_data_folder(environ, platform).with_name(f"{APP}-state")
    return _xdg_folder(environ, "XDG_STATE_HOME", ".local/state") / APP


def _user_data_folder(environ: Mapping[str, str], platform: str) -> Path:
    if platform in _WITHOUT_XDG:
        return Path(appdirs.user_data_dir(APP, appauthor=False)).absolute()
    return _xdg_folder(environ, "XDG_DATA_HOME", ".local/share") / APP


def _xdg_folder(environ: Mapping[str, str], variable: str, below_home: str) -> Path:
    """The folder of the XDG Base Directory Specification, which ignores a variable that is not an absolute path."""
    named = environ.get(variable, "")
    return Path(named) if named.startswith("/") else _home(environ) / below_home


def _home(environ: Mapping[str, str]) -> Path:
    """The user's home folder: HOME, unless it depends on the working directory. Raises StoreError."""
    home = environ.get("HOME", "")
    if home.startswith("/"):
        return Path(home)
    import pwd  # not on Windows

    try:
        return Path(pwd.getpwuid(os.getuid()).pw_dir)
    except KeyError:
        raise StoreError("There is no home folder. Set HOME, or choose a data folder with --data.") from None


def with_home(folder: Path, environ: Mapping[str, str] = os.environ, platform: str = sys.platform) -> Path:
    """The folder with the home folder instead of a "~" in front, which shells leave in `--option=~`.

    Raises StoreError if there is no such home folder.
    """
    if folder.parts[:1] == ("~",) and platform not in _WITHOUT_XDG:
        return _home(environ).joinpath(*folder.parts[1:])
    try:
        return folder.expanduser()
    except RuntimeError:
        raise StoreError(f"The folder {shown(folder)} cannot be found: there is no user {folder.parts[0]}.") from None


def _absolute(named: str, environ: Mapping[str, str], platform: str) -> Path:
    """A folder that the user has named. Raises StoreError."""
    folder = with_home(Path(named), environ, platform)
    try:
        return folder.absolute()
    except FileNotFoundError:
        raise StoreError(
            f"The folder {shown(folder)} cannot be found: the working directory no longer exists. Enter its full path."
        ) from None


def _suffix(service: str) -> str:
    """A file name's ending for a service: "-" and the name, safe on every file system."""
    if not service:
        return ""
    from urllib.parse import quote  # late: only further services need it

    return f"-{quote(service, safe='')}"
