#!/usr/bin/env python3
"""Set up the program in `.venv`, then run or test it. Needs only Python 3.11 or later.

python3 packaging/bootstrap.py run [arguments]   open the window; without a screen, render one clip in the sandbox
python3 packaging/bootstrap.py test              check lint and types, run all tests, measure coverage
python3 packaging/bootstrap.py setup             set up only

SORA_DESKTOP_VENV names another folder for `.venv`. If this folder cannot be written, the user's cache is used.
"""

from __future__ import annotations

import csv
import fnmatch
import hashlib
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

OLDEST_PYTHON = (3, 11)

PROMPT = "A paper boat drifts down a rain-wet street at dusk, lanterns mirrored in the puddles, slow dolly shot"

#: Debian packages of the libraries that Qt loads at run time.
QT_PACKAGES = (
    "libglib2.0-0",
    "libbrotli1",
    "libgssapi-krb5-2",
    "libegl1",
    "libgl1",
    "libx11-6",
    "libdbus-1-3",
    "libfontconfig1",
    "libfreetype6",
    "libxkbcommon0",
    "libpulse0",
    "libdrm2",
    "libxext6",
    "libxrandr2",
    "libxcb-cursor0",
    "libxcb-icccm4",
    "libxcb-keysyms1",
    "libxcb-shape0",
    "libxcb-xkb1",
    "libxkbcommon-x11-0",
)

#: Further Debian packages for the tests: a virtual screen, simulated input, the buses of the desktop and of screen
#: readers, and the fonts of the screenshots.
TEST_PACKAGES = ("xvfb", "xauth", "xdotool", "dbus-daemon", "at-spi2-core", "fonts-inter", "fonts-noto-core")

#: Options of pytest: each process takes the tests of its share in their order, then some of another's.
ON_ALL_PROCESSORS = ("-n", "auto", "--maxprocesses=4", "--dist=worksteal")

CHECKS = (
    ("ruff", "check", "."),
    ("ruff", "format", "--check", "."),
    ("codespell_lib",),
    ("vulture",),
    ("mypy",),
    ("pytest", *ON_ALL_PROCESSORS, "--ignore=tests/domain", "--ignore=tests/jobs"),
    ("pytest", *ON_ALL_PROCESSORS, "--cov", "--cov-report=term", "tests/domain", "tests/jobs"),  # the other fast tests
    ("pytest", *ON_ALL_PROCESSORS, "-m", "slow"),
)

#: Parts of PySide6 that nothing here loads, half of what is installed: patterns of a file or folder in its wheels,
#: in lower case. The FFmpeg plugin links Qt Quick and Qml, so those libraries stay.
UNUSED_QT = (
    "*webengine*",
    "icudtl.dat",
    "v8_context_snapshot*",
    "qml",
    "metatypes",
    "typesystems",
    "include",
    "*qt*3d*",
    "*qt*designer*",
    "*qt*pdf*",
    "*qt*charts*",
    "*qt*graphs*",
    "*qt*datavisualization*",
    "*qt*location*",
    "*qt*quickcontrols2*",
    "*qt*quickdialogs2*",
    "*qt*labsstylekit*",
    "*qt*wayland*compositor*",
    # plugins of these parts
    "assetimporters",
    "designer",
    "geometryloaders",
    "geoservices",
    "libqpdf*",
    "qpdf*",
    "renderers",
    "renderplugins",
    "sceneparsers",
    "wayland-graphics-integration-server",
    "webview",
)

#: Loads what the window and the player load, plugins too, and fails with the name of a missing system library.
LOAD_QT = """
import ctypes, pathlib, PySide6
from PySide6 import QtMultimedia, QtWidgets
for name in ("libqxcb.so", "libffmpegmediaplugin.so"):
    for file in pathlib.Path(PySide6.__file__).parent.glob("Qt/plugins/*/" + name):
        ctypes.CDLL(str(file))
"""

#: Prints why no window can be opened; nothing if one can.
FIND_SCREEN = """
import os
from sora_desktop.system.display import screen_problem
print(screen_problem(os.environ))
"""

#: What the phases of a video are called for someone who sees them for the first time.
PROGRESS = {
    "waiting": "Waiting for its turn",
    "unconfirmed": "Sending the request",
    "rendering": "Rendering",
    "saving": "Saving the clip",
    "ready": "Ready",
}

NO_TESTS = 5  # pytest's exit status if no test was selected


class SetupFailed(Exception):
    """The setup cannot go on. The message is shown to the user."""


class Machine:
    """Access to the operating system. Tests replace it with a fake."""

    platform = sys.platform
    python = sys.executable
    version: tuple[int, ...] = tuple(sys.version_info[:2])

    def __init__(self) -> None:
        self.environ: Mapping[str, str] = os.environ

    def print(self, text: str) -> None:
        print(text, flush=True)

    def run(self, command: Sequence[str], extra: Mapping[str, str] | None = None, folder: Path | None = None) -> int:
        """Run a command with this process's input and output. Returns the exit status. The command handles Ctrl-C."""
        with subprocess.Popen(command, cwd=folder, env={**self.environ, **(extra or {})}) as child:
            while True:
                try:
                    return child.wait()
                except KeyboardInterrupt:
                    continue

    def lines(self, command: Sequence[str]) -> Iterable[str | int]:
        """Run a command. Yields each line of its output at once, and finally the exit status."""
        env = {**self.environ, "PYTHONIOENCODING": "utf-8"}
        with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, encoding="utf-8", errors="replace") as child:
            assert child.stdout is not None
            before = signal.signal(signal.SIGTERM, lambda *_: child.terminate())
            try:
                yield from child.stdout
            finally:
                signal.signal(signal.SIGTERM, before)
        yield child.returncode

    def output(self, command: Sequence[str]) -> str | None:
        """The output of a command; None if it fails or does not exist."""
        try:
            done = _completed(command)
        except OSError:
            return None
        return done.stdout if done.returncode == 0 else None

    def error(self, command: Sequence[str]) -> str:
        """The last line that a failing command writes to standard error; empty if the command succeeds."""
        done = _completed(command)
        lines = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
        return lines[-1] if done.returncode else ""

    def can_write(self, folder: Path) -> bool:
        """True if this user may create files in the folder."""
        return os.access(folder, os.W_OK)

    def cache(self) -> Path:
        """The folder for this user's caches."""
        if self.platform == "win32":
            return Path(self.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
        if self.platform == "darwin":
            return Path.home() / "Library" / "Caches"
        named = Path(self.environ.get("XDG_CACHE_HOME", ""))
        return named if named.is_absolute() else Path.home() / ".cache"

    def replace_process(self, command: Sequence[str]) -> int:
        """Replace this process by a command, which then gets all signals. Returns on Windows only: the exit status."""
        if self.platform == "win32":
            return self.run(command)
        sys.stdout.flush()
        return os.execve(command[0], list(command), dict(self.environ))

    def has(self, program: str) -> bool:
        return shutil.which(program) is not None

    def is_root(self) -> bool:
        return self.platform != "win32" and os.geteuid() == 0

    def wait(self, seconds: float) -> None:
        time.sleep(seconds)


def _completed(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", errors="replace")


class SystemPackages:
    """Finds and installs missing Debian packages."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def missing(self, wanted: Sequence[str]) -> list[str]:
        """The wanted packages that are neither installed nor provided by another package. Without dpkg: none."""
        listed = self._machine.output(["dpkg-query", "-W", "-f", "${db:Status-Status}|${Package}|${Provides}\n"])
        if listed is None:
            return []
        installed: set[str] = set()
        for line in listed.splitlines():
            status, _, names = line.partition("|")
            if status == "installed":
                name, _, provided = names.partition("|")
                installed.add(name)
                installed.update(entry.split()[0] for entry in provided.split(",") if entry.strip())
        return [name for name in wanted if name not in installed]

    def install(self, wanted: Sequence[str], purpose: str) -> bool:
        """Install missing packages if permitted, else print the command that does. True if none is missing any more."""
        missing = self.missing(wanted)
        if not missing:
            return True
        machine = self._machine
        command = self.command_for(missing)
        apt_get = self._apt_get()
        if apt_get is None:
            machine.print(
                f"{purpose} needs system packages that are not installed. To install them, run:\n    {command}"
            )
            return False
        machine.print(f"Installing system packages for {purpose}: {' '.join(missing)}")
        install = [*apt_get, "install", "-y", "-qq", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=60"]
        if machine.output([*install, *missing]) is None:
            machine.output([*apt_get, "update", "-qq"])
            if machine.output([*install, *missing]) is None:
                for name in missing:  # a name that this release does not know must not block the others
                    machine.output([*install, name])
        left = self.missing(missing)
        if left:
            machine.print(f"These packages could not be installed: {' '.join(left)}. To try again, run:\n    {command}")
        return not left

    def command_for(self, names: Sequence[str]) -> str:
        """One line for a shell that installs the packages, as root or with what this machine has to become root."""
        command = f"apt-get update && apt-get install -y --no-install-recommends {' '.join(names)}"
        if self._machine.is_root():
            return command
        return f"{'sudo sh' if self._machine.has('sudo') else 'su'} -c '{command}'"

    def _apt_get(self) -> list[str] | None:
        """The command prefix of an apt-get that is permitted to install; None if there is none."""
        if not self._machine.has("apt-get"):
            return None
        apt_get = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
        if self._machine.is_root():
            return apt_get
        if self._machine.has("sudo") and self._machine.output(["sudo", "-n", "true"]) is not None:
            return ["sudo", "-n", *apt_get]
        return None


class Setup:
    """Creates `.venv` with the locked packages, and installs system libraries."""

    def __init__(self, machine: Machine, root: Path = ROOT) -> None:
        self._machine = machine
        self._root = root
        self._may_write = machine.can_write(root)
        self._venv = self._choose_venv()
        self._packages = SystemPackages(machine)

    def _choose_venv(self) -> Path:
        if named := self._machine.environ.get("SORA_DESKTOP_VENV"):
            return Path(named).expanduser().absolute()
        if self._may_write:
            return self._root / ".venv"
        return (
            self._machine.cache() / "sora-desktop" / f"venv-{hashlib.sha256(str(self._root).encode()).hexdigest()[:8]}"
        )

    @property
    def python(self) -> Path:
        """The Python interpreter in `.venv`."""
        return self._venv / ("Scripts/python.exe" if self._machine.platform == "win32" else "bin/python")

    @property
    def command(self) -> Path:
        """The program's command in `.venv`."""
        return self.python.with_name("sora-desktop.exe" if self._machine.platform == "win32" else "sora-desktop")

    @property
    def typed_command(self) -> str:
        """The command as the user types it in a shell."""
        command = str(self.command)
        if self._machine.platform == "win32":
            return f'"{command}"' if " " in command else command
        return shlex.quote(command)

    @property
    def caches(self) -> dict[str, str]:
        """Environment variables for the checks; those of a folder that cannot be written keep caches in `.venv`."""
        if self._may_write:
            return {}
        return {
            "RUFF_CACHE_DIR": str(self._venv / "ruff"),
            "MYPY_CACHE_DIR": str(self._venv / "mypy"),
            "COVERAGE_FILE": str(self._venv / "coverage"),
            "HYPOTHESIS_STORAGE_DIRECTORY": str(self._venv / "hypothesis"),
            "PYTEST_ADDOPTS": f"-o cache_dir={shlex.quote(str(self._venv / 'pytest'))}",
        }

    def ensure(self, purpose: str) -> bool:
        """Install everything for "run" or "test" that is not installed yet. False if a system package is missing.

        Raises SetupFailed.
        """
        if self._machine.version < OLDEST_PYTHON:
            found = ".".join(map(str, self._machine.version))
            raise SetupFailed(f"Python 3.11 or later is required; this is Python {found}.")
        stamps = self._stamps()
        if self._machine.platform == "linux":
            stamps |= self._install_system_packages(purpose, stamps.get(f"system-{purpose}", ""))
        if stamps.get(purpose) != self._digest(purpose) or not self.python.exists():
            self._make_venv()
            self._install(purpose)
            stamps["run"] = self._digest("run")  # the packages for tests include those for a run
            if purpose == "test":
                stamps["test"] = self._digest("test")
            else:
                stamps.pop("test", None)
        if stamps != self._stamps():
            self._stamp_file.write_text(json.dumps(stamps, indent=1) + "\n", "utf-8")
        return self._machine.platform != "linux" or f"system-{purpose}" in stamps

    def check(self) -> bool:
        """Set up, then load Qt. Prints what is missing, and returns True if nothing is. Raises SetupFailed."""
        if not self.ensure("run"):
            return False
        error = self._machine.error([str(self.python), "-c", LOAD_QT])
        if error:
            self._machine.print(f"Qt cannot be loaded: {error}\nInstall the system library that is named here.")
        return not error

    @property
    def _stamp_file(self) -> Path:
        return self._venv / "sora-desktop-setup.json"

    def _stamps(self) -> dict[str, str]:
        try:
            found = json.loads(self._stamp_file.read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}

    def _digest(self, purpose: str) -> str:
        """A digest of all that `.venv` depends on: the lock, the project, its path, its Python, and what is deleted."""
        digest = hashlib.sha256(repr((str(self._root), UNUSED_QT)).encode())
        files = [self._lock(purpose), self._root / "pyproject.toml", self._venv / "pyvenv.cfg"]
        if not self._may_write:  # the program is copied
            files += sorted(file for part in ("sora_desktop", "resources") for file in (self._root / part).rglob("*.*"))
        for file in files:
            digest.update(file.read_bytes() if file.is_file() else b"-")
        return digest.hexdigest()

    def _install_system_packages(self, purpose: str, stamp: str) -> dict[str, str]:
        """The stamp of the system packages; empty if some are still missing."""
        wanted = _system_packages(purpose)
        digest = hashlib.sha256(" ".join(wanted).encode()).hexdigest()
        if stamp == digest or self._packages.install(wanted, "Qt" if purpose == "run" else "Qt and the tests"):
            return {f"system-{purpose}": digest}
        return {}

    def _lock(self, purpose: str) -> Path:
        return self._root / "packaging" / "locks" / f"{purpose}.txt"

    def _make_venv(self) -> None:
        machine = self._machine
        if self.python.exists() and machine.output([str(self.python), "-m", "pip", "--version"]) is not None:
            return
        if self._venv.is_dir() and any(self._venv.iterdir()) and not (self._venv / "pyvenv.cfg").exists():
            raise SetupFailed(f"{self._venv} is not empty and not a virtual environment. Name another folder for it.")
        probe = [machine.python, "-c", "import venv, ensurepip"]
        if machine.output(probe) is None:
            self._packages.install(["python3-venv"], "The setup")
            if machine.output(probe) is None:
                raise SetupFailed(
                    "This Python cannot create a virtual environment. On Debian and Ubuntu, run:\n"
                    f"    {self._packages.command_for(['python3-venv'])}"
                )
        machine.print(f"Creating {self._venv}")
        if machine.run([machine.python, "-m", "venv", "--clear", str(self._venv)]):
            raise SetupFailed(
                f"The virtual environment {self._venv} could not be created. Name another folder in SORA_DESKTOP_VENV."
            )

    def _install(self, purpose: str) -> None:
        self._machine.print("Installing the locked packages (about 250 MB to download the first time)")
        pip = [str(self.python), "-m", "pip", "-qq", "--disable-pip-version-check", "--no-input", "install"]
        retries = ["--retries", "5", "--timeout", "60"]
        locked = [*pip, *retries, "--require-hashes", "--prefer-binary", "-r", str(self._lock(purpose))]
        for pause in (5.0, 0.0):
            if self._machine.run(locked) == 0:
                break
            if not pause:
                raise SetupFailed("The packages could not be installed. See the output of pip above.")
            self._machine.print("The installation failed. Trying once more.")
            self._machine.wait(pause)
        project = ["-e", str(self._root)] if self._may_write else ["--force-reinstall", str(self._root)]
        if self._machine.run([*pip, "--no-deps", "--no-build-isolation", "--no-index", *project]):
            raise SetupFailed("The program itself could not be installed. See the output of pip above.")
        self._remove_unused_qt()
        # makes the first start faster; if it fails, Python compiles when it imports
        self._machine.output([str(self.python), "-m", "compileall", "-q", str(self._root / "sora_desktop")])

    def _remove_unused_qt(self) -> None:
        """Delete the parts of PySide6 that nothing here uses. pip goes on to check, upgrade and remove the rest."""
        where = self._machine.output([str(self.python), "-c", "import sysconfig; print(sysconfig.get_path('platlib'))"])
        if where and where.strip():
            for record in Path(where.strip()).glob("[pP]y[sS]ide6_*.dist-info/RECORD"):
                remove_unused_qt(record)


def is_unused_qt(file: Path) -> bool:
    """True if a file of PySide6 is not needed. `file`: its path below site-packages."""
    package, *parts = file.parts
    return package == "PySide6" and any(fnmatch.fnmatch(part.lower(), name) for part in parts for name in UNUSED_QT)


def remove_unused_qt(record: Path) -> None:
    """Delete the files of a wheel that are not needed. `record`: the wheel's list of files, in site-packages."""
    site_packages = record.parents[1]
    for file, *_ in csv.reader(record.read_text("utf-8").splitlines()):
        if is_unused_qt(Path(file)):
            (site_packages / file).unlink(missing_ok=True)


def _system_packages(purpose: str) -> tuple[str, ...]:
    return QT_PACKAGES + (TEST_PACKAGES if purpose == "test" else ())


def run(machine: Machine, setup: Setup, arguments: Sequence[str]) -> int:
    """Open the window, or run the given command. Without a screen, render one clip in the sandbox."""
    setup.ensure("run")
    program = [str(setup.python), "-P", "-m", "sora_desktop"]
    if arguments and not arguments[0].startswith("-"):
        return machine.replace_process([*program, *arguments])
    problem = _screen_problem(machine, setup)
    if not problem:
        return machine.replace_process([*program, *arguments])  # without a key, the window uses the sandbox
    machine.print(problem)
    sandbox = [] if "--sandbox" in arguments else ["--sandbox"]
    return _render_one_clip(machine, [*program, "generate", PROMPT, *sandbox, "--json", *arguments])


def _screen_problem(machine: Machine, setup: Setup) -> str:
    """Why no window can be opened; empty if one can."""
    if machine.platform != "linux":
        return ""
    if not (machine.environ.get("DISPLAY") or machine.environ.get("WAYLAND_DISPLAY")):
        return "There is no screen for the window."
    problem = machine.output([str(setup.python), "-P", "-c", FIND_SCREEN]) or ""
    return problem.strip().replace("`sora-desktop ", f"`{setup.typed_command} ")


def _render_one_clip(machine: Machine, command: Sequence[str]) -> int:
    """Render in the sandbox only: this run was not asked for by a click beside a price."""
    machine.print(
        "Rendering one video in the sandbox instead: on this machine, at no cost, without an API key. The prompt:"
    )
    machine.print(f"    {PROMPT}")
    status, files, last = 0, [], ""
    for line in machine.lines(command):
        if isinstance(line, int):
            status = line
            continue
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if not isinstance(event, dict):
            continue
        if event.get("file"):
            files.append(str(event["file"]))
        phase = str(event.get("phase", ""))
        text = str(event.get("reason") or PROGRESS.get(phase, phase.capitalize()))
        if text and text != last:
            machine.print(f"    {text}")
            last = text
    for file in dict.fromkeys(files):
        machine.print(f"Clip saved to {file}")
    if not files:
        machine.print("No clip was saved. See the reason above.")
    return status


def test(machine: Machine, setup: Setup) -> int:
    """Run all checks, also after failures. Returns 0 if all pass. The output ends with pytest's summary."""
    setup.ensure("test")
    failed: list[str] = []
    status = 0
    for check in CHECKS:
        name = " ".join(check)
        if check == CHECKS[-1] and failed:
            machine.print(f"\nFAILED so far: {', '.join(failed)}")
        machine.print(f"\n== {name}")
        environ = {"QT_QPA_PLATFORM": "offscreen", **setup.caches}
        outcome = machine.run([str(setup.python), "-m", *check], environ, ROOT)
        if outcome and not (check == CHECKS[-1] and outcome == NO_TESTS):
            failed.append(name)
            status = status or (outcome if outcome > 0 else 1)
    return status


def main(arguments: list[str], machine: Machine, setup: Setup) -> int:
    """Run the program. Exit status: 0 success, 1 setup failed, 2 invalid arguments, else that of the command."""
    try:
        if arguments[:1] == ["run"]:
            return run(machine, setup, arguments[1:])
        if arguments == ["test"]:
            return test(machine, setup)
        if arguments == ["setup"]:
            if not setup.check():
                machine.print("The program is not ready. Install what is missing, then run this again.")
                return 1
            machine.print(f"Ready. To start the program, run:\n    {setup.typed_command}")
            return 0
        machine.print((__doc__ or "").strip())
        return 2
    except SetupFailed as error:
        machine.print(str(error))
        return 1
    except OSError as error:
        where = f"{error.filename} cannot be used" if error.filename else "The setup stopped"
        machine.print(
            f"{where} ({error.strerror or error}). If that is the folder of the environment, name another one in "
            "SORA_DESKTOP_VENV."
        )
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    here = Machine()
    sys.exit(main(sys.argv[1:], here, Setup(here)))
