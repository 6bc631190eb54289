"""A machine with the cable out: a network namespace in which a server and a browser have loopback and nothing else.

Run as a program it is the one that holds the namespace: it switches loopback on, says so, and stays until its
input ends.
"""

from __future__ import annotations

import fcntl
import os
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.browser_fixtures import ROOT, Server, cannot, chromium

READY = "ready"
_SET_FLAGS, _UP = 0x8914, 0x1
"""SIOCSIFFLAGS and IFF_UP of Linux."""
_ASK = "import sys, urllib.request as web; web.urlopen(sys.argv[1], timeout=1).read()"


class CableOutServer(Server):
    """The app inside the namespace that ``enter`` leads into."""

    def __init__(self, home: Path, enter: list[str]) -> None:
        super().__init__(home)
        self.enter = enter

    def command(self) -> list[str]:
        return [*self.enter, *super().command()]

    def _answers(self) -> bool:
        ask = [*self.enter, sys.executable, "-S", "-c", _ASK, f"{self.url}/_stcore/health"]
        return subprocess.run(ask, capture_output=True).returncode == 0


@contextmanager
def namespace() -> Iterator[list[str]]:
    """The words before a command that run it there. Skips (in CI: fails) where the machine allows no namespaces."""
    rights = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    hold = ["unshare", *rights, "--net", sys.executable, "-m", "tests.cable_out"]
    with subprocess.Popen(hold, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdin is not None and holder.stdout is not None
        try:
            if holder.stdout.readline().strip() != READY:
                cannot("This machine allows no network namespaces (unshare --net).")
            which = ["--user", "--preserve-credentials"] if rights else []
            yield ["nsenter", f"--target={holder.pid}", *which, "--net", "--"]
        finally:
            holder.stdin.close()


def browser_in(enter: list[str], folder: Path) -> Path:
    """A program that starts Chromium there; the driver, which talks to it by pipes, stays outside."""
    program = folder / "chromium-with-the-cable-out"
    program.write_text(f'#!/bin/sh\nexec {" ".join(enter)} "{chromium()}" "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    return program


def _hold() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SET_FLAGS, struct.pack("16sh22x", b"lo", _UP))
    sys.stdout.write(f"{READY}\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    _hold()
