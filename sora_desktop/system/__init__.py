"""Differences between platforms, each in one place: resources, display, logs, subprocesses, priority."""
