"""The window program: start, first paint, event loop."""
