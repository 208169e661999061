"""voice_node: speech to prompts."""
