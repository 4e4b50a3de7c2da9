"""Finds what was started in a sandbox and has left the process group that it was started in."""

import os

import psutil

_SECONDS_TO_DIE = 10


def end_processes_of(folder: str) -> None:
    """End every process but this one that was started with a sandbox's environment, and wait until they are gone.

    A shell gives each of its background jobs a group, and a daemon makes itself a session: no group has them all.

    folder: the sandbox's folder, which its environment names.
    """
    # One may start another while they are being looked for.
    while found := [process for process in psutil.process_iter() if _is_of(process, folder)]:
        for process in found:
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue
        _, alive = psutil.wait_procs(found, timeout=_SECONDS_TO_DIE)
        if alive:
            return


def _is_of(process: psutil.Process, folder: str) -> bool:
    try:
        environment = process.environ()
    except psutil.Error:
        # It is another user's, or has just ended.
        return False
    return process.pid != os.getpid() and any(value.startswith(f"{folder}/") for value in environment.values())
