"""The Sora 2 Video API."""
