"""Clips on disk: downloads, recovery, previews, exports and reference images."""
