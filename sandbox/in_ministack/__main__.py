"""The process that MiniStack runs in. If the sandbox is killed, it ends whatever the sandbox has started."""

import contextlib
import os
import shutil
import signal
import sys
import threading

from hypercorn.__main__ import main

from sandbox.leftovers import end_processes_of


def end_with_sandbox(folder: str) -> None:
    """Wait until the sandbox is gone without cleaning up, and clean up after it.

    folder: the sandbox's folder.
    """
    # Standard input is a pipe: the sandbox writes process groups to it, one a line, and its end closes it.
    named = b""
    while part := os.read(sys.stdin.fileno(), 4096):
        named += part
        sys.stderr.write(f"ends with the sandbox: process group {part.decode()}")
        sys.stderr.flush()
    for group in map(int, named.split()):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)
    end_processes_of(folder)
    shutil.rmtree(folder, ignore_errors=True)
    os.killpg(os.getpgrp(), signal.SIGKILL)


if __name__ == "__main__":
    _, socket_number, sandbox_folder = sys.argv
    # It served to find this module; functions must find nothing of ours.
    del os.environ["PYTHONPATH"]
    threading.Thread(target=end_with_sandbox, args=[sandbox_folder], daemon=True).start()
    application = "sandbox.in_ministack.app:app"
    sys.exit(main([application, "--workers", "0", "--keep-alive", "75", "--bind", f"fd://{socket_number}"]))
