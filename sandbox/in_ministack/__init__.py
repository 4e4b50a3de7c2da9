"""The code in MiniStack's process: MiniStack with the sandbox's additions."""

COMMANDS = "/_sandbox/"
"""MiniStack takes the sandbox's commands under this path."""
