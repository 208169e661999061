"""Commands beside the node: a prompt from a shell, a clip as a camera."""
