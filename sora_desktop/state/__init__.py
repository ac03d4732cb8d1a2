"""What the screen is about: the form being filled, the list of jobs, the open clip."""
