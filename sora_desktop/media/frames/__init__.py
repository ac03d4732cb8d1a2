"""The frame reader: a process that decodes frames and sound of clips, and its client."""
