"""Joins the window's panels to what they are about: every wish of a person ends here in one line."""
