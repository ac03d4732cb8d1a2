"""The player of the open clip."""
