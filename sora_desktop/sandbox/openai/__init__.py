"""The OpenAI Videos dialect as self-hosted engines speak it, with clips that are really rendered."""
