"""The embedded OpenAI-compatible server: serving and training on this machine."""
