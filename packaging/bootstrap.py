#!/usr/bin/env python3
"""Sets the program up in `.venv`, then runs or tests it. Needs Python 3.11 or later and nothing else.

python3 packaging/bootstrap.py run [arguments]   the window on the sandbox; without a screen one clip, made there
python3 packaging/bootstrap.py test              lint, types, all tests, coverage
python3 packaging/bootstrap.py setup             only sets up
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

#: Debian's names for what Qt loads at run time.
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

#: What the tests use besides: a screen without a screen, a hand at the mouse, the fonts of the pictures.
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

NO_TESTS = 5  # pytest's exit status when none was chosen


class SetupFailed(Exception):
    """It cannot go on; the text is a sentence for a person."""


class Machine:
    """The computer as this file sees it. Tests put another in its place."""

    platform = sys.platform
    python = sys.executable
    version: tuple[int, ...] = tuple(sys.version_info[:2])

    def __init__(self) -> None:
        self.environ: Mapping[str, str] = os.environ

    def say(self, text: str) -> None:
        print(text, flush=True)

    def run(self, command: Sequence[str], extra: Mapping[str, str] | None = None, folder: Path | None = None) -> int:
        """Runs with our own input and output; its exit status. Ctrl-C is for the child, which is waited for."""
        with subprocess.Popen(command, cwd=folder, env={**self.environ, **(extra or {})}) as child:
            while True:
                try:
                    return child.wait()
                except KeyboardInterrupt:
                    continue

    def lines(self, command: Sequence[str]) -> Iterable[str | int]:
        """Runs, and yields each line of its output as it comes and at last its exit status."""
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
        """What it prints, or None when it fails or is not there."""
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

    def become(self, command: Sequence[str]) -> int:
        """Runs in our stead, so that signals reach it; comes back on Windows only, with its exit status."""
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
    """Debian's packages: which are missing, and how they come."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def missing(self, wanted: Sequence[str]) -> list[str]:
        """Those of the wanted that are not installed, nor provided by another. Without dpkg: none."""
        listed = self._machine.output(["dpkg-query", "-W", "-f", "${db:Status-Status}|${Package}|${Provides}\n"])
        if listed is None:
            return []
        there: set[str] = set()
        for line in listed.splitlines():
            status, _, names = line.partition("|")
            if status == "installed":
                name, _, provided = names.partition("|")
                there.add(name)
                there.update(entry.split()[0] for entry in provided.split(",") if entry.strip())
        return [name for name in wanted if name not in there]

    def bring(self, wanted: Sequence[str], purpose: str) -> bool:
        """Installs what is missing where it may, else prints the one line that does. True when all is there."""
        missing = self.missing(wanted)
        if not missing:
            return True
        machine = self._machine
        by_hand = f"sudo apt-get install -y --no-install-recommends {' '.join(missing)}"
        start = self._start()
        if start is None:
            machine.say(f"{purpose} needs system packages that are missing. To install them:\n    {by_hand}")
            return False
        machine.say(f"Installing system packages for {purpose}: {' '.join(missing)}")
        install = [*start, "install", "-y", "-qq", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=60"]
        if machine.output([*install, *missing]) is None:
            machine.output([*start, "update", "-qq"])
            if machine.output([*install, *missing]) is None:
                for name in missing:  # one that this release does not know must not keep out the others
                    machine.output([*install, name])
        left = self.missing(missing)
        if left:
            machine.say(f"These could not be installed: {' '.join(left)}. To try by hand:\n    {by_hand}")
        return not left

    def _start(self) -> list[str] | None:
        """How an apt-get that may install begins, or None."""
        if not self._machine.has("apt-get"):
            return None
        quiet = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
        if self._machine.is_root():
            return quiet
        if self._machine.has("sudo") and self._machine.output(["sudo", "-n", "true"]) is not None:
            return ["sudo", "-n", *quiet]
        return None


class Setup:
    """`.venv` with the locked packages, and the system's libraries."""

    def __init__(self, machine: Machine, root: Path = ROOT) -> None:
        self._machine = machine
        self._root = root
        self._venv = root / ".venv"
        self._packages = SystemPackages(machine)

    @property
    def python(self) -> Path:
        """The interpreter in `.venv`."""
        return self._venv / ("Scripts/python.exe" if self._machine.platform == "win32" else "bin/python")

    def ensure(self, purpose: str) -> None:
        """Brings everything for "run" or "test"; does nothing when it is there already. Raises SetupFailed."""
        if self._machine.version < OLDEST_PYTHON:
            have = ".".join(map(str, self._machine.version))
            raise SetupFailed(f"Python 3.11 or later is needed; this is {have}.")
        stamps = self._stamps()
        if self._machine.platform == "linux":
            stamps |= self._bring_system(purpose, stamps.get(f"system-{purpose}", ""))
        if stamps.get(purpose) != self._digest(purpose) or not self.python.exists():
            self._make_venv()
            self._install(purpose)
            stamps["run"] = self._digest("run")  # what the tests need includes what a run needs
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
        """Changes with whatever would make another `.venv`: the locks, the project, its place, its Python."""
        digest = hashlib.sha256(str(self._root).encode())
        for file in (self._lock(purpose), self._root / "pyproject.toml", self._venv / "pyvenv.cfg"):
            digest.update(file.read_bytes() if file.exists() else b"-")
        return digest.hexdigest()

    def _bring_system(self, purpose: str, stamp: str) -> dict[str, str]:
        """The stamp of the system's packages; none when something is still missing."""
        wanted = _system_packages(purpose)
        there = hashlib.sha256(" ".join(wanted).encode()).hexdigest()
        if stamp == there or self._packages.bring(wanted, "Qt" if purpose == "run" else "Qt and the tests"):
            return {f"system-{purpose}": there}
        return {}

    def _lock(self, purpose: str) -> Path:
        return self._root / "packaging" / "locks" / f"{purpose}.txt"

    def _make_venv(self) -> None:
        machine = self._machine
        if self.python.exists() and machine.output([str(self.python), "-m", "pip", "--version"]) is not None:
            return
        probe = [machine.python, "-c", "import venv, ensurepip"]
        if machine.output(probe) is None:
            self._packages.bring(["python3-venv"], "Setting up")
            if machine.output(probe) is None:
                raise SetupFailed(
                    "This Python cannot make a virtual environment. On Debian and Ubuntu this helps:\n"
                    "    sudo apt-get install -y python3-venv"
                )
        machine.say("Making .venv")
        if machine.run([machine.python, "-m", "venv", "--clear", str(self._venv)]):
            raise SetupFailed(f"The virtual environment could not be made in {self._venv}.")

    def _install(self, purpose: str) -> None:
        self._machine.say("Installing the locked packages (a download of some 250 MB, the first time)")
        pip = [str(self.python), "-m", "pip", "-qq", "--disable-pip-version-check", "--no-input", "install"]
        patient = ["--retries", "5", "--timeout", "60"]
        locked = [*pip, *patient, "--require-hashes", "--prefer-binary", "-r", str(self._lock(purpose))]
        for pause in (5.0, 0.0):
            if self._machine.run(locked) == 0:
                break
            if not pause:
                raise SetupFailed("The packages could not be installed; what pip said stands above.")
            self._machine.say("That did not work; trying once more")
            self._machine.wait(pause)
        if self._machine.run([*pip, "--no-deps", "--no-build-isolation", "--no-index", "-e", str(self._root)]):
            raise SetupFailed("The program itself could not be installed; what pip said stands above.")
        # compiled now, so that the first start need not; where it fails, Python compiles as it goes
        self._machine.output([str(self.python), "-m", "compileall", "-q", str(self._root / "sora_desktop")])


def _system_packages(purpose: str) -> tuple[str, ...]:
    return QT_PACKAGES + (TEST_PACKAGES if purpose == "test" else ())


def run(machine: Machine, setup: Setup, arguments: Sequence[str]) -> int:
    """The window on the sandbox; a subcommand if one is given; without a screen one clip."""
    setup.ensure("run")
    program = [str(setup.python), "-m", "sora_desktop"]
    if arguments and not arguments[0].startswith("-"):
        return machine.become([*program, *arguments])
    screen = machine.environ.get("DISPLAY") or machine.environ.get("WAYLAND_DISPLAY")
    if machine.platform == "linux" and not screen:
        return _make_one_clip(machine, [*program, "generate", PROMPT, "--sandbox", "--json", *arguments])
    return machine.become([*program, "--sandbox", *arguments])


def _make_one_clip(machine: Machine, command: Sequence[str]) -> int:
    machine.say("There is no screen here, so one video is made on the sandbox instead of opening the window.")
    machine.say(f"    {PROMPT}")
    status, files, told = 0, [], ""
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
        words = " ".join(str(event[key]) for key in ("phase", "reason") if event.get(key))
        if words and words != told:
            machine.say(f"    {words}")
            told = words
    for file in dict.fromkeys(files):
        machine.say(f"The clip is in {file}")
    if not files:
        machine.say("No clip was made; the reason stands above.")
    return status


def test(machine: Machine, setup: Setup) -> int:
    """All checks, whatever the earlier ones say; 0 when all are content. Ends with pytest's closing line."""
    setup.ensure("test")
    failed: list[str] = []
    status = 0
    for check in CHECKS:
        name = " ".join(check)
        if check == CHECKS[-1] and failed:
            machine.say(f"\nFAILED so far: {', '.join(failed)}")
        machine.say(f"\n== {name}")
        outcome = machine.run([str(setup.python), "-m", *check], {"QT_QPA_PLATFORM": "offscreen"}, ROOT)
        if outcome and not (check == CHECKS[-1] and outcome == NO_TESTS):
            failed.append(name)
            status = status or (outcome if outcome > 0 else 1)
    return status


def main(arguments: list[str], machine: Machine, setup: Setup) -> int:
    """Exit status: 0 well, 1 not set up, 2 not understood, else that of what was run."""
    try:
        if arguments[:1] == ["run"]:
            return run(machine, setup, arguments[1:])
        if arguments == ["test"]:
            return test(machine, setup)
        if arguments == ["setup"]:
            setup.ensure("run")
            machine.say(f"Ready: {setup.python} -m sora_desktop")
            return 0
        machine.say((__doc__ or "").strip())
        return 2
    except SetupFailed as error:
        machine.say(str(error))
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    here = Machine()
    sys.exit(main(sys.argv[1:], here, Setup(here)))
