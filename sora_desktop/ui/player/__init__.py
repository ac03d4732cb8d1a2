"""The player panel, which plays the open clip."""
