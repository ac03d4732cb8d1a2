"""The download process: reads which files to download from standard input, and says on standard output how that goes.

It ends when standard input ends, and so with its parent.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import httpx

from sora_desktop.api.http.connections import Endpoint, Setup, Timeouts, transfer_client
from sora_desktop.api.http.download_messages import (
    described,
    ended_line,
    message_in,
    progress_line,
    readiness_line,
)
from sora_desktop.api.http.file_download import FileDownload, StopSignal, spaced
from sora_desktop.system.end_signals import end_signals
from sora_desktop.system.priority import lower_priority


def main() -> int:
    """Serve until standard input ends; that ends the process at once, also in the middle of a download."""
    for number in end_signals():  # they are for the parent, which may have more to do before it ends
        signal.signal(number, signal.SIG_IGN)
    lower_priority()
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # output of a library must not get between the messages
    worker = DownloadWorker(replies, os.getppid())
    for line in sys.stdin.buffer:
        worker.handle(message_in(line))
    os._exit(0)


class DownloadWorker:
    """Downloads files, each in a thread."""

    def __init__(self, replies: BinaryIO, parent: int) -> None:
        """`parent`: the process id of the parent. Without it no more is written: another program may own the files."""
        self._replies = replies
        self._parent = parent
        self._lock = threading.Lock()
        self._stops: dict[int, StopSignal] = {}
        self._clients: dict[tuple[Timeouts, Setup], httpx.Client] = {}
        self._say(readiness_line())

    def handle(self, message: Mapping[str, Any]) -> None:
        """Begin or stop a download. What has ended already is ignored."""
        number = message["number"]
        if message["kind"] == "stop":
            if (stop := self._stops.get(number)) is not None:
                stop.set()
            return
        stop = self._stops[number] = StopSignal(lambda: os.getppid() != self._parent)
        arguments = (number, _endpoint_in(message["endpoint"]), message["url"], Path(message["part"]), stop)
        threading.Thread(target=self._download, args=arguments, name=f"download {number}", daemon=True).start()

    def _download(self, number: int, endpoint: Endpoint, url: str, part: Path, stop: StopSignal) -> None:
        error = None
        try:
            report = spaced(lambda received, total: self._say(progress_line(number, received, total)))
            FileDownload(self._client_for(endpoint), endpoint, part, report, stop).run(url)
        except BaseException as caught:
            error = described(caught, traceback.format_exc())
        del self._stops[number]
        self._say(ended_line(number, error))

    def _client_for(self, endpoint: Endpoint) -> httpx.Client:
        """Services share a client as far as they can. It is kept until the process ends."""
        kind = endpoint.timeouts, endpoint.setup
        with self._lock:
            if kind not in self._clients:
                self._clients[kind] = transfer_client(*kind)
            return self._clients[kind]

    def _say(self, line: bytes) -> None:
        with self._lock:
            try:
                self._replies.write(line)
                self._replies.flush()
            except OSError:
                os._exit(0)  # the parent has closed the pipe


def _endpoint_in(values: Mapping[str, Any]) -> Endpoint:
    timeouts, setup = Timeouts(**values["timeouts"]), Setup(**values["setup"])
    return Endpoint(values["base_url"], values["key"], timeouts, values["headers"], setup)
