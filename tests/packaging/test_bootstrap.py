"""bootstrap.py sets up, runs and tests the program, on a fake machine."""

from __future__ import annotations

import ast
import importlib.util
import io
import itertools
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import ModuleType

import pytest

from sora_desktop.domain.job import Ready, Rendering, Saving, Unconfirmed, Waiting

FILE = Path(__file__).parents[2] / "packaging" / "bootstrap.py"


def load_bootstrap() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bootstrap", FILE)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


bootstrap = load_bootstrap()


class FakeMachine(bootstrap.Machine):  # type: ignore[misc, name-defined]
    """Records commands; creates `.venv` and installs packages as commands ask for it."""

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
        self.outcomes: dict[str, list[int]] = {}  # exit statuses, by the ending of an argument
        self.printed: list[str] = []  # output of the program, by line
        self.messages: list[str] = []
        self.ran: list[list[str]] = []
        self.replaced_by: list[str] = []
        self.read_only = False
        self.screen_problem = ""
        self.qt_error = ""
        self.environments: list[Mapping[str, str]] = []

    def print(self, text: str) -> None:
        self.messages.append(text)

    def run(self, command: Sequence[str], extra: Mapping[str, str] | None = None, folder: Path | None = None) -> int:
        self.ran.append(list(command))
        self.environments.append(extra or {})
        if "venv" in command:
            venv = Path(command[-1])
            python = venv / ("Scripts/python.exe" if self.platform == "win32" else "bin/python")
            python.parent.mkdir(parents=True, exist_ok=True)
            python.touch()
            (venv / "pyvenv.cfg").write_text("version = 3.11.7\n")
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
        if bootstrap.FIND_SCREEN in words:
            return f"{self.screen_problem}\n"
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

    def error(self, command: Sequence[str]) -> str:
        return self.qt_error

    def can_write(self, folder: Path) -> bool:
        return not self.read_only

    def cache(self) -> Path:
        return self.root / "cache"

    def replace_process(self, command: Sequence[str]) -> int:
        self.replaced_by = list(command)
        return 0

    def has(self, program: str) -> bool:
        return program in self.programs

    def is_root(self) -> bool:
        return self.root_user

    def wait(self, seconds: float) -> None:
        self.messages.append(f"waited {seconds:g}")

    def pip_commands(self) -> list[list[str]]:
        return [command for command in self.ran if "pip" in command]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "packaging" / "locks").mkdir(parents=True)
    for purpose in ("run", "test"):
        (tmp_path / "packaging" / "locks" / f"{purpose}.txt").write_text(f"{purpose}==1\n")
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    return tmp_path


def bootstrap_main(machine: FakeMachine, *arguments: str) -> int:
    machine.ran.clear()
    machine.messages.clear()
    status = bootstrap.main(list(arguments), machine, bootstrap.Setup(machine, machine.root))
    assert isinstance(status, int)
    return status


def test_the_first_run_sets_up_and_the_second_only_runs(root: Path) -> None:
    machine = FakeMachine(root)
    assert bootstrap_main(machine, "run", "--data", "here") == 0
    python = str(root / ".venv/bin/python")
    assert machine.ran[0] == ["/usr/bin/python3", "-m", "venv", "--clear", str(root / ".venv")]
    locked, project = machine.pip_commands()
    assert locked[0] == python and "--require-hashes" in locked
    assert locked[-2:] == ["-r", str(root / "packaging/locks/run.txt")]
    assert project[-2:] == ["-e", str(root)] and "--no-deps" in project
    assert machine.replaced_by == [python, "-P", "-m", "sora_desktop", "--data", "here"]
    assert bootstrap_main(machine, "run") == 0
    assert machine.ran == [] and machine.messages == []


@pytest.mark.parametrize("changed", ["packaging/locks/run.txt", "pyproject.toml", ".venv/pyvenv.cfg"])
def test_a_changed_input_sets_up_again(root: Path, changed: str) -> None:
    machine = FakeMachine(root)
    bootstrap_main(machine, "run")
    (root / changed).write_text("something else")
    bootstrap_main(machine, "run")
    assert len(machine.pip_commands()) == 2
    assert not any("venv" in command for command in machine.ran)


def test_an_environment_of_an_older_version_loses_its_unused_parts(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = FakeMachine(root)
    bootstrap_main(machine, "run")
    monkeypatch.setattr(bootstrap, "UNUSED_QT", (*bootstrap.UNUSED_QT, "*more*"))
    bootstrap_main(machine, "run")
    assert machine.pip_commands()


def test_tests_install_their_lock_once_and_include_a_run(root: Path) -> None:
    machine = FakeMachine(root, packages=[*bootstrap.QT_PACKAGES, *bootstrap.TEST_PACKAGES])
    bootstrap_main(machine, "test")
    assert machine.pip_commands()[0][-1].endswith("test.txt")
    bootstrap_main(machine, "test")
    assert machine.pip_commands() == []
    bootstrap_main(machine, "run")
    assert machine.pip_commands() == []


def test_pip_is_run_twice_and_a_failure_is_not_recorded(root: Path) -> None:
    machine = FakeMachine(root)
    machine.outcomes = {"run.txt": [1, 1]}
    assert bootstrap_main(machine, "run") == 1
    assert len(machine.pip_commands()) == 2
    assert "could not be installed" in machine.messages[-1]
    assert bootstrap_main(machine, "run") == 0
    assert machine.replaced_by


def test_a_successful_second_attempt_is_enough(root: Path) -> None:
    machine = FakeMachine(root)
    machine.outcomes = {"run.txt": [1]}
    assert bootstrap_main(machine, "run") == 0
    assert "waited 5" in machine.messages


@pytest.mark.parametrize(("root_user", "start"), [(True, "env"), (False, "sudo")])
def test_missing_libraries_are_installed_if_permitted(root: Path, root_user: bool, start: str) -> None:
    machine = FakeMachine(root, packages=[name for name in bootstrap.QT_PACKAGES if name != "libegl1"])
    machine.root_user, machine.sudo = root_user, True
    assert bootstrap_main(machine, "run") == 0
    assert machine.ran[0][0] == start and machine.ran[0][-1] == "libegl1"
    assert bootstrap_main(machine, "run") == 0
    assert machine.ran == []


def test_otherwise_the_command_is_printed_and_the_run_continues(root: Path) -> None:
    machine = FakeMachine(root, packages=[name for name in bootstrap.QT_PACKAGES if name != "libegl1"])
    assert bootstrap_main(machine, "run") == 0
    command = "sudo sh -c 'apt-get update && apt-get install -y --no-install-recommends libegl1'"
    assert machine.messages[0].splitlines()[1].strip() == command
    assert machine.replaced_by
    machine.packages.add("libegl1")
    assert bootstrap_main(machine, "run") == 0
    assert machine.messages == []


def test_an_unknown_package_does_not_block_the_others(root: Path) -> None:
    machine = FakeMachine(root, packages=[])
    machine.root_user, machine.unknown = True, {"libgl1"}
    assert bootstrap_main(machine, "run") == 0
    assert "libegl1" in machine.packages
    assert any("could not be installed: libgl1." in text for text in machine.messages)


def test_a_package_may_be_provided_by_another(root: Path) -> None:
    packages = bootstrap.SystemPackages(FakeMachine(root, packages=["one"]))
    assert packages.missing(["one", "libone-also", "other-one", "two"]) == ["two"]


@pytest.mark.parametrize("permitted", [True, False])
def test_a_python_without_venv_is_completed_or_reported(root: Path, permitted: bool) -> None:
    machine = FakeMachine(root)
    machine.needs_venv_package, machine.root_user = True, permitted
    assert bootstrap_main(machine, "run") == (0 if permitted else 1)
    assert ("python3-venv" in machine.packages) is permitted
    if not permitted:
        assert "apt-get update && apt-get install -y --no-install-recommends python3-venv" in machine.messages[-1]


def test_an_old_python_is_reported(root: Path) -> None:
    machine = FakeMachine(root)
    machine.version = (3, 9)
    assert bootstrap_main(machine, "run") == 1
    assert machine.messages == ["Python 3.11 or later is required; this is Python 3.9."]
    assert machine.ran == []


def test_an_old_python_can_parse_the_file() -> None:
    ast.parse(FILE.read_text("utf-8"), feature_version=(3, 8))


@pytest.mark.parametrize("screen", [{}, {"DISPLAY": ":7"}, {"WAYLAND_DISPLAY": "wayland-0"}])
@pytest.mark.parametrize("key", [{}, {"SORA_API_KEY": "sk_live"}])
def test_without_a_screen_one_clip_is_rendered_in_the_sandbox_whatever_key_is_set(
    root: Path, screen: dict[str, str], key: dict[str, str]
) -> None:
    machine = FakeMachine(root)
    machine.environ, machine.screen_problem = screen | key, "The screen lets nobody in."
    machine.printed = [
        '{"job": "1", "phase": "waiting"}\n',
        '{"job": "1", "phase": "unconfirmed"}\n',
        '{"job": "1", "phase": "rendering", "percent": 40}\n',
        '{"job": "1", "phase": "rendering", "percent": 80}\n',
        "noise\n",
        '{"job": "1", "phase": "ready", "file": "/home/me/Videos/boat.mp4"}\n',
    ]
    assert bootstrap_main(machine, "run", "--data", "here") == 0
    generate = machine.ran[-1]
    assert generate[4:6] == ["generate", bootstrap.PROMPT]
    assert generate[6:] == ["--sandbox", "--json", "--data", "here"]
    problem = "The screen lets nobody in." if screen else "There is no screen for the window."
    assert machine.messages[-8] == problem
    assert "in the sandbox" in machine.messages[-7] and "no cost" in machine.messages[-7]
    assert machine.messages[-5:] == [
        "    Waiting for its turn",
        "    Sending the request",
        "    Rendering",
        "    Ready",
        "Clip saved to /home/me/Videos/boat.mp4",
    ]
    assert not machine.replaced_by


def test_the_reason_of_a_failure_is_printed(root: Path) -> None:
    machine = FakeMachine(root)
    machine.environ = {}
    machine.printed = ['{"job": "1", "phase": "failed", "reason": "The disk is full."}\n']
    bootstrap_main(machine, "run")
    assert machine.messages[-2:] == ["    The disk is full.", "No clip was saved. See the reason above."]


def test_every_phase_has_words_for_a_newcomer_or_a_reason() -> None:
    phases = {each.__name__.lower() for each in (Waiting, Unconfirmed, Rendering, Saving, Ready)}
    assert bootstrap.PROGRESS.keys() == phases


@pytest.mark.parametrize("arguments", [[], ["--sandbox"], ["--data", "here"]])
def test_the_window_chooses_between_the_sandbox_and_a_key_unless_told(root: Path, arguments: list[str]) -> None:
    machine = FakeMachine(root)
    assert bootstrap_main(machine, "run", *arguments) == 0
    assert machine.replaced_by[4:] == arguments


def test_the_search_for_a_screen_fits_the_program() -> None:
    of_a_session = {"QT_QPA_PLATFORM", "WAYLAND_DISPLAY", "XDG_RUNTIME_DIR", "XDG_SESSION_TYPE"}
    environ = {name: value for name, value in os.environ.items() if name not in of_a_session}
    for display, problem in (({"DISPLAY": ":98765"}, ":98765"), ({"QT_QPA_PLATFORM": "offscreen"}, "")):
        command = [sys.executable, "-c", bootstrap.FIND_SCREEN]
        printed = subprocess.run(command, env={**environ, **display}, stdout=subprocess.PIPE, text=True, check=True)
        assert problem in printed.stdout and bool(printed.stdout.strip()) is bool(problem)


def test_setup_says_ready_only_if_nothing_is_missing(root: Path) -> None:
    machine = FakeMachine(root, packages=[name for name in bootstrap.QT_PACKAGES if name != "libegl1"])
    machine.qt_error = "ImportError: libEGL.so.1: cannot open shared object file"
    for missing in ("libegl1", "libEGL.so.1"):
        assert bootstrap_main(machine, "setup") == 1
        assert missing in "".join(machine.messages)
        assert not any(text.startswith("Ready") for text in machine.messages)
        machine.packages.add("libegl1")
    machine.qt_error = ""
    assert bootstrap_main(machine, "setup") == 0
    assert machine.messages == [f"Ready. To start the program, run:\n    {root / '.venv/bin/sora-desktop'}"]


@pytest.mark.parametrize(
    ("root_user", "programs", "line"),
    [
        (True, {"apt-get"}, "apt-get update && {}"),
        (False, {"apt-get", "sudo"}, "sudo sh -c 'apt-get update && {}'"),
        (False, {"apt-get"}, "su -c 'apt-get update && {}'"),
    ],
)
def test_the_command_for_root_is_one_line_that_works_with_what_there_is(
    root: Path, root_user: bool, programs: set[str], line: str
) -> None:
    machine = FakeMachine(root)
    machine.root_user, machine.programs = root_user, programs
    install = "apt-get install -y --no-install-recommends libegl1 libgl1"
    assert bootstrap.SystemPackages(machine).command_for(["libegl1", "libgl1"]) == line.format(install)


def test_a_checkout_that_cannot_be_written_is_copied_into_the_cache(root: Path) -> None:
    machine = FakeMachine(root, packages=[*bootstrap.QT_PACKAGES, *bootstrap.TEST_PACKAGES])
    machine.read_only = True
    assert bootstrap_main(machine, "test") == 0
    venv = Path(machine.ran[0][-1])
    assert venv.parent == root / "cache" / "sora-desktop"
    assert not (root / ".venv").exists()
    assert "-e" not in machine.pip_commands()[1] and machine.pip_commands()[1][-1] == str(root)
    assert all(str(venv) in machine.environments[-1][name] for name in ("MYPY_CACHE_DIR", "PYTEST_ADDOPTS"))
    bootstrap_main(machine, "run")
    assert machine.pip_commands() == []
    (root / "sora_desktop").mkdir()
    (root / "sora_desktop" / "main.py").write_text("new = True\n")
    bootstrap_main(machine, "run")
    assert machine.pip_commands()


def test_the_folder_of_the_environment_can_be_named(root: Path, tmp_path: Path) -> None:
    machine = FakeMachine(root)
    machine.environ = {**machine.environ, "SORA_DESKTOP_VENV": str(tmp_path / "elsewhere")}
    bootstrap_main(machine, "run")
    assert machine.replaced_by[0] == str(tmp_path / "elsewhere/bin/python")
    assert machine.pip_commands()[1][-2:] == ["-e", str(root)]


def test_a_folder_with_other_files_is_never_cleared(root: Path, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "letter.txt").touch()
    machine = FakeMachine(root)
    machine.environ = {**machine.environ, "SORA_DESKTOP_VENV": str(tmp_path / "home")}
    assert bootstrap_main(machine, "run") == 1
    assert machine.ran == [] and "is not empty" in machine.messages[-1]


def test_a_folder_that_cannot_be_used_is_named_without_a_traceback(root: Path, tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    machine = FakeMachine(root)
    for place in ("loop", "a" * 300):
        machine.environ = {**machine.environ, "SORA_DESKTOP_VENV": str(tmp_path / place)}
        machine.outcomes = {place: [1]}
        assert bootstrap_main(machine, "run") == 1
        assert place in machine.messages[-1] and "SORA_DESKTOP_VENV" in machine.messages[-1]


def test_the_command_is_printed_as_a_shell_reads_it(root: Path, tmp_path: Path) -> None:
    machine = FakeMachine(root)
    machine.environ = {**machine.environ, "SORA_DESKTOP_VENV": str(tmp_path / "my venv")}
    assert bootstrap_main(machine, "setup") == 0
    assert machine.messages[-1].endswith(f"run:\n    '{tmp_path / 'my venv/bin/sora-desktop'}'")
    machine.screen_problem = "No screen. Use `sora-desktop generate PROMPT`."
    bootstrap_main(machine, "run")
    assert f"`'{tmp_path / 'my venv/bin/sora-desktop'}' generate PROMPT`" in machine.messages[0]


def test_caches_are_where_each_system_keeps_them() -> None:
    machine = bootstrap.Machine()
    found = {}
    for machine.platform in ("linux", "darwin", "win32"):
        machine.environ = {"XDG_CACHE_HOME": "/x/cache", "LOCALAPPDATA": "/x/local"}
        found[machine.platform] = machine.cache()
    home = Path.home()
    assert found == {"linux": Path("/x/cache"), "darwin": home / "Library/Caches", "win32": Path("/x/local")}
    machine.platform, machine.environ = "linux", {"XDG_CACHE_HOME": "relative"}
    assert machine.cache() == home / ".cache"


def test_unused_parts_of_qt_are_deleted_and_nothing_else(tmp_path: Path) -> None:
    record = tmp_path / "pyside6_addons-6.11.3.dist-info" / "RECORD"
    files = {
        "PySide6/Qt/lib/libQt6WebEngineCore.so.6": False,
        "PySide6/Qt/qml/QtQuick/qmldir": False,
        "PySide6/QtWebEngineCore.pyi": False,
        "PySide6/Qt6Charts.dll": False,
        "PySide6/Qt/lib/QtPdf.framework/Versions/A/QtPdf": False,
        "PySide6/QtMultimedia.abi3.so": True,
        "PySide6/Qt/lib/libQt6Quick.so.6": True,
        "other/qml/file.txt": True,
        "../../../bin/pyside6-uic": True,
    }
    for name in (*files, str(record.relative_to(tmp_path))):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    for name in files:
        if not name.startswith(".."):
            (tmp_path / name).touch()
    record.write_text("".join(f"{name},sha256=x,1\n" for name in (*files, "PySide6/Qt/metatypes/gone.json")))
    bootstrap.remove_unused_qt(record)
    assert {name for name, kept in files.items() if kept and (tmp_path / name).exists()} == {
        name for name, kept in files.items() if kept and not name.startswith("..")
    }
    assert not any((tmp_path / name).exists() for name, kept in files.items() if not kept)


#: Looks for a sound device, as the player does, and prints the files that are loaded then.
LISTEN = """
from PySide6.QtMultimedia import QMediaDevices
from PySide6.QtWidgets import QApplication
app = QApplication([])
QMediaDevices.defaultAudioOutput()
print(open("/proc/self/maps").read(), flush=True)
import os
os._exit(0)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_sound_device_is_found_without_the_parts_of_qt_that_are_deleted() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LISTEN],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert done.returncode == 0
    loaded = {
        line.split("/site-packages/")[1] for line in done.stdout.splitlines() if "/site-packages/PySide6/" in line
    }
    assert "PySide6/Qt/plugins/multimedia/libffmpegmediaplugin.so" in loaded
    assert not [file for file in loaded if bootstrap.is_unused_qt(Path(file))]


@pytest.mark.skipif(sys.platform != "linux", reason="the plugins of this system")
def test_qt_loads_with_the_plugins_of_window_and_player() -> None:
    assert bootstrap.Machine().error([sys.executable, "-c", bootstrap.LOAD_QT]) == ""
    assert bootstrap.Machine().error([sys.executable, "-c", "raise SystemExit('no Qt')"]) == "no Qt"


@pytest.mark.parametrize(("platform", "python"), [("win32", "Scripts/python.exe"), ("darwin", "bin/python")])
def test_other_platforms_have_a_screen_and_no_apt(root: Path, platform: str, python: str) -> None:
    machine = FakeMachine(root, platform=platform, packages=[])
    machine.environ = {}
    assert bootstrap_main(machine, "run") == 0
    assert machine.replaced_by == [str(root / ".venv" / python), "-P", "-m", "sora_desktop"]
    assert machine.messages == [f"Creating {root / '.venv'}", machine.messages[1]]


def test_a_command_is_passed_on_unchanged(root: Path) -> None:
    machine = FakeMachine(root)
    bootstrap_main(machine, "run", "list", "--json")
    assert machine.replaced_by[1:] == ["-P", "-m", "sora_desktop", "list", "--json"]


def test_all_checks_run_offscreen_and_one_failure_decides(root: Path) -> None:
    machine = FakeMachine(root, packages=[*bootstrap.QT_PACKAGES, *bootstrap.TEST_PACKAGES])
    machine.outcomes = {"mypy": [3]}
    assert bootstrap_main(machine, "test") == 3
    parallel = " ".join(bootstrap.ON_ALL_PROCESSORS)
    checks = [" ".join(command[2:]) for command in machine.ran[-len(bootstrap.CHECKS) :]]
    assert checks == [
        "ruff check .",
        "ruff format --check .",
        "codespell_lib",
        "vulture",
        "mypy",
        f"pytest {parallel} --ignore=tests/domain --ignore=tests/jobs",
        f"pytest {parallel} --cov --cov-report=term tests/domain tests/jobs",
        f"pytest {parallel} -m slow",
    ]
    assert all(environment == {"QT_QPA_PLATFORM": "offscreen"} for environment in machine.environments[-len(checks) :])
    assert machine.messages[-2:] == ["\nFAILED so far: mypy", f"\n== pytest {parallel} -m slow"]


@pytest.mark.parametrize(("outcomes", "status"), [({}, 0), ({"slow": [5]}, 0), ({"slow": [1]}, 1), ({"slow": [-9]}, 1)])
def test_the_status_of_the_checks(root: Path, outcomes: dict[str, list[int]], status: int) -> None:
    machine = FakeMachine(root, packages=[*bootstrap.QT_PACKAGES, *bootstrap.TEST_PACKAGES])
    machine.outcomes = outcomes
    assert bootstrap_main(machine, "test") == status


@pytest.mark.parametrize("arguments", [[], ["fly"], ["test", "fast"]])
def test_invalid_arguments_print_the_usage(root: Path, arguments: list[str]) -> None:
    machine = FakeMachine(root)
    assert bootstrap_main(machine, *arguments) == 2
    assert "packaging/bootstrap.py run" in machine.messages[0]
    assert machine.ran == []


def test_the_real_machine_runs_commands(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    machine = bootstrap.Machine()
    assert (
        machine.run([sys.executable, "-c", "import os; print(os.getcwd(), os.environ['A'])"], {"A": "b"}, tmp_path) == 0
    )
    assert capfd.readouterr().out == f"{tmp_path} b\n"
    assert machine.output([sys.executable, "-c", "print(1)"]) == "1\n"
    assert machine.output([sys.executable, "-c", "raise SystemExit(1)"]) is None
    assert machine.output([str(tmp_path / "nothing")]) is None
    assert list(machine.lines([sys.executable, "-c", "print('ü'); raise SystemExit(4)"])) == ["ü\n", 4]


def test_only_the_standard_library_is_imported() -> None:
    names = {
        (node.module or "") if isinstance(node, ast.ImportFrom) else alias.name
        for node in ast.walk(ast.parse(FILE.read_text("utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert {name.split(".")[0] for name in names} <= sys.stdlib_module_names


def test_locked_packages_have_hashes_and_the_test_lock_includes_the_run_lock() -> None:
    pins: dict[str, set[str]] = {}
    for purpose in ("run", "test"):
        text = (FILE.parent / "locks" / f"{purpose}.txt").read_text("utf-8").replace("\\\n", " ")
        lines = [line for line in io.StringIO(text) if line.strip() and not line.lstrip().startswith("#")]
        assert all("==" in line and "--hash=sha256:" in line for line in lines)
        pins[purpose] = {line.replace(";", " ").split()[0] for line in lines}
    assert pins["run"] <= pins["test"]
    assert any(pin.startswith("hatchling==") for pin in pins["run"])


def test_the_readme_names_the_system_packages() -> None:
    text = (FILE.parents[1] / "README.md").read_text("utf-8")
    block = text.partition("<!-- packages -->\n```\n")[2].partition("```")[0]
    assert tuple(block.split()) == bootstrap.QT_PACKAGES


def test_the_stamp_file_is_json(root: Path) -> None:
    bootstrap_main(FakeMachine(root), "run")
    stamps = json.loads((root / ".venv/sora-desktop-setup.json").read_text())
    assert sorted(stamps) == ["run", "system-run"]


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_a_signal_also_ends_the_rendering_of_the_clip() -> None:
    script = "import time; print('started', flush=True); time.sleep(60)"
    output: list[str | int] = []
    for line in bootstrap.Machine().lines([sys.executable, "-c", script]):
        output.append(line)
        if line == "started\n":
            os.kill(os.getpid(), signal.SIGTERM)
    assert output == ["started\n", -signal.SIGTERM]
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
