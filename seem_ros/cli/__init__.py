"""The command line, ``seem-ros``: a module for each command."""

from seem_ros.cli.entry import main

__all__ = ["main"]
