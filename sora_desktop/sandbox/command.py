"""The command `sora-desktop sandbox`: serves until it is stopped."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import math
import os
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import uvicorn

from sora_desktop.sandbox import fault_script
from sora_desktop.sandbox.create_body import REFUSED_WORDS
from sora_desktop.sandbox.event_log import EventLog
from sora_desktop.sandbox.fault_script import FaultScript, InvalidScript
from sora_desktop.sandbox.openai import control_calls, fault_calls
from sora_desktop.sandbox.openai.fleet import EngineFleet, FleetOptions
from sora_desktop.sandbox.openai.profiles import SANDBOX_PROFILES
from sora_desktop.sandbox.server import DIALECTS, create_app, ready_line
from sora_desktop.sandbox.service_state import SandboxOptions, ServiceState


def main(argv: list[str]) -> int:
    """Serve until stopped. Returns the exit status: 0, or 2 if the options cannot be used."""
    try:
        options = _parser().parse_args(argv)
    except SystemExit as end:
        return int(end.code or 0)
    if not 0 <= options.port <= 65535:
        print(f"--port must be between 0 and 65535, not {options.port}.", file=sys.stderr)
        return 2
    if not 0 < options.speed < math.inf or not options.url_lifetime > 0 or options.credits < 0:
        print("--speed and --url-lifetime must be above 0, and --credits must not be negative.", file=sys.stderr)
        return 2
    if options.replicas < 1 or not options.warm_up >= 0:
        print("--replicas must be 1 or more, and --warm-up must not be negative.", file=sys.stderr)
        return 2
    dialects = DIALECTS if options.dialect == "both" else frozenset({str(options.dialect)})
    fleet = _fleet(options)
    try:
        faults = FaultScript.read(options.script, options.replicas)
        connections = _listen_all(options.host, options.port, fleet.addresses)
    except (InvalidScript, OSError) as error:
        print(f"The sandbox cannot start: {error}", file=sys.stderr)
        return 2
    with contextlib.ExitStack() as stack:
        for connection in connections:
            stack.enter_context(connection)
        folder = options.state or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sora-sandbox-")))
        try:
            folder.mkdir(parents=True, exist_ok=True)
            state = _state(options, folder)
            app = create_app(state, folder, faults, fleet, dialects)
        except (OSError, ValueError, KeyError, TypeError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else error
            print(f"The sandbox cannot use {folder}: {reason}", file=sys.stderr)
            return 2
        addresses = [connection.getsockname()[:2] for connection in connections]
        fleet.replica_of_port = {port: number for number, (_, port) in enumerate(addresses)}
        config = uvicorn.Config(
            app,
            access_log=False,
            log_level="critical",
            timeout_graceful_shutdown=1,
            lifespan="on",
            ws="none",
            date_header=False,  # the state's clock gives the date
        )
        origins = [f"http://{host}:{port}" for host, port in addresses]
        ready = ready_line(origins, options.key, fleet.profile.name, dialects)
        asyncio.run(_Server(config, ready).serve_until_stopped(connections, with_parent=options.with_parent))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sora-desktop sandbox",
        usage="%(prog)s [OPTIONS]",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Services on this machine: they cost nothing and render real clips. Both dialects are at one\n"
        "port: the Sora API at /api/v1, and at /v1 the OpenAI Videos dialect as the server of --like speaks it.\n"
        "An engine renders one job after another, each while its time passes. A delete stops the rendering where\n"
        "that server does so; elsewhere the rendering goes on and the next job waits.\n"
        f"A prompt with one of the words {', '.join(REFUSED_WORDS)} fails by content policy.",
        epilog=f"{control_calls.__doc__}\n--script: {fault_script.__doc__}\n{fault_calls.__doc__}",
    )
    parser.add_argument("--port", type=int, default=0, help="0: any free port")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument(
        "--speed", type=float, default=1.0, help="2: clips take half the time (1: 18 s for 10 s of video)"
    )
    parser.add_argument(
        "--limits",
        choices=("documented", "none"),
        default="none",
        help="of the Sora API; documented: 20 requests a minute, 3 tasks at once, 500 a day (UTC)",
    )
    parser.add_argument("--free-looks", action="store_true", help="polls do not count against the limits")
    parser.add_argument(
        "--tiny", action="store_true", help="render few pixels, such as 160x90, for tests with many jobs"
    )
    parser.add_argument(
        "--frame-strip", action="store_true", help="show the number of each picture as blocks in its bottom rows"
    )
    parser.add_argument("--seed", type=int, default=0, help="another seed gives other pictures")
    parser.add_argument("--key", default="sk_sandbox", help="the accepted API key (%(default)s)")
    parser.add_argument(
        "--credits",
        type=int,
        default=2000,
        help="the initial balance (%(default)s); POST /api/v1/credits/top-up raises the balance to it again",
    )
    parser.add_argument(
        "--top-up",
        action="store_true",
        help="with --state: raise the balance to --credits at start if it does not pay for a video",
    )
    parser.add_argument("--with-parent", action="store_true", help="end when standard input ends")
    parser.add_argument(
        "--state",
        type=Path,
        help="a folder that keeps tasks, credits and files of the Sora API across restarts; engines forget theirs",
    )
    parser.add_argument(
        "--url-lifetime",
        type=float,
        default=3600.0,
        metavar="SECONDS",
        help="how long a video's URL is valid; each poll returns a new one (3600)",
    )
    parser.add_argument(
        "--dialect",
        choices=("both", "sora", "openai"),
        default="both",
        help="the Sora API at /api/v1, the OpenAI Videos dialect of self-hosted engines at /v1 (%(default)s)",
    )
    parser.add_argument(
        "--like",
        choices=tuple(SANDBOX_PROFILES),
        default="omni",
        metavar="PROFILE",
        help="the server to be like in the OpenAI dialect, omni by default: "
        + ", ".join(f"{name} ({profile.label})" for name, profile in SANDBOX_PROFILES.items()),
    )
    parser.add_argument(
        "--replicas",
        type=int,
        default=1,
        metavar="N",
        help="engines that know nothing of each other, each at a port of its own: --port and the following ones; "
        "a gateway has one address and finds the engine of each job",
    )
    parser.add_argument(
        "--round-robin",
        action="store_true",
        help="one address for all replicas, which sends each request to any of them",
    )
    parser.add_argument("--no-key", action="store_true", help="the engines need no key")
    parser.add_argument(
        "--warm-up", type=float, default=0.0, metavar="SECONDS", help="how long the engines are cold at first (0)"
    )
    parser.add_argument("--script", type=Path, metavar="FILE", help="faults to inject, see below")
    return parser


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sets TCP_NODELAY only if the protocol is given; otherwise each answer waits 40 ms for an ACK
    connection = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        connection.bind((host, port))
        connection.listen(128)
    except (OSError, OverflowError) as error:
        connection.close()
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise OSError(f"port {port} on {host} cannot be used ({reason}). Name another one with --port.") from error
    return connection


def _listen_all(host: str, port: int, count: int) -> list[socket.socket]:
    """`count` ports in a row, or free ones. Raises OSError."""
    with contextlib.ExitStack() as stack:
        opened = [stack.enter_context(_listen(host, port and port + number)) for number in range(count)]
        stack.pop_all()
    return opened


def _fleet(options: argparse.Namespace) -> EngineFleet:
    fleet_options = FleetOptions(
        replicas=options.replicas,
        is_flipping=options.round_robin,
        warm_up=options.warm_up,
        key="" if options.no_key else options.key,
        speed=options.speed,
        seed=options.seed,
    )
    return EngineFleet(SANDBOX_PROFILES[options.like], fleet_options, time.time)


def _state(options: argparse.Namespace, folder: Path) -> ServiceState:
    sandbox_options = SandboxOptions(
        key=options.key,
        speed=options.speed,
        documented_limits=options.limits == "documented",
        url_lifetime=options.url_lifetime,
        seed=options.seed,
        free_polls=options.free_looks,
        tiny=options.tiny,
        frame_strip=options.frame_strip,
    )
    state = ServiceState(sandbox_options, time.time, options.credits, EventLog(folder) if options.state else None)
    state.restore()
    if options.top_up and not state.pays_for_one_more():
        state.top_up()
    return state


class _Server(uvicorn.Server):
    """Prints where it listens, and treats SIGTERM and SIGINT as an ordinary end."""

    def __init__(self, config: uvicorn.Config, ready: str) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            print(self._ready, flush=True)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Without uvicorn's own implementation, which raises the captured signals again at the end."""
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, self.handle_exit)
        yield

    async def serve_until_stopped(self, connections: list[socket.socket], *, with_parent: bool) -> None:
        """Serve; with a parent, also until standard input ends."""
        loop = asyncio.get_running_loop()

        def stop() -> None:
            self.should_exit = True

        if with_parent:
            threading.Thread(target=_watch_input, args=(loop, stop), daemon=True).start()
        await self.serve(sockets=connections)


def _watch_input(loop: asyncio.AbstractEventLoop, stop: Callable[[], None]) -> None:
    """Wait for the end of standard input, by descriptor: a buffered read would hold a lock at exit."""
    with contextlib.suppress(OSError):
        while os.read(0, 4096):
            pass
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(stop)
