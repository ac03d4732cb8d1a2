"""The form in which a request is written."""
