"""Downloads, recovery, previews, exports and reference images."""
