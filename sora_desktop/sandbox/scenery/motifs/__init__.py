"""The motifs of scenes, each in a module of its own."""
