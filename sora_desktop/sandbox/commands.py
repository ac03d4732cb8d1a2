"""The command that serves the sandbox until it is told to stop."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
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

from sora_desktop.sandbox import faults as faults_guide
from sora_desktop.sandbox.faults import BadScript, Faults
from sora_desktop.sandbox.memory import Memory
from sora_desktop.sandbox.orders import REFUSED_WORDS
from sora_desktop.sandbox.server import make_app, ready_line
from sora_desktop.sandbox.world import Rules, World


def main(argv: list[str]) -> int:
    """Serve; 0 after an ordinary end, 2 for a request that cannot be met."""
    try:
        options = _parser().parse_args(argv)
    except SystemExit as end:
        return int(end.code or 0)
    if options.speed <= 0 or options.url_lifetime <= 0 or options.credits < 0:
        print("--speed and --url-lifetime must be above 0, --credits not below.", file=sys.stderr)
        return 2
    try:
        faults = Faults.read(options.script)
        connection = _listen(options.host, options.port)
    except (BadScript, OSError) as error:
        print(f"The sandbox cannot start: {error}", file=sys.stderr)
        return 2
    with contextlib.ExitStack() as stack:
        stack.enter_context(connection)
        folder = options.state or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sora-sandbox-")))
        try:
            folder.mkdir(parents=True, exist_ok=True)
            world = _world(options, folder)
            app = make_app(world, folder, faults)
        except (OSError, ValueError, KeyError, TypeError) as error:
            print(f"The sandbox cannot use {folder}: {error}", file=sys.stderr)
            return 2
        host, port = connection.getsockname()[:2]
        config = uvicorn.Config(
            app, access_log=False, log_level="critical", timeout_graceful_shutdown=1, lifespan="on", ws="none"
        )
        ready = ready_line(f"http://{host}:{port}", options.key)
        asyncio.run(_Server(config, ready).serve_until_stopped(connection, with_parent=options.with_parent))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sora-desktop sandbox",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="The service, offline: it costs nothing and renders real clips.\n"
        f"A prompt with one of the words {', '.join(REFUSED_WORDS)} fails by policy.\n"
        "GET /sandbox/seen needs no key and tells what has reached it: requests for each call, the creates that\n"
        "were accepted with what they cost, and the hosts under which a key came.",
        epilog=f"--script: {faults_guide.__doc__}",
    )
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument(
        "--speed", type=float, default=1.0, help="2 makes clips in half the time (1: 18 s for 10 s of video)"
    )
    parser.add_argument(
        "--limits",
        choices=("documented", "none"),
        default="none",
        help="documented: 20 requests a minute, 500 a day (UTC), 3 tasks at once",
    )
    parser.add_argument("--free-looks", action="store_true", help="looks at tasks do not count against the limits")
    parser.add_argument("--tiny", action="store_true", help="render 160x90, 90x160 or 120x120, for drills of many jobs")
    parser.add_argument("--seed", type=int, default=0, help="another seed, other pictures")
    parser.add_argument("--key", default="sk_sandbox", help="the one key that is taken (%(default)s)")
    parser.add_argument("--credits", type=int, default=2000, help="the balance to begin with (%(default)s)")
    parser.add_argument(
        "--top-up",
        action="store_true",
        help="with --state: a start with too few credits for a video begins with --credits",
    )
    parser.add_argument("--with-parent", action="store_true", help="end when standard input ends")
    parser.add_argument("--state", type=Path, help="a folder whose tasks, credits and files survive a restart")
    parser.add_argument(
        "--url-lifetime",
        type=float,
        default=3600.0,
        metavar="SECONDS",
        help="after which a video's address is dead; each look gives a fresh one (3600)",
    )
    parser.add_argument("--script", type=Path, metavar="FILE", help="planned faults, see below")
    return parser


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sends without delay only where the protocol is named; otherwise each answer waits 40 ms for an ACK
    connection = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        connection.bind((host, port))
        connection.listen(128)
    except (OSError, OverflowError) as error:
        connection.close()
        raise OSError(f"port {port} on {host} cannot be used: {error}") from error
    return connection


def _world(options: argparse.Namespace, folder: Path) -> World:
    rules = Rules(
        key=options.key,
        speed=options.speed,
        documented_limits=options.limits == "documented",
        url_lifetime=options.url_lifetime,
        seed=options.seed,
        free_polls=options.free_looks,
        tiny=options.tiny,
    )
    world = World(rules, time.time, options.credits, Memory(folder) if options.state else None)
    world.recall()
    if options.top_up:
        world.top_up(options.credits)
    return world


class _Server(uvicorn.Server):
    """Says where it listens, and takes a signal to end for an ordinary end."""

    def __init__(self, config: uvicorn.Config, ready: str) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            print(self._ready, flush=True)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """uvicorn's own raises the captured signals again at the end."""
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, self.handle_exit)
        yield

    async def serve_until_stopped(self, connection: socket.socket, *, with_parent: bool) -> None:
        """Serve; with a parent, also until standard input ends."""
        loop = asyncio.get_running_loop()

        def stop() -> None:
            self.should_exit = True

        if with_parent:
            threading.Thread(target=_watch_input, args=(loop, stop), daemon=True).start()
        await self.serve(sockets=[connection])


def _watch_input(loop: asyncio.AbstractEventLoop, stop: Callable[[], None]) -> None:
    """Wait for the end of standard input (by descriptor: a buffered read would hold a lock at the end)."""
    with contextlib.suppress(OSError):
        while os.read(0, 4096):
            pass
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(stop)
