"""Starts Sora Desktop from a checkout."""

from sora_desktop.__main__ import main

if __name__ == "__main__":
    raise SystemExit(main())
