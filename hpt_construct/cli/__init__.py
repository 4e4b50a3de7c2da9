"""The command ``hpt``: watch tuning jobs, wait for them and judge them, from a terminal or a pipeline.

It needs neither ``aws_cdk`` nor Node.js. The package's extras ``cli`` and ``report`` install what it needs.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Run ``hpt``."""
    try:
        from .commands import run  # noqa: PLC0415 – click and rich may be missing: an extra installs them
    except ModuleNotFoundError as error:
        sys.exit(_explain(error))
    sys.exit(run())


def _explain(error: ModuleNotFoundError) -> int:
    sys.stderr.write(
        f"hpt needs {error.name}, which is not installed: pip install 'hpt-construct[cli]', "
        "or 'hpt-construct[report]' for reports too\n"
    )
    return 2
