"""Invokes a Python handler cold, as the runtime does: imports it, and passes it the event.

The process then ends normally, or at once: Lambda keeps it, so nobody waits for the interpreter to shut down.
"""

import importlib
import json
import os
import sys


class Context:
    """As much of Lambda's context as a handler asks for."""

    aws_request_id = "00000000-0000-0000-0000-000000000000"

    def get_remaining_time_in_millis(self) -> int:
        """All of the function's quarter of an hour."""
        return 900_000


if __name__ == "__main__":
    folder, module, event_file, end = sys.argv[1:]
    sys.path[0] = folder
    handle = importlib.import_module(module).handle
    with open(event_file, encoding="utf-8") as file:  # noqa: PTH123 – pathlib's import would be part of what is timed
        event = json.load(file)
    handle(event, Context())
    if end == "at-once":
        sys.stdout.flush()
        os._exit(0)
