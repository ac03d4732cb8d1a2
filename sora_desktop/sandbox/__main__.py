"""Entry point of `python -m sora_desktop.sandbox`."""

from __future__ import annotations

import sys

from sora_desktop.sandbox.command import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
