"""The actions of the window: one table, their keys, the palette and the list of shortcuts."""
