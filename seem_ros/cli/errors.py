"""How a command ends; the table is in docs/use/command_line.md."""

EXIT_BAD_INPUT = 1
EXIT_NOT_FOUND = 3


class NothingFoundError(Exception):
    """Nothing in view fits the prompt; the message says what was looked for."""
