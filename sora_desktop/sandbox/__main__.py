"""`python -m sora_desktop.sandbox` runs the service offline."""

from __future__ import annotations

import sys

from sora_desktop.sandbox.commands import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
