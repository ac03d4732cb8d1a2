"""The state behind the screen, and the texts that it shows. Needs QtCore, no widgets."""
