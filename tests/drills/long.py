"""Runs every drill in its long form: `python tests/drills/long.py`. About 40 minutes on two cores."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

if __name__ == "__main__":
    raise SystemExit(pytest.main([str(Path(__file__).parent), "--long", "-m", "drill", "-s", "-v", *sys.argv[1:]]))
