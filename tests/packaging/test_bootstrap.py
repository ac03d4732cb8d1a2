"""Setting up, running and testing from nothing, on a pretended machine."""

from __future__ import annotations

import ast
import importlib.util
import io
import itertools
import json
import os
import signal
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import ModuleType

import pytest

FILE = Path(__file__).parents[2] / "packaging" / "bootstrap.py"


def loaded() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bootstrap", FILE)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


bootstrap = loaded()


class Pretended(bootstrap.Machine):  # type: ignore[misc, name-defined]
    """Remembers what it was asked; makes a `.venv` and installs packages as told."""

    def __init__(self, root: Path, *, platform: str = "linux", packages: Iterable[str] | None = None) -> None:
        super().__init__()
        self.platform = platform
        self.python = "/usr/bin/python3"
        self.version = (3, 11)
        self.environ = {"DISPLAY": ":0"}
        self.root = root
        self.packages = set(bootstrap.QT_PACKAGES if packages is None else packages)
        self.programs = {"apt-get", "sudo"}
        self.sudo = False
        self.root_user = False
        self.unknown: set[str] = set()  # packages that apt-get does not know
        self.needs_venv_package = False
        self.outcomes: dict[str, list[int]] = {}  # exit statuses, by how a word of the command ends
        self.printed: list[str] = []  # what the program prints, line by line
        self.said: list[str] = []
        self.ran: list[list[str]] = []
        self.became: list[str] = []
        self.environments: list[Mapping[str, str]] = []

    def say(self, text: str) -> None:
        self.said.append(text)

    def run(self, command: Sequence[str], extra: Mapping[str, str] | None = None, folder: Path | None = None) -> int:
        self.ran.append(list(command))
        self.environments.append(extra or {})
        if "venv" in command:
            python = self.root / ".venv" / ("Scripts/python.exe" if self.platform == "win32" else "bin/python")
            python.parent.mkdir(parents=True)
            python.touch()
            (self.root / ".venv" / "pyvenv.cfg").write_text("version = 3.11.7\n")
        for word, statuses in self.outcomes.items():
            if any(part.endswith(word) for part in command) and statuses:
                return statuses.pop(0)
        return 0

    def lines(self, command: Sequence[str]) -> Iterable[str | int]:
        self.ran.append(list(command))
        yield from self.printed
        yield 0

    def output(self, command: Sequence[str]) -> str | None:
        words = list(command)
        if words[0] == "dpkg-query":
            return "".join(f"installed|{name}|lib{name}-also (= 1), other-{name}\n" for name in self.packages)
        if words[:2] == ["sudo", "-n"]:
            if not self.sudo:
                return None
            words = words[2:]
        if "install" in words:
            self.ran.append(list(command))
            names = set(itertools.dropwhile(lambda word: word != "DPkg::Lock::Timeout=60", words)) - {words[0]}
            names.discard("DPkg::Lock::Timeout=60")
            if names & self.unknown:
                return None
            self.packages |= names
        if "import venv, ensurepip" in words and self.needs_venv_package and "python3-venv" not in self.packages:
            return None
        return ""

    def become(self, command: Sequence[str]) -> int:
        self.became = list(command)
        return 0

    def has(self, program: str) -> bool:
        return program in self.programs

    def is_root(self) -> bool:
        return self.root_user

    def wait(self, seconds: float) -> None:
        self.said.append(f"waited {seconds:g}")

    def asked_pip(self) -> list[list[str]]:
        return [command for command in self.ran if "pip" in command]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "packaging" / "locks").mkdir(parents=True)
    for purpose in ("run", "test"):
        (tmp_path / "packaging" / "locks" / f"{purpose}.txt").write_text(f"{purpose}==1\n")
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    return tmp_path


def went(machine: Pretended, *arguments: str) -> int:
    machine.ran.clear()
    machine.said.clear()
    status = bootstrap.main(list(arguments), machine, bootstrap.Setup(machine, machine.root))
    assert isinstance(status, int)
    return status


def test_the_first_run_sets_up_and_the_second_only_runs(root: Path) -> None:
    machine = Pretended(root)
    assert went(machine, "run", "--data", "here") == 0
    python = str(root / ".venv/bin/python")
    assert machine.ran[0] == ["/usr/bin/python3", "-m", "venv", "--clear", str(root / ".venv")]
    locked, ours = machine.asked_pip()
    assert locked[0] == python and "--require-hashes" in locked
    assert locked[-2:] == ["-r", str(root / "packaging/locks/run.txt")]
    assert ours[-2:] == ["-e", str(root)] and "--no-deps" in ours
    assert machine.became == [python, "-m", "sora_desktop", "--sandbox", "--data", "here"]
    assert went(machine, "run") == 0
    assert machine.ran == [] and machine.said == []


@pytest.mark.parametrize("changed", ["packaging/locks/run.txt", "pyproject.toml", ".venv/pyvenv.cfg"])
def test_a_change_of_what_it_was_made_from_sets_up_again(root: Path, changed: str) -> None:
    machine = Pretended(root)
    went(machine, "run")
    (root / changed).write_text("something else")
    went(machine, "run")
    assert len(machine.asked_pip()) == 2
    assert not any("venv" in command for command in machine.ran)


def test_tests_install_their_own_lock_once_and_cover_a_run(root: Path) -> None:
    machine = Pretended(root, packages=[*bootstrap.QT_PACKAGES, *bootstrap.TEST_PACKAGES])
    went(machine, "test")
    assert machine.asked_pip()[0][-1].endswith("test.txt")
    went(machine, "test")
    assert machine.asked_pip() == []
    went(machine, "run")
    assert machine.asked_pip() == []


def test_pip_is_asked_twice_and_a_failure_is_not_stamped(root: Path) -> None:
    machine = Pretended(root)
    machine.outcomes = {"run.txt": [1, 1]}
    assert went(machine, "run") == 1
    assert len(machine.asked_pip()) == 2
    assert "could not be installed" in machine.said[-1]
    assert went(machine, "run") == 0
    assert machine.became


def test_an_unbroken_second_try_is_enough(root: Path) -> None:
    machine = Pretended(root)
    machine.outcomes = {"run.txt": [1]}
    assert went(machine, "run") == 0
    assert "waited 5" in machine.said


@pytest.mark.parametrize(("root_user", "start"), [(True, "env"), (False, "sudo")])
def test_missing_libraries_are_installed_where_it_may(root: Path, root_user: bool, start: str) -> None:
    machine = Pretended(root, packages=[name for name in bootstrap.QT_PACKAGES if name != "libegl1"])
    machine.root_user, machine.sudo = root_user, True
    assert went(machine, "run") == 0
    assert machine.ran[0][0] == start and machine.ran[0][-1] == "libegl1"
    assert went(machine, "run") == 0
    assert machine.ran == []


def test_elsewhere_the_one_line_is_printed_and_it_goes_on(root: Path) -> None:
    machine = Pretended(root, packages=[name for name in bootstrap.QT_PACKAGES if name != "libegl1"])
    assert went(machine, "run") == 0
    assert "sudo apt-get install -y --no-install-recommends libegl1" in machine.said[0]
    assert machine.became
    machine.packages.add("libegl1")
    assert went(machine, "run") == 0
    assert machine.said == []


def test_a_package_that_is_not_known_keeps_no_other_out(root: Path) -> None:
    machine = Pretended(root, packages=[])
    machine.root_user, machine.unknown = True, {"libgl1"}
    assert went(machine, "run") == 0
    assert "libegl1" in machine.packages
    assert any("could not be installed: libgl1." in text for text in machine.said)


def test_a_package_may_be_provided_by_another(root: Path) -> None:
    packages = bootstrap.SystemPackages(Pretended(root, packages=["one"]))
    assert packages.missing(["one", "libone-also", "other-one", "two"]) == ["two"]


@pytest.mark.parametrize("may", [True, False])
def test_a_python_without_venv_is_helped_or_told(root: Path, may: bool) -> None:
    machine = Pretended(root)
    machine.needs_venv_package, machine.root_user = True, may
    assert went(machine, "run") == (0 if may else 1)
    assert ("python3-venv" in machine.packages) is may
    if not may:
        assert "sudo apt-get install -y python3-venv" in machine.said[-1]


def test_an_old_python_is_told(root: Path) -> None:
    machine = Pretended(root)
    machine.version = (3, 9)
    assert went(machine, "run") == 1
    assert machine.said == ["Python 3.11 or later is needed; this is 3.9."]
    assert machine.ran == []


def test_an_old_python_can_read_the_file() -> None:
    ast.parse(FILE.read_text("utf-8"), feature_version=(3, 8))


def test_without_a_screen_one_clip_is_made_and_named(root: Path) -> None:
    machine = Pretended(root)
    machine.environ = {}
    machine.printed = [
        '{"job": "1", "phase": "waiting"}\n',
        '{"job": "1", "phase": "rendering", "percent": 40}\n',
        '{"job": "1", "phase": "rendering", "percent": 80}\n',
        "noise\n",
        '{"job": "1", "phase": "ready", "file": "/home/me/Videos/boat.mp4"}\n',
    ]
    assert went(machine, "run", "--data", "here") == 0
    generate = machine.ran[-1]
    assert generate[3:5] == ["generate", bootstrap.PROMPT]
    assert generate[5:] == ["--sandbox", "--json", "--data", "here"]
    assert machine.said[-4:] == [
        "    waiting",
        "    rendering",
        "    ready",
        "The clip is in /home/me/Videos/boat.mp4",
    ]
    assert not machine.became


@pytest.mark.parametrize(("platform", "python"), [("win32", "Scripts/python.exe"), ("darwin", "bin/python")])
def test_elsewhere_there_is_always_a_screen_and_no_apt(root: Path, platform: str, python: str) -> None:
    machine = Pretended(root, platform=platform, packages=[])
    machine.environ = {}
    assert went(machine, "run") == 0
    assert machine.became == [str(root / ".venv" / python), "-m", "sora_desktop", "--sandbox"]
    assert machine.said == ["Making .venv", machine.said[1]]


def test_a_subcommand_is_handed_on_as_it_is(root: Path) -> None:
    machine = Pretended(root)
    went(machine, "run", "list", "--json")
    assert machine.became[1:] == ["-m", "sora_desktop", "list", "--json"]


def test_all_checks_run_offscreen_and_one_failure_decides(root: Path) -> None:
    machine = Pretended(root, packages=[*bootstrap.QT_PACKAGES, *bootstrap.TEST_PACKAGES])
    machine.outcomes = {"mypy": [3]}
    assert went(machine, "test") == 3
    checks = [" ".join(command[2:]) for command in machine.ran[-len(bootstrap.CHECKS) :]]
    assert checks == [
        "ruff check .",
        "ruff format --check .",
        "codespell_lib",
        "vulture",
        "mypy",
        "pytest",
        "pytest --cov --cov-report=term tests/domain tests/jobs",
        "pytest -m slow",
    ]
    assert all(environment == {"QT_QPA_PLATFORM": "offscreen"} for environment in machine.environments[-len(checks) :])
    assert machine.said[-2:] == ["\nFAILED so far: mypy", "\n== pytest -m slow"]


@pytest.mark.parametrize(("outcomes", "status"), [({}, 0), ({"slow": [5]}, 0), ({"slow": [1]}, 1), ({"slow": [-9]}, 1)])
def test_the_status_of_the_checks(root: Path, outcomes: dict[str, list[int]], status: int) -> None:
    machine = Pretended(root, packages=[*bootstrap.QT_PACKAGES, *bootstrap.TEST_PACKAGES])
    machine.outcomes = outcomes
    assert went(machine, "test") == status


@pytest.mark.parametrize("arguments", [[], ["fly"], ["test", "fast"]])
def test_what_is_not_understood_is_answered_with_the_usage(root: Path, arguments: list[str]) -> None:
    machine = Pretended(root)
    assert went(machine, *arguments) == 2
    assert "packaging/bootstrap.py run" in machine.said[0]
    assert machine.ran == []


def test_the_real_machine_runs_and_listens(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    machine = bootstrap.Machine()
    assert (
        machine.run([sys.executable, "-c", "import os; print(os.getcwd(), os.environ['A'])"], {"A": "b"}, tmp_path) == 0
    )
    assert capfd.readouterr().out == f"{tmp_path} b\n"
    assert machine.output([sys.executable, "-c", "print(1)"]) == "1\n"
    assert machine.output([sys.executable, "-c", "raise SystemExit(1)"]) is None
    assert machine.output([str(tmp_path / "nothing")]) is None
    assert list(machine.lines([sys.executable, "-c", "print('ü'); raise SystemExit(4)"])) == ["ü\n", 4]


def test_only_the_standard_library_is_needed() -> None:
    names = {
        (node.module or "") if isinstance(node, ast.ImportFrom) else alias.name
        for node in ast.walk(ast.parse(FILE.read_text("utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert {name.split(".")[0] for name in names} <= sys.stdlib_module_names


def test_every_locked_package_has_hashes_and_tests_lock_what_runs() -> None:
    pins: dict[str, set[str]] = {}
    for purpose in ("run", "test"):
        text = (FILE.parent / "locks" / f"{purpose}.txt").read_text("utf-8").replace("\\\n", " ")
        lines = [line for line in io.StringIO(text) if line.strip() and not line.lstrip().startswith("#")]
        assert all("==" in line and "--hash=sha256:" in line for line in lines)
        pins[purpose] = {line.replace(";", " ").split()[0] for line in lines}
    assert pins["run"] <= pins["test"]
    assert any(pin.startswith("hatchling==") for pin in pins["run"])


def test_the_stamp_is_plain_json(root: Path) -> None:
    went(Pretended(root), "run")
    stamps = json.loads((root / ".venv/sora-desktop-setup.json").read_text())
    assert sorted(stamps) == ["run", "system-run"]


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_an_ending_from_outside_ends_the_one_clip_too() -> None:
    script = "import time; print('at work', flush=True); time.sleep(60)"
    told: list[str | int] = []
    for line in bootstrap.Machine().lines([sys.executable, "-c", script]):
        told.append(line)
        if line == "at work\n":
            os.kill(os.getpid(), signal.SIGTERM)
    assert told == ["at work\n", -signal.SIGTERM]
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
