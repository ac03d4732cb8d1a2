"""Everything below the screen, opened and closed in order."""
