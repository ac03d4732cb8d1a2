"""A machine-readable strip in the bottom rows of each frame that tells the number of the frame, for tests.

The bottom 16 rows are 32 blocks side by side, block i from column i*width//32 to (i+1)*width//32, each white (1) or
black (0), read from left to right: 4 marker bits 1010, 24 bits of the frame number (highest first), and 4 check bits
(the six nibbles of the number xored together, then xored with 1001).
"""

from __future__ import annotations

ROWS = 16
BLOCKS = 32
BLACK, WHITE = 16, 235
_MARKER = 0b1010
_CHECK_SALT = 0b1001


def _check(number: int) -> int:
    check = _CHECK_SALT
    for shift in range(0, 24, 4):
        check ^= (number >> shift) & 0xF
    return check


def encode_row(number: int, width: int) -> bytes:
    """One luma row of the strip for `number`. Raises ValueError for a number of more than 24 bits."""
    if not 0 <= number < 1 << 24:
        raise ValueError("a frame number has 24 bits")
    word = _MARKER << 28 | number << 4 | _check(number)
    row = bytearray()
    for block in range(BLOCKS):
        length = (block + 1) * width // BLOCKS - block * width // BLOCKS
        row += bytes([WHITE if word >> (31 - block) & 1 else BLACK]) * length
    return bytes(row)
