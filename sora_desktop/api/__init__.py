"""The remote service in our words: the only room that knows HTTP."""
