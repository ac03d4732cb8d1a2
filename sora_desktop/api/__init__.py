"""Video generation services and their protocols; the only room that uses HTTP."""
