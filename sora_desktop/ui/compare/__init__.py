"""Two to four clips side by side, and what differs."""
