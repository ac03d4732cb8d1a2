"""The list of jobs with its tabs and search."""
