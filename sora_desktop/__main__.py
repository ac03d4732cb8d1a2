"""Hands over: to a worker, the sandbox, or the program."""

from __future__ import annotations

import sys


def main() -> int:
    """Exit status of whatever was asked for."""
    match sys.argv[1:2]:
        case ["media-worker"]:
            from sora_desktop.media.worker import main as work

            return work()
        case ["sandbox"]:
            from sora_desktop.cli import serve_sandbox

            return serve_sandbox(sys.argv[2:])
        case _:
            from sora_desktop.cli import run

            return run(sys.argv[1:])


if __name__ == "__main__":
    raise SystemExit(main())
