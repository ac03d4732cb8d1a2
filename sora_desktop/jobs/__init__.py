"""What happens to a request over time: sending, watching, saving, and what it costs."""
