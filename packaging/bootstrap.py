#!/usr/bin/env python3
"""Set up the program in `.venv`, then run or test it. Needs only Python 3.11 or later.

python3 packaging/bootstrap.py run [arguments]   open the window with the sandbox; without a screen, render one clip
python3 packaging/bootstrap.py test              check lint and types, run all tests, measure coverage
python3 packaging/bootstrap.py setup             set up only
"""

from __future__ import annotations

import hashlib
import json
import os
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

#: Further Debian packages for the tests: a virtual screen, simulated input, and the fonts of the screenshots.
TEST_PACKAGES = ("xvfb", "xauth", "xdotool", "fonts-inter", "fonts-noto-core")

CHECKS = (
    ("ruff", "check", "."),
    ("ruff", "format", "--check", "."),
    ("codespell_lib",),
    ("vulture",),
    ("mypy",),
    ("pytest",),
    ("pytest", "--cov", "--cov-report=term", "tests/domain", "tests/jobs"),
    ("pytest", "-m", "slow"),
)

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
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
        except OSError:
            return None
        return done.stdout if done.returncode == 0 else None

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
        command = f"sudo apt-get install -y --no-install-recommends {' '.join(missing)}"
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
        self._venv = root / ".venv"
        self._packages = SystemPackages(machine)

    @property
    def python(self) -> Path:
        """The Python interpreter in `.venv`."""
        return self._venv / ("Scripts/python.exe" if self._machine.platform == "win32" else "bin/python")

    def ensure(self, purpose: str) -> None:
        """Install everything for "run" or "test" that is not installed yet. Raises SetupFailed."""
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
        """A digest of everything that `.venv` depends on: the lock, the project, its path, its Python."""
        digest = hashlib.sha256(str(self._root).encode())
        for file in (self._lock(purpose), self._root / "pyproject.toml", self._venv / "pyvenv.cfg"):
            digest.update(file.read_bytes() if file.exists() else b"-")
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
        probe = [machine.python, "-c", "import venv, ensurepip"]
        if machine.output(probe) is None:
            self._packages.install(["python3-venv"], "The setup")
            if machine.output(probe) is None:
                raise SetupFailed(
                    "This Python cannot create a virtual environment. On Debian and Ubuntu, run:\n"
                    "    sudo apt-get install -y python3-venv"
                )
        machine.print("Creating .venv")
        if machine.run([machine.python, "-m", "venv", "--clear", str(self._venv)]):
            raise SetupFailed(f"The virtual environment {self._venv} could not be created.")

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
        if self._machine.run([*pip, "--no-deps", "--no-build-isolation", "--no-index", "-e", str(self._root)]):
            raise SetupFailed("The program itself could not be installed. See the output of pip above.")
        # makes the first start faster; if it fails, Python compiles when it imports
        self._machine.output([str(self.python), "-m", "compileall", "-q", str(self._root / "sora_desktop")])


def _system_packages(purpose: str) -> tuple[str, ...]:
    return QT_PACKAGES + (TEST_PACKAGES if purpose == "test" else ())


def run(machine: Machine, setup: Setup, arguments: Sequence[str]) -> int:
    """Open the window with the sandbox, or run the given command. Without a screen, render one clip."""
    setup.ensure("run")
    program = [str(setup.python), "-m", "sora_desktop"]
    if arguments and not arguments[0].startswith("-"):
        return machine.replace_process([*program, *arguments])
    screen = machine.environ.get("DISPLAY") or machine.environ.get("WAYLAND_DISPLAY")
    if machine.platform == "linux" and not screen:
        return _render_one_clip(machine, [*program, "generate", PROMPT, "--sandbox", "--json", *arguments])
    return machine.replace_process([*program, "--sandbox", *arguments])


def _render_one_clip(machine: Machine, command: Sequence[str]) -> int:
    machine.print("There is no screen for the window. Rendering one video in the sandbox instead:")
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
        text = " ".join(str(event[key]) for key in ("phase", "reason") if event.get(key))
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
        outcome = machine.run([str(setup.python), "-m", *check], {"QT_QPA_PLATFORM": "offscreen"}, ROOT)
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
            setup.ensure("run")
            machine.print(f"Ready: {setup.python} -m sora_desktop")
            return 0
        machine.print((__doc__ or "").strip())
        return 2
    except SetupFailed as error:
        machine.print(str(error))
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    here = Machine()
    sys.exit(main(sys.argv[1:], here, Setup(here)))
