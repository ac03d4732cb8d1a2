"""A fast service in a process of its own: files are sent from disk to socket without passing through Python.

It implements as much of the protocol as a job needs. A task whose prompt starts with "slow" renders until it is told to
end; any other is complete at once. Its video is the one file that this server has.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

#: Seconds in which the progress of a slow task would go from 0 to 100 percent.
SLOW_SECONDS = 120.0
PRICE, CREDITS = 100, 1_000_000
#: Bytes that are sent at once over a line with a limit.
_PIECE = 500_000


@dataclass(frozen=True, slots=True)
class Address:
    """The address of the server."""

    origin: str

    @property
    def base_url(self) -> str:
        """The base URL of the protocol."""
        return f"{self.origin}/api/v1"

    @property
    def clip_url(self) -> str:
        """The URL of the file."""
        return f"{self.origin}/clip.mp4"

    def end_slow(self) -> None:
        """Let every slow task fail, so that nothing is being rendered."""
        urllib.request.urlopen(f"{self.origin}/bench/end-slow", timeout=10).close()


@contextmanager
def serving(clip: Path, line: float = 0.0) -> Iterator[Address]:
    """Run a server for the file, which ends with the block. `line`: megabytes a second of all files; 0: no limit."""
    command = [sys.executable, __file__, str(clip), "--line", str(line)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None and process.stdout is not None
        try:
            yield Address(f"http://127.0.0.1:{int(process.stdout.readline())}")
        finally:
            process.stdin.close()
            process.wait()


@dataclass(slots=True)
class _Task:
    slow: bool
    began: float = field(default_factory=time.time)
    ended: bool = False


class _Service:
    def __init__(self, clip: Path, line: float) -> None:
        self._clip = clip
        self._line = line
        self._line_is_free = asyncio.Lock()
        self._size = clip.stat().st_size
        self._tasks: dict[str, _Task] = {}

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                start, *lines = head.split("\r\n")
                headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                _, path, _ = start.split(" ")
                if path.startswith("/clip.mp4"):
                    await self._send_clip(writer, headers.get("range", ""))
                else:
                    self._answer(writer, path, body)
                    await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _send_clip(self, writer: asyncio.StreamWriter, range_header: str) -> None:
        begin = int(range_header.removeprefix("bytes=").partition("-")[0]) if range_header else 0
        span = f"Content-Range: bytes {begin}-{self._size - 1}/{self._size}\r\n" if range_header else ""
        writer.write(
            f"HTTP/1.1 {'206 Partial Content' if range_header else '200 OK'}\r\nContent-Type: video/mp4\r\n"
            f'Content-Length: {self._size - begin}\r\nAccept-Ranges: bytes\r\nETag: "noise"\r\n{span}\r\n'.encode()
        )
        await writer.drain()
        piece = _PIECE if self._line else self._size
        with self._clip.open("rb") as opened:
            for start in range(begin, self._size, piece):
                size = min(piece, self._size - start)
                if self._line:
                    async with self._line_is_free:
                        await asyncio.sleep(size / 1e6 / self._line)
                await asyncio.get_running_loop().sendfile(writer.transport, opened, start, size)

    def _answer(self, writer: asyncio.StreamWriter, path: str, body: bytes) -> None:
        content = json.dumps({"code": 200, "msg": "success", "data": self._data(path, body)}).encode()
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-RateLimit-Limit: 6000\r\n"
            b"X-RateLimit-Remaining: 5999\r\nX-Concurrent-Limit: 20\r\nX-Concurrent-Active: 0\r\n"
            + f"Content-Length: {len(content)}\r\n\r\n".encode()
            + content
        )

    def _data(self, path: str, body: bytes) -> object:
        call = path.removeprefix("/api/v1/")
        if path == "/bench/end-slow":
            for task in self._tasks.values():
                task.ended = True
        elif call.endswith("/text-to-video"):
            name = f"task_{len(self._tasks) + 1}"
            self._tasks[name] = _Task(slow=str(json.loads(body)["prompt"]).startswith("slow"))
            return {"task_id": name}
        elif call == "credits":
            return {"credits": CREDITS - PRICE * len(self._tasks)}
        elif call.startswith("tasks/"):
            return self._report(call.removeprefix("tasks/"))
        return None

    def _report(self, name: str) -> dict[str, object]:
        task = self._tasks[name]
        report: dict[str, object] = {"task_id": name, "created_at": int(task.began)}
        if not task.slow:
            return report | {"status": "completed", "progress": 100, "video_url": f"/clip.mp4?{name}"}
        if task.ended:
            return report | {"status": "failed", "error": "Ended by the benchmark."}
        return report | {
            "status": "processing",
            "progress": min(int((time.time() - task.began) / SLOW_SECONDS * 100), 99),
        }


async def _serve(clip: Path, line: float) -> None:
    server = await asyncio.start_server(_Service(clip, line).handle, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--line", type=float, default=0.0)
    arguments = parser.parse_args()
    asyncio.run(_serve(arguments.clip, arguments.line))
