"""What is inside a video or image file, found out in worker processes."""
