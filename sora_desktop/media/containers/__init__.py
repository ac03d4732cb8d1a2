"""Whether the end of a video file is there, by the structure of each container."""
