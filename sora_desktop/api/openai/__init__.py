"""The OpenAI Videos dialect, which self-hosted engines and gateways speak."""
