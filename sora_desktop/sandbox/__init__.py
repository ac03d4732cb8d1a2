"""The Sora 2 API served on this machine, with clips that are really rendered. A program of its own."""
