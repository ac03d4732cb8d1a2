"""Reads a program as a screen reader does: over the accessibility bus of a desktop session of its own. Linux only.

Needs Xvfb, dbus-daemon and at-spi2-core. jeepney, which speaks D-Bus, comes with keyring.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from bench.virtual_display import virtual_display
from jeepney import DBusAddress, MatchRule, Message, MessageType, message_bus, new_method_call
from jeepney.io.blocking import DBusConnection, open_dbus_connection
from waiting import PATIENCE, wait_until

_LAUNCHERS = (Path("/usr/libexec/at-spi-bus-launcher"), Path("/usr/lib/at-spi2-core/at-spi-bus-launcher"))
_PREFIX = "org.a11y.atspi"
_REGISTRY = f"{_PREFIX}.Registry"

#: Numbers of states in AT-SPI's AtspiStateType.
STATES = {
    4: "checked",
    7: "editable",
    8: "enabled",
    11: "focusable",
    12: "focused",
    23: "selected",
    25: "showing",
    30: "visible",
}


class Node(NamedTuple):
    """A part of a program, as the bus describes it."""

    bus: AccessibilityBus
    owner: str
    path: str
    role: str  # such as "push button"
    name: str
    description: str
    states: frozenset[str]  # of STATES
    children: tuple[Node, ...]

    @property
    def value(self) -> float:
        """Of a slider or spin box."""
        return float(self.bus.property(self.owner, self.path, "Value", "CurrentValue"))

    def press(self) -> None:
        """Carry out the default action."""
        self.bus.call(self.owner, self.path, f"{_PREFIX}.Action", "DoAction", "i", (0,))

    def set_text(self, text: str) -> None:
        """Replace the text of a field."""
        self.bus.call(self.owner, self.path, f"{_PREFIX}.EditableText", "SetTextContents", "s", (text,))

    def take_focus(self) -> None:
        """Give the keyboard focus to the part."""
        self.bus.call(self.owner, self.path, f"{_PREFIX}.Component", "GrabFocus")

    def all(self) -> Iterator[Node]:
        """The part and everything in it."""
        yield self
        for child in self.children:
            yield from child.all()

    def __str__(self) -> str:
        return f"{self.role} “{self.name}” ({', '.join(sorted(self.states))})"


class AccessibilityBus:
    """The bus on which programs describe themselves, and what they have announced on it."""

    def __init__(self, connection: DBusConnection, environ: dict[str, str]) -> None:
        self.environ = environ  # of a program that shall be read
        self._connection = connection
        self._announced: list[str] = []
        rule = MatchRule(type="signal", interface=f"{_PREFIX}.Event.Object", member="Announcement")
        # also while an answer is awaited, where other messages are dropped
        self._signals: deque[Message] = connection.filter(rule, queue=deque()).queue
        connection.send_and_get_reply(message_bus.AddMatch(rule))
        self.call(_REGISTRY, "/org/a11y/atspi/registry", _REGISTRY, "RegisterEvent", "s", ("object:announcement",))

    def programs(self) -> list[Node]:
        """What runs now, with all its parts that are not hidden."""
        return [self._node(*child) for child in self._children(_REGISTRY, "/org/a11y/atspi/accessible/root")]

    def find(self, role: str, name: str, seconds: float = PATIENCE) -> Node:
        """The first part with this role whose name contains this text, once there is one."""
        found: list[Node] = []

        def is_there() -> bool:
            parts = (part for program in self.programs() for part in program.all())
            found.extend(part for part in parts if part.role == role and name in part.name)
            return bool(found)

        wait_until(is_there, seconds, lambda _: time.sleep(0.1), f"no {role} “{name}”")
        return found[0]

    def announced(self) -> list[str]:
        """Everything that was announced so far."""
        while True:
            try:
                self._connection.recv_messages(timeout=0)
            except TimeoutError:
                break
        while self._signals:
            self._announced.append(str(self._signals.popleft().body[3][1]))
        return self._announced

    def property(self, owner: str, path: str, interface: str, name: str) -> Any:
        """A property of a part."""
        arguments = f"{_PREFIX}.{interface}", name
        return self.call(owner, path, "org.freedesktop.DBus.Properties", "Get", "ss", arguments)[0][1]

    def call(
        self, owner: str, path: str, interface: str, method: str, signature: str = "", body: tuple[Any, ...] = ()
    ) -> tuple[Any, ...]:
        """The answer of a part. Raises LookupError if it is gone."""
        self.announced()  # before its queue is full
        message = new_method_call(DBusAddress(path, owner, interface), method, signature or None, body)
        reply = self._connection.send_and_get_reply(message, timeout=PATIENCE)
        if reply.header.message_type is MessageType.error:
            raise LookupError(f"{method}: {reply.body}")
        return tuple(reply.body)

    def _children(self, owner: str, path: str) -> list[tuple[str, str]]:
        (children,) = self.call(owner, path, f"{_PREFIX}.Accessible", "GetChildren")
        return list(children)

    def _node(self, owner: str, path: str) -> Node:
        accessible = f"{_PREFIX}.Accessible"
        ((low, _),) = self.call(owner, path, accessible, "GetState")
        (role,) = self.call(owner, path, accessible, "GetRoleName")
        name, description = (str(self.property(owner, path, "Accessible", text)) for text in ("Name", "Description"))
        states = frozenset(state for number, state in STATES.items() if low >> number & 1)
        children = []
        for child in self._children(owner, path):
            try:
                children.append(self._node(*child))
            except LookupError:
                continue  # it went in the meantime
        return Node(self, owner, path, role, name, description, states, tuple(children))


@contextmanager
def accessibility_bus() -> Iterator[AccessibilityBus]:
    """A screen, a session and its accessibility bus, which end with the block."""
    launcher = next((file for file in _LAUNCHERS if file.exists()), None)
    assert launcher is not None, "at-spi2-core is not installed"
    with ExitStack() as stack:
        environ = dict(stack.enter_context(virtual_display()))
        session = ["dbus-daemon", "--session", "--nofork", "--print-address=1"]
        daemon = subprocess.Popen(session, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        stack.enter_context(daemon)
        stack.callback(daemon.terminate)
        assert daemon.stdout is not None
        address = daemon.stdout.readline().strip()
        environ |= {
            "DBUS_SESSION_BUS_ADDRESS": address,
            "XDG_RUNTIME_DIR": stack.enter_context(tempfile.TemporaryDirectory(prefix="at-spi-")),
            "QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1",
        }
        environ.pop("XDG_SESSION_TYPE", None)
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        registry = subprocess.Popen([launcher, "--launch-immediately"], env=environ, **quiet)  # type: ignore[call-overload]
        stack.enter_context(registry)
        stack.callback(registry.terminate)
        on_session = stack.enter_context(open_dbus_connection(address))
        ask = new_method_call(DBusAddress("/org/a11y/bus", "org.a11y.Bus", "org.a11y.Bus"), "GetAddress")
        answers: list[str] = []

        def is_there() -> bool:
            reply = on_session.send_and_get_reply(ask, timeout=PATIENCE)
            if reply.header.message_type is MessageType.method_return:
                answers.append(str(reply.body[0]))
            return bool(answers)

        wait_until(is_there)
        yield AccessibilityBus(stack.enter_context(open_dbus_connection(answers[0])), environ)


def press_key(environ: dict[str, str], *keys: str) -> None:
    """Press keys on that screen, as xdotool names them."""
    subprocess.run(["xdotool", "key", "--delay", "80", *keys], env=os.environ | environ, check=True)
