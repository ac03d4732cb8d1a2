"""Follows renderings: when each is polled, within the rate limit, until its clip is saved."""
