"""Qt widgets that render values and emit what the user asks for."""
