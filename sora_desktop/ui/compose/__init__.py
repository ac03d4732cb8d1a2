"""The form in which the user writes a request."""
