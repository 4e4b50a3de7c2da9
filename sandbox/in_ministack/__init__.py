"""What runs in MiniStack's process: MiniStack with what the sandbox adds to it."""

COMMANDS = "/_sandbox/"
"""Below this path MiniStack takes the commands of the sandbox."""
