"""What an operator taught: how things look, under names of their own, kept on disk."""

from seem_ros.library.library import Library, TaughtThing

__all__ = ["Library", "TaughtThing"]
