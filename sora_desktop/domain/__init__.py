"""The words of the trade, in plain Python."""
