"""Painted scenes that move: a motif in the light of an hour, in layers that a camera passes."""
