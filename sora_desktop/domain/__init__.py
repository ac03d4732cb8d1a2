"""The terms of the trade as frozen values. Imports the standard library only."""
