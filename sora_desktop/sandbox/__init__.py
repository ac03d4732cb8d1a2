"""The Sora 2 API and the OpenAI Videos dialect served on this machine, with clips that are really rendered."""
