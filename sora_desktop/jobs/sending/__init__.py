"""The queue, and how a waiting job is sent."""
