"""A command that is followed until it ends, and that does not outlive whoever follows it."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Mapping, Sequence

LOOK_SECONDS = 0.25
END_SECONDS = 10.0


def followed(
    command: Sequence[str], look: Callable[[], None], environment: Mapping[str, str] | None = None
) -> tuple[int, str]:
    """Run a command; its exit status and what it said on stderr.

    ``look`` is called every quarter of a second; what it raises ends the command and comes through.
    """
    process = subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        while process.poll() is None:
            look()
            time.sleep(LOOK_SECONDS)
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(END_SECONDS)
        said = process.stderr.read() if process.stderr else ""
        if process.stderr:
            process.stderr.close()
    return process.returncode, said
