"""Sora Desktop: make AI videos from a prompt, watch them arrive, keep every one that was paid for."""
