"""Reads and writes video and image files in worker processes."""
