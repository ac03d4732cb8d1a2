"""The dialogs for settings and prices."""
