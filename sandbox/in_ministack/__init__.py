"""The code in MiniStack's process: MiniStack with the sandbox's additions."""

COMMANDS = "/_sandbox/"
"""MiniStack takes the sandbox's commands under this path and a token."""

TOKEN_VARIABLE = "SANDBOX_COMMANDS_TOKEN"  # noqa: S105 - its name is no secret
"""The variable that its process gets the token in."""
