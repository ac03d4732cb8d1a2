"""When each rendering is polled, within the rate limit."""
